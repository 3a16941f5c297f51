"""What `konomi train` writes while a network learns, and what is left of it when it is killed."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from konomi.models.neural.model import CURVE_COLUMNS

FIGURES = CURVE_COLUMNS[1:]
EPOCHS = 40
OPTIMIZERS = {"adagrad": [], "adam": ["--set", "optimizer=adam", "--set", "batch_size=500"]}


def _command(dataset: Path, out: Path, *settings: str, epochs: int = EPOCHS) -> list[str]:
    command = [sys.executable, "-m", "konomi", "train", str(dataset), "-o", str(out), "--model", "neural"]
    return [*command, "--set", f"epochs={epochs}", "--set", f"patience={epochs}", *settings]


def _figures(line: str) -> dict[str, float]:
    """The named figures of an epoch's line, as it was printed."""
    return {name: float(re.search(rf" {name} (\S+)", line)[1]) for name in FIGURES}


def _arrays(model: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((model / "model").glob("*.npy"))}


@pytest.fixture(scope="module")
def logged(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `log`, the redirected standard error of a run of three epochs, `out`, and `model`."""
    folder = tmp_path_factory.mktemp("logged")
    with (folder / "log").open("wb") as log, (folder / "out").open("wb") as out:
        subprocess.run(
            _command(demo_data, folder / "model", epochs=3), stdout=out, stderr=log, check=True, timeout=300
        )
    return folder


def test_a_redirected_log_holds_one_line_an_epoch_with_the_figures_of_the_learning_curve(logged: Path) -> None:
    lines = [line for line in (logged / "log").read_text().splitlines() if re.match(r"epoch \d+/3 ", line)]
    curve = np.load(logged / "model" / "model" / "learning_curve.npy")
    assert [int(line.split("/")[0].split()[1]) for line in lines] == [1, 2, 3]
    for line, (_, learning_rate, *figures) in zip(lines, curve, strict=True):
        printed = _figures(line)
        assert printed.pop("learning_rate") == pytest.approx(learning_rate, rel=1e-2)
        assert list(printed.values()) == [round(figure, 4) for figure in figures]


def test_a_redirected_log_holds_no_bars_and_no_escapes(logged: Path) -> None:
    log = (logged / "log").read_text()
    assert log.count("\n") == len(log.splitlines()) == 5  # the data, three epochs, the epoch that was kept
    assert "\x1b" not in log
    assert "\r" not in log


def test_standard_output_holds_the_results_and_not_the_epochs(logged: Path) -> None:
    out = (logged / "out").read_text()
    assert out.startswith("Trained neural on ")
    assert "epoch 1/3" not in out


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_a_command_killed_in_its_third_epoch_and_repeated_stores_the_bits_of_an_unbroken_run(
    demo_data: Path, tmp_path: Path, optimizer: str
) -> None:
    killed = _command(demo_data, tmp_path / "killed", *OPTIMIZERS[optimizer])
    with subprocess.Popen(killed, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(f"epoch 2/{EPOCHS} "):
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    resumed = subprocess.run(killed, check=True, capture_output=True, text=True, timeout=300)
    resumed_after = re.search(r"^going on after epoch (\d+), from the checkpoint", resumed.stderr, re.MULTILINE)
    assert int(resumed_after[1]) >= 2
    unbroken = _command(demo_data, tmp_path / "unbroken", *OPTIMIZERS[optimizer])
    subprocess.run(unbroken, check=True, capture_output=True, timeout=300)
    assert _arrays(tmp_path / "killed") == _arrays(tmp_path / "unbroken")
