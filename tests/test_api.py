"""The verbs of the Python interface."""

import subprocess
import sys

import numpy as np
import pytest

import konomi
from konomi import models
from konomi.errors import ConfigError, DatasetError, TrainingError
from konomi.synthetic.demo import write_demo_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    write_demo_files(folder, n_viewers=800)
    konomi.ingest(folder / "simulated_animelist.csv", items=folder / "demo_anime.csv", out=folder / "data")
    return folder


def test_the_words_of_the_design_work(folder):
    recommender = konomi.train(konomi.Dataset.open(folder / "data"), model="linear", out=folder / "model")
    loaded = konomi.load(folder / "model")
    assert (
        loaded.similar_items("Dragon Ball Z", k=5).titles == recommender.similar_items("Dragon Ball Z", k=5).titles
    )
    assert len(loaded.similar_users(1, k=5)) == 5
    assert len(loaded.recommend(user_id=1, k=10, by="users")) == 10
    assert loaded.recommend(history={1: 9, 5: None}, k=10, explain=True).because is not None


def test_results_turn_into_frames_rows_and_text(folder):
    found = konomi.train(folder / "data", model="linear").similar_items("Death Note", k=4)
    frame = found.to_frame()
    assert frame.height == 4
    assert frame["title"].to_list() == found.titles == [row.title for row in found]
    assert all(title.split()[0] in str(found) for title in found.titles[:1])


def test_without_a_named_model_one_that_fits_into_memory_is_trained(folder, monkeypatch):
    assert konomi.train(folder / "data").model.name == "linear"
    for module in (models, models.kind):
        monkeypatch.setattr(module, "free_bytes", lambda: 305_000_000)
    assert konomi.train(folder / "data").model.name == "spectral"
    with pytest.raises(TrainingError, match="--set min_item_ratings="):
        konomi.train(folder / "data", model="linear")
    fewer = konomi.train(folder / "data", config={"min_item_ratings": 100, "kept_weights": 10, "embedding_dim": 8})
    assert fewer.model.name == "linear"
    assert fewer.ratings.n_items < 400


def test_the_map_of_a_wide_catalog_holds_the_most_watched_items(folder, monkeypatch):
    monkeypatch.setattr(sys.modules["konomi.models.map_layout"], "_MOST_PLACED", 60)
    trained = konomi.train(folder / "data", model="spectral")
    drawn = ~np.isnan(trained.artifact.item_map[:, 0])
    counts = trained.ratings.row_counts()
    assert drawn.sum() == 60
    assert counts[drawn].min() >= counts[~drawn].max()


def test_training_without_out_leaves_nothing_behind(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    konomi.train(folder / "data", model="popularity")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_model_is_refused_before_anything_is_read():
    with pytest.raises(ConfigError, match="the models are"):
        konomi.train("nowhere", model="magic")


def test_a_missing_dataset_says_how_to_make_one(tmp_path):
    with pytest.raises(DatasetError, match="konomi ingest"):
        konomi.train(tmp_path / "nowhere")


def test_importing_konomi_imports_neither_numba_nor_polars():
    code = "import sys, konomi; sys.exit(any(name in sys.modules for name in ('numba', 'polars', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_are_sorted_and_there():
    assert konomi.__all__ == sorted(konomi.__all__)
    for name in konomi.__all__:
        assert getattr(konomi, name) is not None
