"""Users are forgotten in a model and its dataset together, also after a kill in between, and proven to be."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests import people

import konomi
from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, DatasetError, ProofError, StorageError, UnknownIdError
from konomi.proof import proof_of
from konomi.storage.kind import CHECKPOINT

LINES = people.lines()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return people.dataset_folder(tmp_path / "whole", LINES)


@pytest.fixture
def model(data: Path, tmp_path: Path) -> Path:
    konomi.train(data, model="linear", out=tmp_path / "model")
    return tmp_path / "model"


def users_in(folder: Path) -> list[str]:
    opened = Artifact.open(folder).dataset if (folder / "model.json").exists() else Dataset.open(folder)
    return opened.ratings.users.ids.tolist()


def test_both_folders_equal_those_of_ingest_and_training_without_the_user(
    model: Path, data: Path, tmp_path: Path
) -> None:
    done = konomi.forget(people.SOLE, [model, data])
    assert done.n_users == {str(model): 1, str(data): 1}
    assert done.notes == ()
    rest = people.dataset_folder(tmp_path / "rest", people.without(LINES, people.SOLE))
    konomi.train(rest, model="linear", out=tmp_path / "fresh")
    assert people.differing_files(data, rest) == []
    assert people.differing_files(model, tmp_path / "fresh") == []


def test_no_file_holds_the_id_or_the_item_that_only_the_user_rated(model: Path, data: Path) -> None:
    konomi.forget(people.SOLE, [data, model])
    for path in [*model.rglob("*.*"), *data.rglob("*.*")]:
        for text in (people.SOLE, people.ALONE):
            assert text.encode() not in path.read_bytes(), path
            assert text.encode("utf-32-le") not in path.read_bytes(), path
    assert users_in(model) == users_in(data)


def test_a_user_in_one_folder_is_forgotten_there_and_the_other_is_named(model: Path, data: Path) -> None:
    konomi.forget("u1", [model])
    done = konomi.forget(["u1", "u2"], [model, data])
    assert done.n_users == {str(model): 1, str(data): 2}
    assert done.notes == (f"{model} held no user u1",)
    assert not {"u1", "u2"}.intersection(users_in(model) + users_in(data))


def test_a_folder_without_any_of_the_users_is_not_written(model: Path, data: Path) -> None:
    konomi.forget("u1", model)
    before = (model / "model.json").read_bytes()
    konomi.forget("u1", [model, data])
    assert (model / "model.json").read_bytes() == before


def test_a_user_in_none_of_the_folders_is_an_error_that_names_the_user(model: Path, data: Path) -> None:
    before = [(folder / name).read_bytes() for folder, name in ((model, "model.json"), (data, "dataset.json"))]
    with pytest.raises(UnknownIdError, match=rf"no user u99 in {model} or {data}; nothing was changed$"):
        konomi.forget(["u1", "u99"], [model, data])
    assert before == [(model / "model.json").read_bytes(), (data / "dataset.json").read_bytes()]


def test_for_one_folder_alone_a_note_says_what_may_still_hold_the_user(model: Path, data: Path) -> None:
    assert "brings them back" in konomi.forget("u1", model).notes[0]
    assert "still hold the users" in konomi.forget("u1", data).notes[0]


def test_integer_ids_may_be_given_as_text(tmp_path: Path) -> None:
    ratings = people.write_ratings(tmp_path / "r.csv", [(str(u), str(i), 5) for u, i in np.ndindex(4, 5)])
    konomi.ingest(ratings, out=tmp_path / "data")
    konomi.forget("2", tmp_path / "data")
    assert users_in(tmp_path / "data") == [0, 1, 3]


def test_a_folder_of_neither_kind_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(DatasetError, match=r"photos is neither a model nor a dataset"):
        konomi.forget("u1", [model, tmp_path / "photos"])
    with pytest.raises(ConfigError, match="no folder"):
        konomi.forget("u1", [])
    with pytest.raises(ConfigError, match="no user to forget"):
        konomi.forget([], [model])


def test_the_checkpoint_of_an_unfinished_training_is_an_error(model: Path, data: Path) -> None:
    checkpoint = model.with_name("model.checkpoint")
    checkpoint.mkdir()
    (checkpoint / CHECKPOINT.marker).write_text("{}")
    with pytest.raises(StorageError, match="unfinished training"):
        konomi.forget("u1", [model, data])
    assert "u1" in users_in(data)


# A run that ends between the two folders

KILLED = """
import os, signal, sys
import konomi
from konomi.storage import folder
put, done = folder._put_in_place, []
def put_in_place(new, final):
    put(new, final)
    done.append(final)
    if len(done) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
folder._put_in_place = put_in_place
konomi.forget(sys.argv[2], sys.argv[3:])
"""


@pytest.mark.parametrize("n_exchanged", [1, 2])
def test_the_same_command_finishes_what_a_kill_between_the_folders_left(
    model: Path, data: Path, n_exchanged: int
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(n_exchanged), people.SOLE, model, data], check=False)
    assert killed.returncode == -signal.SIGKILL
    holding = [folder.name for folder in (data, model) if people.SOLE in users_in(folder)]
    assert holding == (["model"] if n_exchanged == 1 else [])
    # The old folder is still there, under a hidden name.
    assert any(people.SOLE.encode("utf-32-le") in path.read_bytes() for path in _files_around(model, data))
    if n_exchanged == 1:
        konomi.forget(people.SOLE, [model, data])
    else:
        with pytest.raises(UnknownIdError, match="leftovers of a killed run were removed"):
            konomi.forget(people.SOLE, [model, data])
    for path in _files_around(model, data):
        assert people.SOLE.encode("utf-32-le") not in path.read_bytes(), path


def _files_around(model: Path, data: Path) -> list[Path]:
    return [path for folder in (model.parent, data.parent) for path in folder.rglob("*") if path.suffix == ".npy"]


def test_an_error_between_the_folders_says_what_is_done_and_what_to_do(
    model: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from konomi.storage import folder

    put = folder._put_in_place

    def failing(new: Path, final: Path) -> None:
        if final.name == "model":
            raise OSError(5, "Input/output error")
        put(new, final)

    monkeypatch.setattr(folder, "_put_in_place", failing)
    with pytest.raises(StorageError, match=rf"already forgotten in {data}: run the same command again"):
        konomi.forget("u1", [model, data])
    monkeypatch.undo()
    assert konomi.forget("u1", [model, data]).n_users == {str(model): 1}


# The proof


@pytest.mark.parametrize(
    ("name", "config"),
    [("linear", {}), ("neural", {"embedding_dim": 8, "epochs": 2, "min_ratings": 9}), ("popularity", {})],
)
def test_the_proof_holds_after_users_were_forgotten(
    data: Path, tmp_path: Path, name: str, config: dict[str, int]
) -> None:
    konomi.train(data, model=name, config=config, out=tmp_path / "model")
    done = konomi.forget([people.SOLE, "u3"], [tmp_path / "model", data], prove=True)
    assert done.proof is not None
    assert done.proof.holds
    checked = [finding.checked for finding in done.proof.findings]
    assert checked[:4] == [str(tmp_path / "model"), str(data), "ids of users", "ids as text"]
    assert f"equal to training on {data}" in str(done.proof)


def test_a_model_of_other_ratings_is_trained_again_on_its_own(model: Path, data: Path) -> None:
    konomi.forget("u9", data)
    done = konomi.forget("u1", [model, data], prove=True)
    assert "equal to training on its own ratings" in str(done.proof)


def test_the_proof_fails_if_an_array_differs_from_training(model: Path, data: Path) -> None:
    """One count of the linear model's Gram matrix is one too high."""
    people.miscounted(model)
    with pytest.raises(ProofError, match=r"FAIL.*not equal to training on .*: .*update/gram"):
        konomi.forget("u1", [model, data], prove=True)


def test_the_proof_fails_if_a_file_holds_the_id(model: Path, data: Path) -> None:
    konomi.forget(people.SOLE, [model, data])
    assert proof_of([people.SOLE], [model], [data]).holds
    (model / "notes.txt").write_text(f"asked by {people.SOLE}")
    proof = proof_of([people.SOLE], [model], [data])
    assert [finding.checked for finding in proof.findings if not finding.holds] == ["ids as text"]
    assert str(model / "notes.txt") in str(proof)


def test_the_proof_fails_for_a_user_who_was_not_forgotten(model: Path, data: Path) -> None:
    wrong = [finding for finding in proof_of(["u1"], [model], [data]).findings if not finding.holds]
    assert [finding.result for finding in wrong] == [f"u1 in {model / 'dataset'}, u1 in {data}"]


def test_an_id_that_is_also_a_title_of_the_catalog_does_not_fail_the_proof(model: Path, data: Path) -> None:
    proof = proof_of([people.TITLE], [model], [data])
    assert proof.holds
    assert (
        f"a title or a script contains the same text: {model}/dataset/catalog.arrow, {data}/catalog.arrow"
        in str(proof)
    )


def test_the_proof_fails_for_a_dataset_that_is_not_in_canonical_form(data: Path) -> None:
    opened = Dataset.open(data)
    levels = np.append(opened.ratings.levels, np.float32(11)).astype(np.float32)
    replace(opened, ratings=replace(opened.ratings, levels=levels), stored_digest="").save(data)
    findings = proof_of(["no-such-user"], [], [data]).findings
    assert findings[0].result == "not equal to what ingest gives: levels"
