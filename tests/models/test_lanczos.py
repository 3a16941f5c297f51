"""Leading eigenvectors without the Gram matrix, against a dense diagonalisation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.errors import TrainingError
from konomi.models import lanczos
from konomi.models.lanczos import Product, leading_eigenpairs, scaled_gram


@pytest.fixture(scope="module")
def item_scale(planted_dataset: Dataset) -> NDArray[np.float32]:
    counts = np.maximum(planted_dataset.ratings.row_counts(), 1)
    return (1 / np.sqrt(counts)).astype(np.float32)


@pytest.fixture(scope="module")
def times(planted_dataset: Dataset, item_scale: NDArray[np.float32]) -> Product:
    ones = np.ones(planted_dataset.ratings.n_users, dtype=np.float32)
    return scaled_gram(planted_dataset.ratings, item_scale=item_scale, user_weight=ones)


@pytest.fixture(scope="module")
def dense(planted_dataset: Dataset, item_scale: NDArray[np.float32]) -> NDArray[np.float64]:
    X = planted_dataset.ratings.histories().watched().matrix().toarray().astype(np.float64)
    return item_scale[:, None] * (X.T @ X) * item_scale[None, :]


def test_eigenvalues_are_those_of_a_dense_diagonalisation(times: Product, dense: NDArray[np.float64]) -> None:
    found = leading_eigenpairs(
        times, len(dense), dim=10, rng=np.random.default_rng(0), block=8, tolerance=1e-3, most_products=121
    )
    expected = np.linalg.eigvalsh(dense)[::-1][:10]
    assert np.allclose(found.values, expected, rtol=1e-4)


def test_vectors_are_orthonormal_and_nearly_unchanged_by_the_matrix(
    times: Product, dense: NDArray[np.float64]
) -> None:
    found = leading_eigenpairs(
        times, len(dense), dim=10, rng=np.random.default_rng(0), block=8, tolerance=1e-3, most_products=121
    )
    assert np.allclose(found.vectors.T @ found.vectors, np.eye(10), atol=1e-4)
    error = np.linalg.norm(dense @ found.vectors - found.vectors * found.values, axis=0)
    assert np.all(error < 2e-3 * found.values)
    assert np.allclose(error, found.residuals, atol=1e-3 * found.values[0])


def test_a_looser_tolerance_takes_fewer_products(times: Product, dense: NDArray[np.float64]) -> None:
    tight, loose = (
        leading_eigenpairs(times, len(dense), dim=4, rng=np.random.default_rng(0), block=4, tolerance=tolerance)
        for tolerance in (1e-3, 0.3)
    )
    assert loose.n_products < tight.n_products


def test_every_dimension_may_be_asked_for(times: Product, dense: NDArray[np.float64]) -> None:
    found = leading_eigenpairs(times, len(dense), dim=len(dense), rng=np.random.default_rng(0))
    assert np.allclose(found.values, np.linalg.eigvalsh(dense)[::-1], atol=1e-3)


def test_a_matrix_of_low_rank_ends_with_zeros() -> None:
    factor = np.random.default_rng(2).standard_normal((60, 3)).astype(np.float32)
    found = leading_eigenpairs(lambda V: factor @ (factor.T @ V), 60, dim=8, rng=np.random.default_rng(0), block=4)
    assert np.allclose(found.values[:3], np.linalg.eigvalsh(factor.T @ factor)[::-1], rtol=1e-4)
    assert np.all(np.abs(found.values[3:]) < 1e-3 * found.values[0])


def test_the_number_of_threads_makes_no_difference(
    times: Product, dense: NDArray[np.float64], monkeypatch: pytest.MonkeyPatch
) -> None:
    V = np.random.default_rng(0).standard_normal((len(dense), 6)).astype(np.float32)
    many = times(V)
    monkeypatch.setattr(lanczos.os, "cpu_count", lambda: 1)
    assert np.array_equal(times(V), many)


def test_users_of_weight_zero_count_for_nothing(planted_dataset: Dataset, item_scale: NDArray[np.float32]) -> None:
    ratings = planted_dataset.ratings
    weight = (np.arange(ratings.n_users) % 2).astype(np.float32)
    X = ratings.histories(np.arange(1, ratings.n_users, 2)).watched().matrix().toarray()
    V = np.random.default_rng(0).standard_normal((ratings.n_items, 6)).astype(np.float32)
    expected = item_scale[:, None] * (X.T @ (X @ (item_scale[:, None] * V)))
    assert np.allclose(scaled_gram(ratings, item_scale=item_scale, user_weight=weight)(V), expected, atol=1e-3)


@pytest.mark.parametrize("dim", [0, 122])
def test_dimensions_out_of_range_are_named(times: Product, dense: NDArray[np.float64], dim: int) -> None:
    with pytest.raises(TrainingError, match=f"dim={dim}"):
        leading_eigenpairs(times, len(dense), dim=dim, rng=np.random.default_rng(0))
