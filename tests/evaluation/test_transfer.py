"""People of another dataset: their titles matched by id, none of them among those who train."""

import dataclasses

import numpy as np
import pytest
from tests.evaluation.fakes import oracle

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Status
from konomi.errors import EvaluationError
from konomi.evaluation import Split, check_no_leak, entrants_of, measure, transfer_split


@pytest.fixture(scope="session")
def others(planted_dataset: Dataset) -> Dataset:
    """The people of the planted dataset under ids from 10,001 on; items 1000 ... 1009 are called 0 ... 9 here.

    Columns stand the other way round.
    """
    ratings = planted_dataset.ratings
    ids = np.where(ratings.items.ids < 1010, ratings.items.ids - 1000, ratings.items.ids)[::-1].copy()
    items = IdIndex(ids, "item")
    renamed = dataclasses.replace(
        ratings,
        item_index=(ratings.n_items - 1 - ratings.item_index).astype(np.uint16),
        users=IdIndex(ratings.users.ids + 10_000, "user"),
        items=items,
    )
    return Dataset(renamed, Catalog.of(items))


@pytest.fixture(scope="session")
def transferred(planted_dataset: Dataset, others: Dataset) -> Split:
    return transfer_split(planted_dataset, others, seed=3)


def known_titles(planted_dataset: Dataset, user: int) -> set[int]:
    """The columns of what somebody watched, without items 1000 ... 1009."""
    history = planted_dataset.ratings.history(user)
    return {item for item in history.item_index[history.status != Status.PLANNED].tolist() if item >= 10}


def test_titles_are_matched_by_id_and_unknown_ones_left_out(planted_dataset: Dataset, transferred: Split) -> None:
    for p, user in enumerate(transferred.user_index.tolist()):
        hidden = transferred.hidden_items[
            transferred.hidden_offsets[p] : transferred.hidden_offsets[p + 1]
        ].tolist()
        given = transferred.given.person(p).item_index.tolist()
        known = known_titles(planted_dataset, user)
        assert sorted(hidden + given) == sorted(known)
        assert len(hidden) == max(1, int(0.2 * len(known) + 0.5))


def test_ratings_go_with_their_titles(planted_dataset: Dataset, transferred: Split) -> None:
    for p, user in enumerate(transferred.user_index[:20].tolist()):
        given, own = transferred.given.person(p), planted_dataset.ratings.history(user)
        rating = dict(zip(own.item_index.tolist(), own.rating.tolist(), strict=True))
        expected = [rating[item] for item in given.item_index.tolist()]
        np.testing.assert_array_equal(given.rating, np.array(expected, dtype=np.float32))


def test_who_knows_too_few_of_the_titles_is_not_measured(planted_dataset: Dataset, transferred: Split) -> None:
    expected = [
        user for user in range(planted_dataset.ratings.n_users) if len(known_titles(planted_dataset, user)) >= 10
    ]
    assert transferred.user_index.tolist() == expected
    assert 0 < len(expected) < planted_dataset.ratings.n_users


def test_all_of_the_training_data_trains_and_nobody_else(planted_dataset: Dataset, transferred: Split) -> None:
    assert transferred.training is planted_dataset
    assert (transferred.training_user_index == -1).all()
    assert (transferred.users.ids > 10_000).all()


def test_a_model_is_measured_on_people_of_another_dataset(transferred: Split) -> None:
    assert measure(oracle(transferred), transferred).intervals["ndcg@10"].mean == 1
    linear, popular = (
        measure(entrant, transferred).intervals["ndcg@10"].mean for entrant in entrants_of(["linear", "popularity"])
    )
    assert linear > popular > 0


def test_a_hidden_title_of_somebody_who_trains_is_caught(planted_dataset: Dataset, transferred: Split) -> None:
    ids = planted_dataset.ratings.users.ids.copy()
    ids[transferred.user_index[0]] = transferred.users.ids[0]
    ratings = dataclasses.replace(planted_dataset.ratings, users=IdIndex(ids, "user"))
    leaking = dataclasses.replace(transferred, training=Dataset(ratings, planted_dataset.catalog))
    with pytest.raises(EvaluationError, match="are in the training ratings"):
        check_no_leak(leaking)


def test_users_whose_ids_are_in_both_datasets_are_refused(planted_dataset: Dataset) -> None:
    with pytest.raises(EvaluationError, match="400 user ids are in both datasets"):
        transfer_split(planted_dataset, planted_dataset)


def test_datasets_without_a_common_title_are_refused(planted_dataset: Dataset, others: Dataset) -> None:
    items = IdIndex(others.ratings.items.ids + 5_000, "item")
    strange = Dataset(dataclasses.replace(others.ratings, items=items), Catalog.of(items))
    with pytest.raises(EvaluationError, match="none of 400 people has 10 titles or more among the 121 that train"):
        transfer_split(planted_dataset, strange)
