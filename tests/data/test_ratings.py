from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Status


def test_a_history_is_one_users_rows(tiny_dataset):
    history = tiny_dataset.ratings.history(0)
    assert history.item_index.tolist() == [0, 1, 2]
    assert history.rating.tolist() == [9.0, 7.0, 3.0]
    assert history.status.tolist() == [Status.COMPLETED, Status.COMPLETED, Status.DROPPED]


def test_rows_without_a_rating_unpack_as_nan(tiny_dataset):
    assert np.isnan(tiny_dataset.ratings.history(3).rating).tolist() == [True, True]


def test_histories_are_in_the_requested_order(tiny_dataset):
    histories = tiny_dataset.ratings.histories(np.array([1, 0]))
    assert histories.offsets.tolist() == [0, 1, 4]
    assert histories.item_index.tolist() == [3, 0, 1, 2]


def test_all_blocks_together_are_all_users(tiny_dataset):
    blocks = list(tiny_dataset.ratings.blocks(2))
    assert [len(block) for block in blocks] == [2, 2, 1]
    joined = np.concatenate([block.item_index for block in blocks])
    assert joined.tolist() == tiny_dataset.ratings.histories().item_index.tolist()


def test_row_counts_hold_a_zero_for_an_item_without_ratings(tiny_dataset):
    assert tiny_dataset.ratings.row_counts().tolist() == [4, 3, 2, 3, 2, 0]


def test_kept_users_keep_their_rows_and_ids(tiny_dataset):
    kept = tiny_dataset.ratings.keep_users(np.array([4, 1]))
    assert kept.users.ids.tolist() == [50, 20]
    assert kept.lengths().tolist() == [4, 1]
    assert kept.item_index.tolist() == [1, 0, 2, 3, 3]
    assert kept.n_items == 6


def test_kept_items_keep_their_rows_and_ids_and_every_user_stays(tiny_dataset):
    ratings = tiny_dataset.ratings
    kept = ratings.keep_items(np.array([1, 3]))
    assert kept.n_users == ratings.n_users
    assert kept.items.ids.tolist() == ratings.items.ids[[1, 3]].tolist()
    for user in range(ratings.n_users):
        before, after = ratings.history(user), kept.history(user)
        own = np.isin(before.item_index, [1, 3])
        np.testing.assert_array_equal(kept.items.ids[after.item_index], ratings.items.ids[before.item_index[own]])
        np.testing.assert_array_equal(after.rating, before.rating[own])
        np.testing.assert_array_equal(after.status, before.status[own])


def test_planned_rows_are_not_watched(tiny_dataset):
    watched = tiny_dataset.ratings.histories().watched()
    assert np.diff(watched.offsets).tolist() == [3, 1, 4, 1, 3]
    assert Status.PLANNED not in watched.status


def test_watch_counts_leave_planned_rows_out(tiny_dataset):
    ratings = tiny_dataset.ratings
    watched = np.asarray(ratings.status) != Status.PLANNED
    expected = [int(np.sum(ratings.item_index[watched] == item)) for item in range(ratings.n_items)]
    assert ratings.watch_counts().tolist() == expected
    assert sum(expected) < ratings.n_rows


def test_person_index_names_the_person_of_each_row(tiny_dataset):
    histories = tiny_dataset.ratings.histories()
    index = histories.person_index()
    assert index.dtype == np.int32
    for person in range(len(histories)):
        rows = np.flatnonzero(index == person).tolist()
        assert rows == list(range(histories.offsets[person], histories.offsets[person + 1]))


@pytest.mark.parametrize("n_items", [6, 100_000])
def test_ascending_sorts_each_persons_rows_by_item(tiny_dataset, n_items):
    mixed = replace(tiny_dataset.ratings.histories(np.array([2, 0, 3])), n_items=n_items)
    swapped = np.concatenate([np.arange(a, b)[::-1] for a, b in pairwise(mixed.offsets)])
    mixed = Histories(
        mixed.offsets, mixed.item_index[swapped], mixed.rating[swapped], mixed.status[swapped], n_items
    )
    ascending = mixed.ascending()
    for person in range(len(mixed)):
        before, after = mixed.person(person), ascending.person(person)
        order = np.argsort(before.item_index)
        for column in ("item_index", "rating", "status"):
            np.testing.assert_array_equal(getattr(after, column), getattr(before, column)[order])


def test_all_rows_are_liked_only_if_nothing_is_rated(tiny_dataset):
    unrated = tiny_dataset.ratings.history(3)
    assert np.isnan(unrated.rating).all()
    assert unrated.liked_or_all().tolist() == [True, True]
    rated = tiny_dataset.ratings.history(0)
    assert rated.liked_or_all().tolist() == rated.liked().tolist() == [True, False, False]


def test_a_person_without_kept_rows_stays(tiny_dataset):
    histories = tiny_dataset.ratings.histories()
    rated = histories.keep_rows(~np.isnan(histories.rating))
    assert np.diff(rated.offsets).tolist() == [3, 1, 4, 0, 2]


def test_the_matrix_has_people_as_rows_and_items_as_columns(tiny_dataset):
    X = tiny_dataset.ratings.histories(np.array([0, 1])).matrix().toarray()
    assert X.tolist() == [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]]


def test_is_rated_is_true_for_rows_with_a_rating(tiny_dataset):
    assert tiny_dataset.ratings.is_rated.sum() == 10


def test_flags_of_rows_are_boolean_also_in_a_stored_dataset(tiny_dataset, tmp_path):
    tiny_dataset.save(tmp_path / "data")
    for ratings in (tiny_dataset.ratings, Dataset.open(tmp_path / "data").ratings):
        assert ratings.is_rated.dtype == ratings.histories().liked().dtype == np.bool_
