"""Item-kNN and user-kNN against their formulas in plain NumPy."""

import numpy as np
import pytest
from tests.models.planted import N_ITEMS, UNRATED, planted

from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, TrainingError, UnsupportedError
from konomi.models.neighborhood import (
    ItemKnnConfig,
    ItemKnnModel,
    UserKnnConfig,
    UserKnnModel,
    train_item_knn,
    train_user_knn,
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module")
def item_knn(dataset: Dataset) -> ItemKnnModel:
    return train_item_knn(dataset, ItemKnnConfig(kept_neighbors=5, shrinkage=3))


@pytest.fixture(scope="module")
def user_knn(dataset: Dataset) -> UserKnnModel:
    return train_user_knn(dataset, UserKnnConfig(neighbors=4, shrinkage=3))


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


def test_an_item_nobody_watched_is_like_nothing(item_knn: ItemKnnModel) -> None:
    assert not item_knn.item_similarities(UNRATED).any()


def test_item_knn_says_which_models_compare_users(dataset: Dataset, item_knn: ItemKnnModel) -> None:
    with pytest.raises(UnsupportedError, match="user-knn"):
        item_knn.user_similarities(dataset.ratings.history(5))


def test_user_similarity_is_the_shrunk_cosine(dataset: Dataset, user_knn: UserKnnModel) -> None:
    X = dense(dataset)
    expected = X @ X[8] / (np.sqrt(X.sum(axis=1) * X[8].sum()) + 3)
    np.testing.assert_allclose(user_knn.user_similarities(dataset.ratings.history(8)), expected, rtol=1e-6)


def test_user_scores_are_sums_over_the_nearest(dataset: Dataset, user_knn: UserKnnModel) -> None:
    similarity = user_knn.user_similarities(dataset.ratings.history(8))
    similarity[8] = 0
    nearest = np.argsort(-similarity, kind="stable")[:4]
    expected = similarity[nearest] @ dense(dataset)[nearest]
    scores = user_knn.scores(dataset.ratings.history(8), np.array([8]))[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_somebody_new_may_have_a_twin_among_the_neighbors(dataset: Dataset, user_knn: UserKnnModel) -> None:
    history = dataset.ratings.history(8)
    as_new = user_knn.scores(history)[0]
    assert as_new[history.item_index].min() >= user_knn.user_similarities(history)[8] - 1e-6


def test_planned_rows_are_no_evidence(tiny_dataset: Dataset) -> None:
    assert len(train_user_knn(tiny_dataset, UserKnnConfig()).item_index) == 12


def test_user_knn_says_which_models_compare_items(user_knn: UserKnnModel) -> None:
    with pytest.raises(UnsupportedError, match="item-knn"):
        user_knn.item_similarities(3)


def test_both_come_back_from_their_arrays(dataset: Dataset, item_knn: ItemKnnModel, user_knn: UserKnnModel) -> None:
    people = dataset.ratings.histories(np.arange(4))
    items_again = ItemKnnModel.from_arrays(item_knn.arrays(), item_knn.config)
    users_again = UserKnnModel.from_arrays(user_knn.arrays(), user_knn.config)
    np.testing.assert_array_equal(items_again.scores(people), item_knn.scores(people))
    np.testing.assert_array_equal(users_again.scores(people), user_knn.scores(people))


@pytest.mark.parametrize("kind", [ItemKnnModel, UserKnnModel])
def test_missing_arrays_are_refused(kind: type[ItemKnnModel] | type[UserKnnModel]) -> None:
    with pytest.raises(ValueError, match="is missing"):
        kind.from_arrays({}, None)  # type: ignore[arg-type]


def test_ratings_without_a_row_are_refused(dataset: Dataset) -> None:
    nobody = Dataset(dataset.ratings.keep_users(np.array([], dtype=np.int64)), dataset.catalog)
    with pytest.raises(TrainingError, match="nobody watched anything"):
        train_item_knn(nobody, ItemKnnConfig())
    with pytest.raises(TrainingError, match="nobody watched anything"):
        train_user_knn(nobody, UserKnnConfig())


def test_no_neighbors_are_refused() -> None:
    with pytest.raises(ConfigError, match="neighbors=0 is out of range"):
        UserKnnConfig(neighbors=0)
