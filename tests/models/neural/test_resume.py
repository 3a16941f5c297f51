"""A run that stops after an epoch and starts again ends with the bits of a run that never stopped."""

from pathlib import Path
from typing import Any

import numba as nb
import pytest
from tests.models.neural.recorder import Recorder

from konomi.data.dataset import Dataset
from konomi.models.neural.model import NeuralConfig, NeuralModel, prepare, train

EPOCHS = 5
ADAGRAD: dict[str, Any] = {"optimizer": "adagrad", "embedding_dim": 32}
ADAM: dict[str, Any] = {"optimizer": "adam", "embedding_dim": 16, "learning_rate": 0.02, "decay": 0.9}
SETTINGS: dict[str, dict[str, Any]] = {
    "adagrad, default": ADAGRAD,
    "adagrad, one lane": {**ADAGRAD, "lanes": 1, "users_per_merge": 64},
    "adagrad, three lanes, frequent merges": {**ADAGRAD, "lanes": 3, "users_per_merge": 8, "batch_size": 50},
    "adagrad, sums of squares that float32 cannot increase": {
        **ADAGRAD,
        "users_per_merge": 50,
        "initial_squares": 1e6,
        "learning_rate": 1.0,
        "decay": 1.0,
    },
    "adam, one batch an epoch": {**ADAM, "batch_size": 10_000},
    "adam, small batches": {**ADAM, "batch_size": 300},
    "adam, unscored rows learned": {**ADAM, "batch_size": 1000, "unscored": "worst"},
}


@pytest.fixture(scope="module")
def data(planted_dataset: Dataset) -> Dataset:
    return prepare(planted_dataset, NeuralConfig(min_ratings=1))


@pytest.fixture(scope="module", params=list(SETTINGS))
def config(request: pytest.FixtureRequest) -> NeuralConfig:
    return NeuralConfig(min_ratings=1, epochs=EPOCHS, patience=EPOCHS, **SETTINGS[request.param])


@pytest.fixture(scope="module")
def unbroken(data: Dataset, config: NeuralConfig) -> dict[str, bytes]:
    return _bits(train(data, config))


def _bits(model: NeuralModel) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in model.arrays().items()}


def _resumed(data: Dataset, config: NeuralConfig, checkpoint: Path, epoch: int) -> dict[str, bytes]:
    with pytest.raises(KeyboardInterrupt):
        train(data, config, progress=Recorder(stop_in_epoch=epoch + 1), checkpoint=checkpoint)
    heard = Recorder()
    model = train(data, config, progress=heard, checkpoint=checkpoint)
    assert [task for task, _ in heard.tasks] == [f"epoch {n + 1}/{EPOCHS}" for n in range(epoch, EPOCHS)]
    return _bits(model)


@pytest.mark.parametrize("epoch", range(1, EPOCHS))
def test_a_run_stopped_after_any_epoch_ends_with_the_bits_of_an_unbroken_one(
    data: Dataset, config: NeuralConfig, unbroken: dict[str, bytes], tmp_path: Path, epoch: int
) -> None:
    assert _resumed(data, config, tmp_path / "checkpoint", epoch) == unbroken


def test_a_run_stopped_after_every_epoch_ends_with_the_bits_of_an_unbroken_one(
    data: Dataset, config: NeuralConfig, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    for _ in range(1, EPOCHS):
        with pytest.raises(KeyboardInterrupt):
            train(data, config, progress=Recorder(stop_in_epoch=2), checkpoint=tmp_path / "checkpoint")
    assert _bits(train(data, config, checkpoint=tmp_path / "checkpoint")) == unbroken


@pytest.mark.skipif(nb.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_a_run_stopped_on_one_thread_and_resumed_on_two_ends_with_the_same_bits(
    data: Dataset, config: NeuralConfig, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    threads = nb.get_num_threads()
    try:
        nb.set_num_threads(1)
        with pytest.raises(KeyboardInterrupt):
            train(data, config, progress=Recorder(stop_in_epoch=4), checkpoint=tmp_path / "checkpoint")
        nb.set_num_threads(2)
        assert _bits(train(data, config, checkpoint=tmp_path / "checkpoint")) == unbroken
    finally:
        nb.set_num_threads(threads)


def test_a_run_that_stops_early_stops_at_the_same_epoch_after_a_resume(data: Dataset, tmp_path: Path) -> None:
    config = NeuralConfig(min_ratings=1, epochs=60, patience=2, **ADAGRAD)
    unbroken = train(data, config)
    n_epochs = len(unbroken.learning_curve)
    assert n_epochs < 60
    with pytest.raises(KeyboardInterrupt):
        train(data, config, progress=Recorder(stop_in_epoch=n_epochs), checkpoint=tmp_path / "checkpoint")
    assert _bits(train(data, config, checkpoint=tmp_path / "checkpoint")) == _bits(unbroken)
