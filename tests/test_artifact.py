"""A model as a folder."""

import json
import mmap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import konomi
from konomi.artifact import Artifact
from konomi.errors import ArtifactError, StorageError
from konomi.models.linear.model import LinearConfig
from konomi.models.linear.model import train as train_linear
from konomi.models.popularity import PopularityConfig
from konomi.models.popularity import train as train_popularity
from konomi.storage.kind import MODEL
from konomi.storage.lock import exclusive


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
    assert isinstance(Artifact.open(stored).model.watch_counts.base, mmap.mmap)


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
    ("text", "message"),
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
def test_a_wrong_model_json_gets_one_clear_error(stored, text, message):
    (stored / MODEL.marker).write_text(text)
    with pytest.raises(ArtifactError, match=message):
        Artifact.open(stored)


def test_a_truncated_array_is_found_on_opening(stored):
    array = stored / "model" / "item_counts.npy"
    array.write_bytes(array.read_bytes()[:-8])
    with pytest.raises(ArtifactError, match="damaged"):
        Artifact.open(stored)


def test_an_array_of_another_size_is_found_on_opening(stored):
    np.save(stored / "model" / "item_counts.npy", np.zeros(3, dtype=np.int64))
    with pytest.raises(ArtifactError, match="the manifest says"):
        Artifact.open(stored)


def test_a_missing_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtifactError, match="konomi train"):
        Artifact.open(tmp_path / "nowhere")


def test_a_second_run_into_the_same_folder_is_told_so(tiny_dataset, tmp_path):
    def train() -> None:
        konomi.train(tiny_dataset, model="popularity", out=tmp_path / "model")

    with (
        exclusive(tmp_path / "model"),
        ThreadPoolExecutor(1) as other,
        pytest.raises(StorageError, match="another run"),
    ):
        other.submit(train).result()


@pytest.fixture
def linear(planted_dataset, tmp_path):
    # With local weights and pruning, as large catalogs have them.
    model = train_linear(planted_dataset, LinearConfig(predictors=7))
    Artifact.of(model, planted_dataset).save(tmp_path / "linear")
    return tmp_path / "linear"


def _rewrite(folder, name, change):
    """Change an array and then mend the manifest and its checksum, as a stranger would who made the folder."""
    path = folder / f"{name}.npy"
    array = np.load(path)
    np.save(path, change(array))
    about = json.loads((folder / MODEL.marker).read_text())
    listed = about["arrays"].get(name)
    if listed:
        about["arrays"][name] = {"dtype": str(change(array).dtype), "shape": list(change(array).shape)}
    del about["files"], about["checksum"], about["format"], about["format_version"]
    (folder / MODEL.marker).unlink()
    MODEL.write(folder, about)


def _put(place, value):
    def change(array):
        changed = array.copy()
        changed[place] = value
        return changed

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model/weight_items", _put(3, 65_535)),
        ("model/weight_items", lambda array: array.astype(np.int64)),
        ("model/weight_items", lambda array: np.where(array == array[0], -200_000, array).astype(np.int32)),
        ("model/weight_offsets", _put(2, 10**12)),
        ("model/weight_offsets", _put(2, -1)),
        ("model/weight_offsets", lambda array: array.astype(np.float64)),
        ("model/similar_items", _put(0, 65_535)),
        ("model/similar_offsets", _put(1, 2**62)),
        ("model/franchise", _put(0, 2**31 - 1)),
        ("model/franchise", _put(0, -5)),
        ("model/user_vectors", lambda array: array[:-1]),
        ("model/item_axes", lambda array: array[:, :-1]),
        ("model/weight_values", lambda array: array[:-1]),
        ("dataset/item_index", _put(5, 65_535)),
        ("dataset/rating_code", _put(5, 255)),
        ("dataset/offsets", _put(2, 10**12)),
        ("dataset/offsets", lambda array: array[::-1].copy()),
        ("dataset/status", lambda array: array.astype(np.int64)),
        ("item_counts", lambda array: array[:-1]),
    ],
)
def test_a_crafted_index_never_reaches_a_compiled_loop(linear, name, change):
    _rewrite(linear, name, change)
    with pytest.raises(ArtifactError, match="damaged"):
        konomi.load(linear)


def test_a_model_of_konomi_0_1_is_opened_and_replaced(linear, planted_dataset):
    before = Artifact.open(linear).model.scores(planted_dataset.ratings.histories())
    for marker in (linear / MODEL.marker, linear / "dataset" / "dataset.json"):
        about = json.loads(marker.read_text())
        del about["files"], about["checksum"]
        if "config" in about:
            about["config"]["kept_neighbours"] = about["config"].pop("kept_neighbors")
            about["config"]["among"] = about["config"].pop("predictors")
        marker.write_text(json.dumps({**about, "format_version": 1}))
    opened = Artifact.open(linear)
    np.testing.assert_array_equal(opened.model.scores(planted_dataset.ratings.histories()), before)
    opened.save(linear)
    assert MODEL.verify(linear) > 20
