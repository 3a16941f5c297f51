"""A model as a folder."""

import json

import numpy as np
import pytest

import konomi
from konomi.artifact import KIND, Artifact
from konomi.errors import ArtifactError, StorageError
from konomi.models.linear import LinearConfig
from konomi.models.linear import train as train_linear
from konomi.models.popularity import PopularityConfig
from konomi.models.popularity import train as train_popularity


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
    assert isinstance(Artifact.open(stored).model.item_counts.base, np.memmap)


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
