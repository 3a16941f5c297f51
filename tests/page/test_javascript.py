"""The unit tests of the page's JavaScript, run by Node's own test runner."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FILES = sorted(str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*.test.js"))


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node."""
    found = shutil.which("node")
    if found is None:
        reason = "the page's JavaScript is not tested: there is no node (install nodejs)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_test_of_the_file_passes(node: str, file: str) -> None:
    command = [node, "--test", "--test-reporter=spec", file]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0:
        # The runner lists every test, then those that failed once more with what was expected.
        _, _, failed = run.stdout.rpartition("failing tests:")
        pytest.fail(f"{file}\n{failed.strip()}\n{run.stderr}", pytrace=False)
    assert re.search(r"pass [1-9]", run.stdout), run.stdout
