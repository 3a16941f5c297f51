"""Exact change of a model: the same as training on the changed data."""

import numpy as np
import pytest

import konomi
from konomi.artifact import Artifact
from konomi.errors import ConfigError, UnknownIdError, UnsupportedError
from konomi.models.linear import LinearConfig, train
from konomi.update import update

HEADER = "user_id,item_id,rating\n"


@pytest.fixture
def model(planted_dataset, tmp_path):
    Artifact.of(train(planted_dataset, LinearConfig()), planted_dataset).save(tmp_path / "model")
    return tmp_path / "model"


def _close(folder, dataset):
    """The model in the folder scores and compares as one that was trained anew on this dataset."""
    changed, anew = konomi.load(folder), train(dataset, LinearConfig())
    histories = dataset.ratings.histories(np.arange(20))
    np.testing.assert_allclose(changed.model.scores(histories), anew.scores(histories), atol=1e-5)
    for item in (0, 5, 50):
        # Beyond the kept neighbours the order comes from the space's axes, which stay.
        near = anew.similar.items[anew.similar.offsets[item] : anew.similar.offsets[item + 1]]
        np.testing.assert_allclose(
            changed.model.item_similarities(item)[near], anew.item_similarities(item)[near], atol=1e-6
        )


def test_forgetting_equals_training_without_the_person(model, planted_dataset):
    gone = planted_dataset.ratings.users.ids[[3, 200]].tolist()
    done = update(model, forget=gone)
    assert done.n_forgotten == 2
    kept = np.setdiff1d(np.arange(planted_dataset.ratings.n_users), [3, 200])
    rest = konomi.Dataset(planted_dataset.ratings.keep_users(kept), planted_dataset.catalog)
    _close(model, rest)
    assert konomi.load(model).artifact.dataset.digest() == rest.digest()


def test_who_is_forgotten_is_in_no_file(model, planted_dataset):
    gone = planted_dataset.ratings.users.ids[7].item()
    update(model, forget=[gone])
    opened = konomi.load(model)
    assert gone not in opened.ratings.users.ids
    for path in model.rglob("*user*.npy"):
        assert len(np.load(path)) == planted_dataset.ratings.n_users - 1
    with pytest.raises(UnknownIdError, match=f"no user {gone}"):
        update(model, forget=[gone])


def test_adding_equals_training_with_the_person(model, planted_dataset, tmp_path):
    items = planted_dataset.ratings.items.ids[[1, 4, 9, 16]].tolist()
    ratings = tmp_path / "new.csv"
    ratings.write_text(
        HEADER + "".join(f"777777,{item},{score}\n" for item, score in zip(items, (8, 9, 7, 8), strict=True))
    )
    assert update(model, add=[ratings]).n_added == 1
    opened = konomi.load(model)
    assert opened.ratings.users.ids[-1] == 777777
    assert opened.ratings.history(opened.ratings.n_users - 1).item_index.tolist() == [1, 4, 9, 16]
    _close(model, opened.artifact.dataset)


def test_new_ratings_of_somebody_known_win_over_the_old_ones(model, planted_dataset, tmp_path):
    ratings = planted_dataset.ratings
    user, old = ratings.users.ids[11].item(), ratings.history(11)
    item = ratings.items.ids[old.item_index[0]].item()
    new = tmp_path / "new.csv"
    new.write_text(HEADER + f"{user},{item},2\n")
    done = update(model, add=[new])
    assert (done.n_added, done.n_changed) == (0, 1)
    opened = konomi.load(model)
    after = opened.ratings.history(opened.ratings.users.row_of(user))
    assert sorted(after.item_index) == sorted(old.item_index)
    assert after.rating[after.item_index == old.item_index[0]].tolist() == [2.0]
    _close(model, opened.artifact.dataset)


def test_rows_of_unknown_items_are_left_out_and_counted(model, planted_dataset, tmp_path):
    known = planted_dataset.ratings.items.ids[2].item()
    new = tmp_path / "new.csv"
    new.write_text(HEADER + f"777777,{known},8\n777777,99999999,8\n")
    assert "1 rows name items" in update(model, add=[new]).notes[0]


def test_an_update_of_nothing_changes_nothing(model):
    with pytest.raises(ConfigError, match="nothing to update"):
        update(model)


def test_a_wrong_id_among_right_ones_changes_nobody(model, planted_dataset):
    before = (model / "model.json").read_bytes()
    with pytest.raises(UnknownIdError, match="nothing was changed"):
        update(model, forget=[planted_dataset.ratings.users.ids[0].item(), 88888888])
    assert (model / "model.json").read_bytes() == before


def test_a_model_that_cannot_be_changed_says_so(planted_dataset, tmp_path):
    konomi.train(planted_dataset, model="popularity", out=tmp_path / "model")
    with pytest.raises(UnsupportedError, match="linear"):
        update(tmp_path / "model", forget=[planted_dataset.ratings.users.ids[0].item()])
