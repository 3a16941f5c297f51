"""The README's first screen shows what its lines print."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

import konomi
from konomi.cli import main
from konomi.synthetic.demo import write_demo_files

README = Path(__file__).parents[1] / "README.md"


def outputs(block: str, prompt: str) -> list[tuple[str, str]]:
    """(what is typed, what is printed) of each prompt in a block."""
    parts = re.split(rf"^{re.escape(prompt)} ", block, flags=re.MULTILINE)[1:]
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1].rstrip("\n")) for part in parts]


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    return re.findall(r"```(?:python|console)\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "konomi-demo").mkdir()
    write_demo_files(tmp_path / "konomi-demo")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def without_digits(text: str) -> str:
    """Scores may differ in the last digit between machines; titles and their order may not."""
    return re.sub(r"[+-]?\d+(\.\d+)?%?", "N", text)


@pytest.mark.usefixtures("folder")
def test_the_python_lines_print_what_the_readme_shows(blocks):
    names = {"konomi": konomi}
    lines = outputs(blocks[0], ">>>")
    assert len(lines) == 8
    for typed, shown in lines:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(typed, names)
        assert without_digits(printed.getvalue().rstrip("\n")) == without_digits(shown), typed


@pytest.mark.usefixtures("folder")
def test_the_shell_lines_print_what_the_readme_shows(blocks, capsys):
    lines = outputs(blocks[1], "$")
    assert len(lines) == 4
    for typed, shown in lines:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(typed)[1:])
        assert not ended.value.code
        assert without_digits(capsys.readouterr().out.rstrip("\n")) == without_digits(shown), typed
