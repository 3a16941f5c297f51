"""What the tests of the command line share: a way to run it, and a small trained model."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import konomi
from konomi.cli import main
from konomi.synthetic.demo import write_demo_files


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run `konomi ARGUMENTS...` in this process."""

    def run_command(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return run_command


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset folder of 1,500 simulated viewers, with the files it came from beside it."""
    folder = tmp_path_factory.mktemp("demo")
    files = write_demo_files(folder, n_viewers=1500)
    konomi.ingest(files.ratings, items=files.items, out=folder / "data")
    return folder / "data"


@pytest.fixture(scope="session")
def demo_model(demo_data: Path) -> Path:
    """A linear model of the simulated viewers."""
    out = demo_data.parent / "model"
    konomi.train(demo_data, model="linear", out=out)
    return out
