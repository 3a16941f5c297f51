"""User-kNN against its formula in plain NumPy."""

import numpy as np
import pytest
from tests.models.planted import planted

from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, TrainingError
from konomi.models.user_knn import UserKnnConfig, UserKnnModel, train


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module")
def user_knn(dataset: Dataset) -> UserKnnModel:
    return train(dataset, UserKnnConfig(neighbors=4, shrinkage=3))


def dense(dataset: Dataset) -> np.ndarray:
    return dataset.ratings.histories().watched().matrix().toarray().astype(np.float64)


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


def test_a_new_user_may_have_a_twin_among_the_neighbors(dataset: Dataset, user_knn: UserKnnModel) -> None:
    history = dataset.ratings.history(8)
    as_new = user_knn.scores(history)[0]
    assert as_new[history.item_index].min() >= user_knn.user_similarities(history)[8] - 1e-6


def test_planned_rows_are_no_evidence(tiny_dataset: Dataset) -> None:
    assert len(train(tiny_dataset, UserKnnConfig()).item_index) == 12


def test_ratings_without_a_row_are_refused(dataset: Dataset) -> None:
    empty = Dataset(dataset.ratings.keep_users(np.array([], dtype=np.int64)), dataset.catalog)
    with pytest.raises(TrainingError, match="no user watched anything"):
        train(empty, UserKnnConfig())


def test_a_model_without_neighbors_is_refused() -> None:
    with pytest.raises(ConfigError, match="neighbors=0 is out of range"):
        UserKnnConfig(neighbors=0)
