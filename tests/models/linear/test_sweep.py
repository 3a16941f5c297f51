"""The inverse by sweeping, against NumPy's in float64."""

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.models.linear import sweep
from konomi.models.linear.sweep import invert_in_place


def positive_definite(n: int, seed: int = 0) -> NDArray[np.float32]:
    X = (np.random.default_rng(seed).random((n, 60)) < 0.2).astype(np.float32)
    return np.ascontiguousarray(X @ X.T + np.diag(X.sum(axis=1) + 2), dtype=np.float32)


@pytest.mark.parametrize("n", [1, 2, 383, 384, 385, 900, 1153])
def test_it_is_the_inverse(n: int) -> None:
    A = positive_definite(n)
    found = A.copy()
    assert invert_in_place(found) == 0
    assert np.allclose(found, np.linalg.inv(A.astype(np.float64)), atol=2e-5)


def test_the_inverse_is_symmetric_to_the_last_bit() -> None:
    A = positive_definite(800)
    invert_in_place(A)
    assert np.array_equal(A, A.T)


def test_only_the_lower_triangle_is_read() -> None:
    A = positive_definite(500)
    whole, lower = A.copy(), A.copy()
    lower[np.triu_indices(500, 1)] = np.nan
    invert_in_place(whole)
    invert_in_place(lower)
    assert np.array_equal(whole, lower)


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    A = positive_definite(900)
    many, one = A.copy(), A.copy()
    invert_in_place(many)
    monkeypatch.setattr(sweep.os, "cpu_count", lambda: 1)
    invert_in_place(one)
    assert np.array_equal(many, one)


@pytest.mark.parametrize("row", [0, 100, 500, 899])
def test_the_row_at_which_it_is_not_positive_definite_is_named(row: int) -> None:
    A = np.eye(900, dtype=np.float32)
    A[row, row] = -1
    assert invert_in_place(A) == 1 + row


def test_it_tells_how_far_it_is() -> None:
    done: list[int] = []
    invert_in_place(positive_definite(900), done.append)
    assert sum(done) == 900


@pytest.mark.parametrize("A", [np.eye(3), np.zeros((2, 3), np.float32), np.eye(6, dtype=np.float32)[::2, ::2]])
def test_another_kind_of_matrix_is_refused(A: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="square of float32 in C order"):
        invert_in_place(A)
