"""Item-kNN against its formula in plain NumPy."""

import numpy as np
import pytest
from tests.models.planted import N_ITEMS, UNRATED, planted

from konomi.data.dataset import Dataset
from konomi.errors import TrainingError
from konomi.models.item_knn import ItemKnnConfig, ItemKnnModel, train


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module")
def item_knn(dataset: Dataset) -> ItemKnnModel:
    return train(dataset, ItemKnnConfig(kept_neighbors=5, shrinkage=3))


def dense(dataset: Dataset) -> np.ndarray:
    return dataset.ratings.histories().watched().matrix().toarray().astype(np.float64)


def nearest_items(dataset: Dataset) -> np.ndarray:
    """s(i, j) with all but the five nearest of each column at zero."""
    G = dense(dataset).T @ dense(dataset)
    s = G / (np.sqrt(np.outer(np.diag(G), np.diag(G))) + 3)
    np.fill_diagonal(s, 0)
    for j in range(N_ITEMS):
        s[np.argsort(-s[:, j])[5:], j] = 0
    return s


def test_item_scores_are_sums_of_similarities(dataset: Dataset, item_knn: ItemKnnModel) -> None:
    expected = dense(dataset) @ nearest_items(dataset)
    np.testing.assert_allclose(item_knn.scores(dataset.ratings.histories()), expected, rtol=1e-4, atol=1e-6)


def test_item_similarity_is_known_from_either_side(dataset: Dataset, item_knn: ItemKnnModel) -> None:
    s = nearest_items(dataset)
    np.testing.assert_allclose(item_knn.item_similarities(4), np.maximum(s[4], s[:, 4]), rtol=1e-4, atol=1e-6)


def test_item_contributions_sum_to_the_score(dataset: Dataset, item_knn: ItemKnnModel) -> None:
    history = dataset.ratings.history(5)
    items = np.array([9, 1, 9])
    total = item_knn.contributions(history, items).sum(axis=0)
    np.testing.assert_allclose(total, item_knn.scores(history)[0, items], rtol=1e-5)


def test_an_item_without_watchers_is_like_nothing(item_knn: ItemKnnModel) -> None:
    assert not item_knn.item_similarities(UNRATED).any()


def test_ratings_without_a_row_are_refused(dataset: Dataset) -> None:
    empty = Dataset(dataset.ratings.keep_users(np.array([], dtype=np.int64)), dataset.catalog)
    with pytest.raises(TrainingError, match="no user watched anything"):
        train(empty, ItemKnnConfig())
