"""The ridged Gram matrix against the dense sum of its parts."""

import numpy as np
import pytest
from tests.models.planted import planted

from konomi.models.gram import Gram
from konomi.models.linear.ridged import RidgedGram

WEIGHT = 1.5


@pytest.fixture(scope="module")
def gram() -> Gram:
    return Gram.of(planted().ratings)


@pytest.fixture(scope="module")
def franchise(gram: Gram) -> np.ndarray:
    """Items 0, 3 and 29 are one franchise, and so are 5 and 20; all others are alone."""
    franchise = np.arange(gram.n_items, dtype=np.int32) + 100
    franchise[[0, 3, 29]], franchise[[5, 20]] = 7, 2
    return franchise


@pytest.fixture(scope="module")
def ridge(gram: Gram) -> np.ndarray:
    return 3.0 + 0.5 * gram.watch_counts


@pytest.fixture(scope="module")
def ridged(gram: Gram, ridge: np.ndarray, franchise: np.ndarray) -> RidgedGram:
    return RidgedGram.of(gram, ridge=ridge, franchise=franchise, franchise_weight=WEIGHT)


@pytest.fixture(scope="module")
def naive(gram: Gram, ridge: np.ndarray, franchise: np.ndarray) -> np.ndarray:
    """G + diag(ridge) + w FᵀF in float64."""
    F = np.array([franchise == number for number in np.unique(franchise) if (franchise == number).sum() > 1])
    return gram.counts + np.diag(ridge) + WEIGHT * F.T.astype(float) @ F.astype(float)


def test_the_dense_matrix_is_the_sum_of_its_parts(ridged: RidgedGram, naive: np.ndarray) -> None:
    assert ridged.dense().dtype == np.float32
    np.testing.assert_array_equal(ridged.dense(), naive.astype(np.float32))


def test_rows_are_those_of_the_matrix(ridged: RidgedGram, naive: np.ndarray) -> None:
    np.testing.assert_array_equal(ridged.rows(3, 11), naive[3:11].astype(np.float32))


def test_rows_can_be_divided(ridged: RidgedGram, naive: np.ndarray) -> None:
    np.testing.assert_allclose(ridged.rows(3, 11, divisor=-7.0), naive[3:11] / -7, rtol=1e-6)


def test_the_diagonal_is_that_of_the_matrix(ridged: RidgedGram, naive: np.ndarray) -> None:
    np.testing.assert_array_equal(ridged.diagonal(), naive.diagonal())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_product_is_that_of_the_matrix_in_the_precision_of_the_vectors(
    ridged: RidgedGram, naive: np.ndarray, dtype: type
) -> None:
    V = np.random.default_rng(0).standard_normal((ridged.n_items, 5)).astype(dtype)
    assert ridged.times(V).dtype == dtype
    np.testing.assert_allclose(ridged.times(V), naive @ V, rtol=1e-4 if dtype is np.float32 else 1e-12)


def test_without_its_ridge_the_rest_stays(ridged: RidgedGram, naive: np.ndarray, ridge: np.ndarray) -> None:
    np.testing.assert_array_equal(ridged.without_ridge().dense(), (naive - np.diag(ridge)).astype(np.float32))


def test_items_alone_are_in_no_group(ridged: RidgedGram) -> None:
    assert np.flatnonzero(ridged.group >= 0).tolist() == [0, 3, 5, 20, 29]
    assert sorted(ridged.F.sum(axis=1).tolist()) == [2, 3]
