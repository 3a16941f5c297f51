"""The spectral model against a dense eigendecomposition, and on planted tastes."""

import numpy as np
import pytest
from tests.models.planted import LONELY, N_ITEMS, UNRATED, planted

from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, TrainingError
from konomi.models.spectral import SpectralConfig, SpectralModel, train


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module")
def model(dataset: Dataset) -> SpectralModel:
    return train(dataset, SpectralConfig(embedding_dim=4))


def test_scores_equal_a_dense_eigendecomposition(dataset: Dataset, model: SpectralModel) -> None:
    X = dataset.ratings.histories().matrix().toarray().astype(np.float64)
    weight = 1 / np.sqrt(X.sum(axis=1))
    weight /= weight.mean()
    scale = (weight @ X + 5) ** -0.35
    _, V = np.linalg.eigh((X * weight[:, None]).T @ X * np.outer(scale, scale))
    V = V[:, -4:]
    expected = (X * scale) @ V @ V.T / scale
    np.testing.assert_allclose(model.scores(dataset.ratings.histories()), expected, atol=0.02)


def test_contributions_sum_to_the_score(dataset: Dataset, model: SpectralModel) -> None:
    history = dataset.ratings.history(5)
    items = np.array([3, 25, 3])
    total = model.contributions(history, items).sum(axis=0)
    np.testing.assert_allclose(total, model.scores(history)[0, items], rtol=1e-4, atol=1e-6)


def test_items_of_the_same_planted_taste_are_neighbors(model: SpectralModel) -> None:
    similarity = model.item_similarities(20)
    similarity[20] = -np.inf
    assert set(np.argsort(-similarity)[:5]) <= set(range(14, 28))


def test_people_of_the_same_planted_taste_are_neighbors(dataset: Dataset, model: SpectralModel) -> None:
    similarity = model.user_similarities(dataset.ratings.history(9), 9)
    similarity[9] = -np.inf
    assert all(user % 2 == 1 for user in np.argsort(-similarity)[:5])


def test_a_known_user_stands_where_the_history_folds_in(dataset: Dataset, model: SpectralModel) -> None:
    folded = model.space.fold_in(dataset.ratings.history(9))[0]
    np.testing.assert_allclose(model.user_vectors[9], folded, atol=1e-6)


def test_an_item_nobody_watched_is_like_nothing(model: SpectralModel) -> None:
    assert not model.item_similarities(UNRATED).any()


def test_an_item_with_one_watcher_has_finite_similarities(model: SpectralModel) -> None:
    assert np.isfinite(model.item_similarities(LONELY)).all()


def test_more_dimensions_than_items_are_as_many_as_items(dataset: Dataset) -> None:
    assert train(dataset, SpectralConfig(embedding_dim=500)).item_basis.shape == (N_ITEMS, N_ITEMS)


def test_the_same_seed_gives_the_same_bits(dataset: Dataset, model: SpectralModel) -> None:
    again = train(dataset, SpectralConfig(embedding_dim=4))
    np.testing.assert_array_equal(again.item_basis, model.item_basis)


def test_the_model_comes_back_from_its_arrays(dataset: Dataset, model: SpectralModel) -> None:
    again = SpectralModel.from_arrays(model.arrays(), model.config)
    people = dataset.ratings.histories()
    np.testing.assert_array_equal(again.scores(people), model.scores(people))


def test_a_missing_array_is_refused(model: SpectralModel) -> None:
    with pytest.raises(ValueError, match="item_counts is missing"):
        SpectralModel.from_arrays({}, model.config)


def test_ratings_without_a_row_are_refused(dataset: Dataset) -> None:
    nobody = Dataset(dataset.ratings.keep_users(np.array([], dtype=np.int64)), dataset.catalog)
    with pytest.raises(TrainingError, match="no user watched anything"):
        train(nobody, SpectralConfig())


def test_no_dimension_is_refused() -> None:
    with pytest.raises(ConfigError, match="embedding_dim=0 is out of range"):
        SpectralConfig(embedding_dim=0)
