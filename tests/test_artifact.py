"""A model as a folder."""

import json
import time

import numpy as np
import pytest

import konomi
from konomi.artifact import KIND, Artifact
from konomi.catalog import Catalog
from konomi.dataset import Dataset
from konomi.errors import ArtifactError, StorageError
from konomi.ids import IdIndex
from konomi.models.linear import LinearConfig
from konomi.models.linear import train as train_linear
from konomi.models.popularity import PopularityConfig
from konomi.models.popularity import train as train_popularity
from konomi.ratings import Ratings


@pytest.fixture
def stored(tiny_dataset, tmp_path):
    Artifact.of(train_popularity(tiny_dataset, PopularityConfig()), tiny_dataset).save(tmp_path / "model")
    return tmp_path / "model"


def test_a_stored_model_gives_the_same_scores(planted_dataset, tmp_path):
    model = train_linear(planted_dataset, LinearConfig())
    Artifact.of(model, planted_dataset).save(tmp_path / "model")
    opened = Artifact.open(tmp_path / "model")
    histories = planted_dataset.ratings.histories(np.arange(5))
    np.testing.assert_array_equal(opened.model.scores(histories), model.scores(histories))
    assert opened.dataset.digest() == planted_dataset.digest()


def test_arrays_are_mapped_not_read(stored):
    assert isinstance(Artifact.open(stored).model.item_counts, np.memmap)


def test_model_json_tells_what_the_model_is(stored):
    about = json.loads((stored / "model.json").read_text())
    assert about["model"] == "popularity"
    assert about["versions"]["konomi"] == konomi.__version__
    assert set(about) >= {"format", "format_version", "config", "data", "figures", "arrays", "created"}


def test_no_file_is_a_pickle(stored):
    for path in stored.rglob("*.npy"):
        np.load(path, allow_pickle=False)
    suffixes = {path.suffix for path in stored.rglob("*") if path.is_file()}
    assert suffixes <= {".npy", ".json", ".arrow", ".html"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"format": "konomi dataset", "format_version": 1}', "damaged or foreign"),
        ("not json", "damaged or foreign"),
        ('{"format": "konomi model", "format_version": 99}', "update konomi"),
        (
            '{"format": "konomi model", "format_version": 1, "model": "magic", "arrays": {}, "config": {}}',
            "damaged",
        ),
    ],
)
def test_a_wrong_model_json_gets_one_clear_error(stored, text, told):
    (stored / KIND.marker).write_text(text)
    with pytest.raises(ArtifactError, match=told):
        Artifact.open(stored)


def test_a_truncated_array_is_found_on_opening(stored):
    array = stored / "model" / "item_counts.npy"
    array.write_bytes(array.read_bytes()[:-8])
    with pytest.raises(ArtifactError, match="damaged"):
        Artifact.open(stored)


def test_an_array_of_another_shape_is_found_on_opening(stored):
    np.save(stored / "model" / "item_counts.npy", np.zeros(3, dtype=np.int64))
    with pytest.raises(ArtifactError, match="another shape"):
        Artifact.open(stored)


def test_a_missing_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtifactError, match="konomi train"):
        Artifact.open(tmp_path / "nowhere")


def test_a_second_run_into_the_same_folder_is_told_so(tiny_dataset, tmp_path):
    from konomi.folder import exclusive

    with exclusive(tmp_path / "model"), pytest.raises(StorageError, match="another run"):
        konomi.train(tiny_dataset, model="popularity", out=tmp_path / "model")


def test_opening_the_notebooks_size_takes_under_a_fifth_of_a_second(tmp_path):
    """91,641 users and 17,560 items, vectors of 128 each; nothing is read, so it holds on slow machines."""
    from konomi.models.neural import NeuralConfig, NeuralModel

    n_users, n_items = 91_641, 17_560
    dataset = _wide_dataset(n_users, n_items)
    model = NeuralModel(
        NeuralConfig(),
        user_vectors=np.ones((n_users, 128), dtype=np.float32),
        item_vectors=np.ones((n_items, 128), dtype=np.float32),
        head=np.ones(8),
        typical_user=np.ones(128, dtype=np.float32),
        learning_curve=np.zeros((1, 8)),
    )
    Artifact.of(model, dataset).save(tmp_path / "model")
    Artifact.open(tmp_path / "model")
    start = time.perf_counter()
    Artifact.open(tmp_path / "model")
    assert time.perf_counter() - start < 0.2


def _wide_dataset(n_users: int, n_items: int) -> Dataset:
    items = IdIndex(np.arange(n_items), "item")
    ratings = Ratings(
        np.arange(n_users + 1, dtype=np.int64),
        (np.arange(n_users) % n_items).astype(np.uint16),
        np.ones(n_users, dtype=np.uint8),
        np.array([np.nan, 5], dtype=np.float32),
        np.full(n_users, 2, dtype=np.uint8),
        IdIndex(np.arange(n_users), "user"),
        items,
    )
    return Dataset(ratings, Catalog.of(items))
