"""BLAS and LAPACK in place, against NumPy in float64."""

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels.blas import solve_positive_definite, subtract_product


def test_a_product_is_subtracted_from_its_part_of_the_matrix_alone() -> None:
    rng = np.random.default_rng(0)
    A = rng.standard_normal((20, 20)).astype(np.float32)
    left = rng.standard_normal((20, 9)).astype(np.float32)
    right = rng.standard_normal((20, 11)).astype(np.float32)
    expected = A.astype(np.float64)
    expected[3:10, 6:18] -= left[3:10, :7].astype(np.float64) @ right[6:18, :7].astype(np.float64).T
    before = A.copy()
    subtract_product(A, slice(3, 10), slice(6, 18), left, right, 7)
    np.testing.assert_allclose(A, expected, atol=1e-5)
    A[3:10, 6:18] = before[3:10, 6:18] = 0
    np.testing.assert_array_equal(A, before)


def system(m: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A positive definite matrix (m, m) and a right-hand side."""
    rng = np.random.default_rng(m)
    half = rng.standard_normal((m, m))
    return (half @ half.T + m * np.eye(m)).astype(np.float32), rng.standard_normal(m).astype(np.float32)


@pytest.mark.parametrize("m", [1, 2, 17])
def test_a_system_in_a_corner_of_a_larger_matrix_is_solved(m: int) -> None:
    matrix, right = system(m)
    larger = np.full((20, 20), 5, dtype=np.float32)
    # The upper triangle is not read: it stays NaN.
    larger[:m, :m] = np.tril(matrix) + np.triu(np.full((m, m), np.nan, dtype=np.float32), 1)
    larger[:m, :m][np.tril_indices(m)] = matrix[np.tril_indices(m)]
    found = right.copy()
    assert solve_positive_definite(larger[:m, :m], found, 20)
    np.testing.assert_allclose(found, np.linalg.solve(matrix.astype(np.float64), right), rtol=1e-3, atol=1e-6)
    factor = np.linalg.cholesky(matrix.astype(np.float64))
    np.testing.assert_allclose(np.tril(larger[:m, :m]), factor, rtol=1e-4, atol=1e-4)
    assert np.isnan(larger[:m, :m][np.triu_indices(m, 1)]).all()
    larger[:m, :m] = 5
    assert (larger == 5).all()


def test_a_matrix_that_is_not_positive_definite_is_reported() -> None:
    A = np.array([[1, 0], [2, 1]], dtype=np.float32)  # eigenvalues 3 and -1
    assert not solve_positive_definite(A, np.ones(2, dtype=np.float32), 2)


def test_a_system_without_unknowns_is_solved() -> None:
    assert solve_positive_definite(np.empty((0, 0), dtype=np.float32), np.empty(0, dtype=np.float32), 4)
