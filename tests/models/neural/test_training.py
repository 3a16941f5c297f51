"""Training runs: the same bits every time, from any moment on, and the best weights kept."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
import pytest
from tests.models.neural.recorder import Recorder

from konomi.data.dataset import Dataset
from konomi.errors import StorageError, TrainingError
from konomi.models.neural.model import CURVE_COLUMNS, NeuralConfig, NeuralModel, prepare, train

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adagrad": {"optimizer": "adagrad", "users_per_merge": 50, "embedding_dim": 64},
    "adam": {"optimizer": "adam", "learning_rate": 0.02, "decay": 0.9, "batch_size": 1000, "embedding_dim": 16},
}
LOSS, VAL_LOSS = CURVE_COLUMNS.index("loss"), CURVE_COLUMNS.index("val_loss")


@pytest.fixture(scope="module", params=list(OPTIMIZERS))
def config(request: pytest.FixtureRequest) -> NeuralConfig:
    return NeuralConfig(min_ratings=1, epochs=4, patience=4, **OPTIMIZERS[request.param])


@pytest.fixture(scope="module")
def data(planted_dataset: Dataset) -> Dataset:
    return prepare(planted_dataset, NeuralConfig(min_ratings=1))


@pytest.fixture(scope="module")
def uninterrupted(data: Dataset, config: NeuralConfig) -> NeuralModel:
    return train(data, config)


def _bits(model: NeuralModel) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in model.arrays().items()}


def test_the_same_seed_gives_the_same_bits(data: Dataset, config: NeuralConfig, uninterrupted: NeuralModel) -> None:
    assert _bits(train(data, config)) == _bits(uninterrupted)


def test_another_seed_gives_other_bits(data: Dataset, config: NeuralConfig, uninterrupted: NeuralModel) -> None:
    assert _bits(train(data, replace(config, seed=1))) != _bits(uninterrupted)


@pytest.mark.skipif(nb.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_one_thread_and_two_give_the_same_bits(data: Dataset, config: NeuralConfig) -> None:
    threads = nb.get_num_threads()
    try:
        nb.set_num_threads(1)
        one = _bits(train(data, config))
        nb.set_num_threads(2)
        assert _bits(train(data, config)) == one
    finally:
        nb.set_num_threads(threads)


def test_training_lowers_the_loss(uninterrupted: NeuralModel) -> None:
    curve = uninterrupted.learning_curve
    assert curve.shape == (4, len(CURVE_COLUMNS))
    assert curve[-1, LOSS] < curve[0, LOSS] - 0.02
    assert 0.62 < curve[:, VAL_LOSS].min() < 0.66


def test_every_row_is_announced_and_every_epoch_has_its_line(data: Dataset, config: NeuralConfig) -> None:
    heard = Recorder()
    train(data, config, progress=heard)
    assert [task for task, _ in heard.tasks] == [f"epoch {n}/4" for n in range(1, 5)]
    assert heard.amounts == [total for _, total in heard.tasks]
    lines = [note for note in heard.notes if note.startswith("epoch")]
    assert len(lines) == 4
    for name in CURVE_COLUMNS[1:]:
        assert all(f" {name} " in line for line in lines)


@pytest.mark.parametrize(("epoch", "slices"), [(1, 1), (2, 3), (4, 4)])
def test_a_run_that_is_stopped_and_started_again_ends_with_the_same_bits(
    data: Dataset, config: NeuralConfig, uninterrupted: NeuralModel, tmp_path: Path, epoch: int, slices: int
) -> None:
    checkpoint = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        train(data, config, progress=Recorder(stop_in_epoch=epoch, after_slices=slices), checkpoint=checkpoint)
    heard = Recorder()
    resumed = train(data, config, progress=heard, checkpoint=checkpoint)
    assert _bits(resumed) == _bits(uninterrupted)
    assert len(heard.tasks) == 4 - (epoch - 1)


def test_a_finished_run_started_again_trains_no_further(
    data: Dataset, config: NeuralConfig, tmp_path: Path
) -> None:
    finished = train(data, config, checkpoint=tmp_path / "checkpoint")
    heard = Recorder()
    assert _bits(train(data, config, progress=heard, checkpoint=tmp_path / "checkpoint")) == _bits(finished)
    assert heard.tasks == []


@pytest.mark.parametrize("change", ["settings", "data"])
def test_a_checkpoint_of_another_run_is_left_aside_with_a_note(
    data: Dataset, config: NeuralConfig, tmp_path: Path, change: str
) -> None:
    short = replace(config, epochs=1)
    train(data, short, checkpoint=tmp_path / "checkpoint")
    other_config = replace(short, seed=5) if change == "settings" else short
    other = data.with_min_ratings(13) if change == "data" else data
    heard = Recorder()
    model = train(other, other_config, progress=heard, checkpoint=tmp_path / "checkpoint")
    assert _bits(model) == _bits(train(other, other_config))
    assert any("left aside" in note for note in heard.notes)


@pytest.mark.parametrize("flip", [0, 80, -1])
def test_a_run_never_goes_on_from_a_damaged_checkpoint(
    data: Dataset, config: NeuralConfig, tmp_path: Path, flip: int
) -> None:
    train(data, config, checkpoint=tmp_path / "checkpoint")
    changed = tmp_path / "checkpoint" / "curve.npy"
    raw = bytearray(changed.read_bytes())
    raw[flip] ^= 1
    changed.write_bytes(raw)
    with pytest.raises(StorageError, match=r"not as konomi wrote them: curve\.npy"):
        train(data, config, checkpoint=tmp_path / "checkpoint")
    assert changed.read_bytes() == raw


def test_a_folder_of_others_in_the_place_of_the_checkpoint_is_refused_before_training(
    data: Dataset, config: NeuralConfig, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "thesis.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds no checkpoint\.json"):
        train(data, config, checkpoint=tmp_path / "checkpoint")
    assert (tmp_path / "checkpoint" / "thesis.txt").read_text() == "mine"


def test_training_stops_after_patience_and_keeps_the_best_epoch(data: Dataset) -> None:
    config = NeuralConfig(min_ratings=1, embedding_dim=64, epochs=60, patience=2)
    model = train(data, config)
    losses = model.learning_curve[:, VAL_LOSS]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 2 < 60
    only_best = train(data, replace(config, epochs=best + 1))
    np.testing.assert_array_equal(model.item_vectors, only_best.item_vectors)
    np.testing.assert_array_equal(model.head, only_best.head)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_no_number_is_an_error_that_says_what_to_do(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from konomi.models.neural import model as neural
    from konomi.models.neural.network import Figures

    monkeypatch.setattr(neural, "figures_on", lambda *_: Figures(np.nan, np.nan, np.nan))
    with pytest.raises(TrainingError, match="lower it"):
        train(data, NeuralConfig(min_ratings=1, embedding_dim=16))


KILLED = """
import sys
from pathlib import Path
from konomi.data.dataset import Dataset
from konomi.models.neural.model import NeuralConfig, train

class Slow:
    def start(self, task, total=None): ...
    def advance(self, amount=1, figures=""):
        import time
        time.sleep(0.02)
    def note(self, text): ...

config = NeuralConfig(min_ratings=1, embedding_dim=64, epochs=5, patience=5, users_per_merge=30)
train(Dataset.open(Path(sys.argv[1])), config, progress=Slow(), checkpoint=Path(sys.argv[2]))
"""


def test_a_killed_run_started_again_ends_with_the_same_bits(data: Dataset, tmp_path: Path) -> None:
    data.save(tmp_path / "data")
    checkpoint = tmp_path / "checkpoint"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "data"), str(checkpoint)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONWARNINGS": "default"})
    try:
        deadline = time.monotonic() + 120
        while not (checkpoint / "checkpoint.json").is_file() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(0.03)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    config = NeuralConfig(min_ratings=1, embedding_dim=64, epochs=5, patience=5, users_per_merge=30)
    heard = Recorder()
    resumed = train(data, config, progress=heard, checkpoint=checkpoint)
    assert 0 < len(heard.tasks) < 5
    assert _bits(resumed) == _bits(train(data, config))
