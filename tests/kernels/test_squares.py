"""Rows and columns of the Gram matrix with the weight of groups, against the whole matrix."""

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels.squares import squared_gains, take_square

N = 30
WEIGHT = np.float32(2.5)


@pytest.fixture
def counts() -> NDArray[np.int32]:
    """int32 (30, 30), symmetric; item 4 has no watchers."""
    half = np.random.default_rng(0).integers(0, 50, (N, N))
    found = (half + half.T).astype(np.int32)
    found[4] = found[:, 4] = 0
    return found


@pytest.fixture
def group() -> NDArray[np.int32]:
    """int32 (30,): groups of three items; items from 21 on belong to none."""
    found = (np.arange(N) // 3).astype(np.int32)
    found[21:] = -1
    return found


@pytest.fixture
def diagonal(counts: NDArray[np.int32]) -> NDArray[np.float32]:
    return (counts.diagonal() + 100).astype(np.float32)


def whole(counts: NDArray[np.int32], group: NDArray[np.int32]) -> NDArray[np.float64]:
    """A, entry by entry."""
    A = counts.astype(np.float64)
    for i in range(N):
        for j in range(N):
            if group[i] == group[j] != -1:
                A[i, j] += WEIGHT
    return A


@pytest.mark.parametrize("item", [0, 4, 5, 25])
def test_gains_are_squared_entries_over_the_diagonal(
    counts: NDArray[np.int32], group: NDArray[np.int32], diagonal: NDArray[np.float32], item: int
) -> None:
    gain = np.full(N, np.nan, dtype=np.float32)
    squared_gains(counts, group, WEIGHT, diagonal, item, gain)
    expected = whole(counts, group)[item] ** 2 / diagonal
    expected[item] = 0
    np.testing.assert_allclose(gain, expected, rtol=1e-6)


def test_a_square_is_the_chosen_rows_and_columns_with_the_given_diagonal(
    counts: NDArray[np.int32], group: NDArray[np.int32], diagonal: NDArray[np.float32]
) -> None:
    chosen = np.array([1, 2, 4, 9, 22, 23], dtype=np.int32)
    square, right = np.full((6, 6), -1, dtype=np.float32), np.empty(6, dtype=np.float32)
    take_square(counts, group, WEIGHT, diagonal, chosen, 0, square, right)
    A = whole(counts, group)
    expected = np.tril(A[np.ix_(chosen, chosen)], -1) + np.diag(diagonal[chosen]) - np.triu(np.ones((6, 6)), 1)
    np.testing.assert_array_equal(square, expected)
    np.testing.assert_array_equal(right, A[chosen, 0])


def test_no_chosen_items_give_an_empty_square(
    counts: NDArray[np.int32], group: NDArray[np.int32], diagonal: NDArray[np.float32]
) -> None:
    square, right = np.full((2, 2), 7, dtype=np.float32), np.full(2, 7, dtype=np.float32)
    take_square(counts, group, WEIGHT, diagonal, np.empty(0, dtype=np.int32), 3, square, right)
    assert (square == 7).all()
    assert (right == 7).all()
