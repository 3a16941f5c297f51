"""With `min_watchers`, no answer shows the lists of the few users who watched a title."""

from typing import Any

import numpy as np
import pytest
from tests.models.planted import LONELY, N_ITEMS, UNRATED, planted

from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, TrainingError
from konomi.models.linear import LinearConfig, LinearModel, train


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module", params=[0, 7])
def model(request: Any, dataset: Dataset) -> LinearModel:
    return train(dataset, LinearConfig(min_watchers=needed(dataset), predictors=request.param))


def needed(dataset: Dataset) -> int:
    return int(np.median(dataset.ratings.row_counts()))


def test_titles_with_fewer_watchers_take_no_part_in_learning(dataset: Dataset, model: LinearModel) -> None:
    rare = np.flatnonzero(model.watch_counts < needed(dataset))
    assert 8 < len(rare) < 20
    alone = np.setdiff1d(rare, [0, UNRATED])  # of no franchise
    assert model.prior is not None
    assert not model.prior.popularity[rare].any()
    for table in (model.weights, model.similar, model.prior.likely):
        row = np.repeat(np.arange(N_ITEMS), np.diff(table.offsets))
        assert not np.isin(table.items, alone).any()
        assert not np.isin(row, alone).any()
    assert not model.map_vectors()[rare].any()
    assert not model.space.axes[rare].any()


def test_the_counts_of_watchers_stay(dataset: Dataset, model: LinearModel) -> None:
    np.testing.assert_array_equal(model.watch_counts, train(dataset, LinearConfig()).watch_counts)


def test_a_title_without_a_vector_is_most_similar_to_the_most_watched_of_its_genres(model: LinearModel) -> None:
    """Item 28 has one watcher; by genre it belongs to the items from 14 on."""
    others = np.setdiff1d(np.arange(14, N_ITEMS), [LONELY])
    most_watched = others[np.argsort(-model.watch_counts[others], kind="stable")]
    similarity = model.item_similarities(LONELY)
    similarity[LONELY] = -np.inf
    assert np.argsort(-similarity, kind="stable")[: len(others)].tolist() == most_watched.tolist()


def test_items_without_any_weight_are_ranked_by_watchers_and_not_by_column(
    dataset: Dataset, model: LinearModel
) -> None:
    scores = model.scores(dataset.ratings.history(0))[0]  # nothing is known of the one title of user 0
    np.testing.assert_array_equal(
        np.argsort(-scores, kind="stable"), np.argsort(-model.watch_counts, kind="stable")
    )
    rare = scores[model.watch_counts < needed(dataset)]
    assert 0 < rare.max() <= 1.001e-9


def test_more_watchers_than_any_title_has_are_an_error(dataset: Dataset) -> None:
    with pytest.raises(TrainingError, match=r"no title has 100000 watchers.*smaller min_watchers"):
        train(dataset, LinearConfig(min_watchers=100_000))


def test_no_watcher_at_all_is_out_of_range() -> None:
    with pytest.raises(ConfigError, match="min_watchers=0 is out of range"):
        LinearConfig(min_watchers=0)
