"""An updated model equals a model trained on the changed ratings."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import people

import konomi
from konomi.artifact import Artifact
from konomi.errors import ArtifactError, ConfigError, DatasetError, InputFileError, StorageError, UnknownIdError
from konomi.progress import Silent
from konomi.storage.lock import exclusive
from konomi.update import update

LINES = people.lines()
SMALL_NETWORK = {"embedding_dim": 8, "epochs": 2, "min_ratings": 9, "test_rows": 50}
MODELS: list[tuple[str, dict[str, Any]]] = [
    ("linear", {}),
    ("linear", {"predictors": 7}),
    ("linear", {"length_power": 0.5, "poor_weight": 0.5}),
    ("linear", {"min_item_ratings": 12}),
    ("linear", {"min_item_ratings": 12, "length_power": 0.5}),
    ("linear", {"keep_update": False}),
    ("spectral", {"embedding_dim": 8}),
    ("neural", SMALL_NETWORK),
    ("item-knn", {}),
    ("user-knn", {}),
    ("popularity", {}),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return people.dataset_folder(tmp_path_factory.mktemp("whole"), LINES)


@pytest.fixture
def model(data: Path, tmp_path: Path) -> Path:
    konomi.train(data, model="linear", out=tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize(("name", "config"), MODELS)
def test_forgetting_equals_training_without_the_users(
    data: Path, tmp_path: Path, name: str, config: dict[str, Any]
) -> None:
    konomi.train(data, model=name, config=config, out=tmp_path / "model")
    update(tmp_path / "model", forget=[people.SOLE, "u0", "u41"])
    rest = people.dataset_folder(tmp_path / "rest", people.without(LINES, people.SOLE, "u0", "u41"))
    konomi.train(rest, model=name, config=config, out=tmp_path / "fresh")
    assert people.differing_files(tmp_path / "model", tmp_path / "fresh") == []


@pytest.mark.parametrize(("name", "config"), [MODELS[0], MODELS[2], MODELS[6]])
def test_adding_equals_training_on_both_files(tmp_path: Path, name: str, config: dict[str, Any]) -> None:
    before = people.dataset_folder(tmp_path / "before", people.without(LINES, people.SOLE, "u7"))
    konomi.train(before, model=name, config=config, out=tmp_path / "model")
    more = [row for row in LINES if row[0] == "u7"]
    more += [("u3", "i1", 9.5), ("u3", "i31", 3.0), ("brand-new-user", "i4", 1.0), ("u5", "i2", 6.0)]
    new = people.write_ratings(tmp_path / "new.csv", more)
    done = update(tmp_path / "model", add=[new])
    assert (done.n_added, done.n_changed, done.notes) == (2, 2, ())
    both = people.dataset_folder(tmp_path / "both", people.without(LINES, people.SOLE, "u7"), new)
    konomi.train(both, model=name, config=config, out=tmp_path / "fresh")
    assert people.differing_files(tmp_path / "model", tmp_path / "fresh") == []


def test_adding_and_forgetting_a_user_gives_the_same_model(model: Path, data: Path, tmp_path: Path) -> None:
    new = people.write_ratings(tmp_path / "new.csv", [("a-new-user-of-a-long-name", "i4", 1.125)])
    update(model, add=[new])
    update(model, forget=["a-new-user-of-a-long-name"])
    konomi.train(data, model="linear", out=tmp_path / "fresh")
    assert people.differing_files(model, tmp_path / "fresh") == []


def test_franchises_that_the_catalog_names_stay(tmp_path: Path) -> None:
    def folder(name: str, rows: list[tuple[str, str, float]]) -> Path:
        ratings = people.write_ratings(tmp_path / f"{name}.csv", rows)
        konomi.ingest(ratings, items=tmp_path / "items.csv", out=tmp_path / f"{name}-data")
        konomi.train(tmp_path / f"{name}-data", model="linear", out=tmp_path / name)
        return tmp_path / name

    (tmp_path / "items.csv").write_text("item_id,title,franchise\ni1,One,A\ni2,Two,A\ni3,Three II,\ni4,Three,\n")
    left, fresh = folder("left", LINES), folder("fresh", people.without(LINES, "u1"))
    update(left, forget=["u1"])
    assert people.differing_files(left, fresh) == []
    assert konomi.load(left).catalog.row(konomi.load(left).item_index("One"))["franchise"] == "A"


def test_no_file_holds_a_forgotten_user(model: Path) -> None:
    update(model, forget=[people.SOLE])
    for path in model.rglob("*.*"):
        for text in (people.SOLE, people.ALONE):
            assert text.encode() not in path.read_bytes(), path
            assert text.encode("utf-32-le") not in path.read_bytes(), path
    with pytest.raises(UnknownIdError, match=f"no user {people.SOLE}"):
        update(model, forget=[people.SOLE])


def test_a_title_that_only_a_forgotten_user_saw_shows_nothing_of_that_user(model: Path, tmp_path: Path) -> None:
    """Before, most of the nearest titles are the user's. Afterwards, as many as without the user's ratings."""
    theirs = {item for user, item, _ in LINES if user == people.SOLE} - {"i-hill", people.ALONE}

    def own_among_the_nearest(folder: Path) -> int:
        found = konomi.load(folder).similar_items(people.TITLE, k=len(theirs))
        return len(theirs.intersection(found.item_ids.tolist()))

    assert own_among_the_nearest(model) >= len(theirs) - 1
    update(model, forget=[people.SOLE])
    rest = people.dataset_folder(tmp_path / "rest", people.without(LINES, people.SOLE))
    konomi.train(rest, model="linear", out=tmp_path / "fresh")
    assert own_among_the_nearest(model) == own_among_the_nearest(tmp_path / "fresh") <= len(theirs) // 2


def test_forgetting_in_the_model_alone_notes_that_the_dataset_still_holds_the_user(model: Path) -> None:
    (note,) = update(model, forget=["u1", "u2"]).notes
    assert "still holds" in note
    assert note.endswith(f"konomi forget u1 {model} DATASET --user u2")


def test_new_ratings_of_a_user_replace_the_old_ones(model: Path, tmp_path: Path) -> None:
    ratings = konomi.load(model).ratings
    row = ratings.users.index_of("u11")
    old = ratings.history(row)
    item = ratings.items.ids[old.item_index[0]].item()
    done = update(model, add=[people.write_ratings(tmp_path / "new.csv", [("u11", item, 2.5)])])
    assert (done.n_added, done.n_changed) == (0, 1)
    after = konomi.load(model).ratings
    assert after.users.index_of("u11") == row
    history = after.history(row)
    assert history.rating[after.items.ids[history.item_index] == item].tolist() == [2.5]
    assert len(history.item_index) == len(old.item_index)


def test_rows_of_unknown_items_are_left_out_and_counted(model: Path, tmp_path: Path) -> None:
    """A row of the last item stays if the next user has a row of an unknown item."""
    last = konomi.load(model).ratings.items.ids[-1].item()
    rows = [("new-1", "i2", 8.0), ("new-1", last, 8.0), ("new-2", "i99", 8.0), ("new-2", "i2", 8.0)]
    assert (
        "1 rows of items that this model lacks"
        in update(model, add=[people.write_ratings(tmp_path / "new.csv", rows)]).notes[0]
    )
    ratings = konomi.load(model).ratings
    assert [len(ratings.history(ratings.users.index_of(user)).item_index) for user in ("new-1", "new-2")] == [2, 1]


def test_ids_of_another_kind_are_refused(tmp_path: Path) -> None:
    ratings = people.write_ratings(
        tmp_path / "r.csv", [(str(user), str(item), 5) for user, item in np.ndindex(4, 5)]
    )
    konomi.ingest(ratings, out=tmp_path / "data")
    konomi.train(tmp_path / "data", model="linear", out=tmp_path / "model")
    new = people.write_ratings(tmp_path / "new.csv", [("anna", "1", 5)])
    with pytest.raises(InputFileError, match=r"are text \(anna\), those of this model are integers"):
        update(tmp_path / "model", add=[new])


def test_an_update_without_changes_is_an_error(model: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to update"):
        update(model)


def test_an_unknown_id_changes_nothing(model: Path) -> None:
    before = (model / "model.json").read_bytes()
    with pytest.raises(UnknownIdError, match="nothing was changed"):
        update(model, forget=["u0", "u88888888"])
    assert (model / "model.json").read_bytes() == before


def test_forgetting_the_last_user_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    ratings = people.write_ratings(tmp_path / "r.csv", [("anna", f"i{item}", 5) for item in range(4)])
    konomi.train(konomi.ingest(ratings), model="popularity", out=tmp_path / "model")
    with pytest.raises(DatasetError, match="no user would be left: remove the folder"):
        update(tmp_path / "model", forget=["anna"])


def test_a_folder_that_is_not_a_model_is_refused_without_a_lock_next_to_it(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="does not exist"):
        update(tmp_path / "nowhere" / "model", forget=["u0"])
    assert list(tmp_path.iterdir()) == []


def test_an_update_while_another_run_writes_the_model_is_refused(model: Path) -> None:
    before = (model / "model.json").read_bytes()
    with exclusive(model), pytest.raises(StorageError, match="another run is writing"):
        _in_a_thread(lambda: update(model, forget=["u0"]))
    assert (model / "model.json").read_bytes() == before


def test_a_model_without_counts_notes_that_it_is_trained_again(data: Path, tmp_path: Path) -> None:
    class Listener(Silent):
        notes: list[str]

        def __init__(self) -> None:
            self.notes = []

        def note(self, text: str) -> None:
            self.notes.append(text)

    konomi.train(data, model="popularity", out=tmp_path / "model")
    listener = Listener()
    update(tmp_path / "model", forget=["u0"], progress=listener)
    assert listener.notes == [
        "training popularity again on all rows: it keeps no counts that users can be taken from"
    ]


def test_the_changed_model_can_be_written_elsewhere(model: Path, tmp_path: Path) -> None:
    before = (model / "model.json").read_bytes()
    update(model, forget=["u0"], out=tmp_path / "other")
    assert (model / "model.json").read_bytes() == before
    assert "u0" not in Artifact.open(tmp_path / "other").dataset.ratings.users.ids


def test_the_facts_about_the_data_are_those_of_the_changed_data(model: Path, tmp_path: Path) -> None:
    update(model, forget=["u0"])
    rest = people.dataset_folder(tmp_path / "rest", people.without(LINES, "u0"))
    fresh = konomi.train(rest, model="linear", out=tmp_path / "fresh").artifact.about
    about = json.loads((model / "model.json").read_text())
    assert {key: about[key] for key in ("data", "figures", "config")} == {
        key: fresh[key] for key in ("data", "figures", "config")
    }


def _in_a_thread(work: Any) -> None:
    """Run in another thread, like another run: the thread that holds a folder may enter again."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as threads:
        threads.submit(work).result()
