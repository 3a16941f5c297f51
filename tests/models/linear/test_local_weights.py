"""Weights learned among a few titles against dense systems of the same titles, and against the inverse."""

import numpy as np
import pytest
from numba import get_num_threads, set_num_threads
from tests.models.planted import planted

from konomi.models.gram import Gram
from konomi.models.linear.inverse import inverse_of
from konomi.models.linear.local_weights import local_weights
from konomi.models.linear.weights import Table

TOGETHER = 1.5


@pytest.fixture(scope="module")
def gram() -> Gram:
    return Gram.of(planted().ratings)


@pytest.fixture(scope="module")
def groups(gram: Gram) -> np.ndarray:
    """Items 0, 3 and 29 belong together, so do 5 and 20; all others are alone."""
    groups = np.arange(gram.n_items, dtype=np.int32) + 100
    groups[[0, 3, 29]], groups[[5, 20]] = 7, 2
    return groups


@pytest.fixture(scope="module")
def ridge(gram: Gram) -> np.ndarray:
    return 3.0 + 0.5 * gram.watch_counts


def whole(table: Table) -> np.ndarray:
    n = len(table.offsets) - 1
    B = np.zeros((n, n))
    B[np.repeat(np.arange(n), np.diff(table.offsets)), table.items] = table.values
    return B


def matrix(gram: Gram, groups: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    same = (groups[:, None] == groups) & (np.bincount(groups)[groups] > 1)[:, None]
    return gram.counts + np.diag(ridge) + TOGETHER * same


def test_among_all_titles_they_are_those_of_the_inverse(gram: Gram, groups: np.ndarray, ridge: np.ndarray) -> None:
    B, error = local_weights(gram, ridge=ridge, groups=groups, group_weight=TOGETHER, among=1_000)
    P = inverse_of(gram, ridge=ridge, groups=groups, group_weight=TOGETHER).matrix
    expected = -P / P.diagonal()
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(whole(B), expected, atol=2e-6)
    assert 0 < error < 1e-5


def test_among_a_few_each_column_solves_its_own_system(gram: Gram, groups: np.ndarray, ridge: np.ndarray) -> None:
    B = whole(local_weights(gram, ridge=ridge, groups=groups, group_weight=TOGETHER, among=4)[0])
    A = matrix(gram, groups, ridge)
    for item in range(gram.n_items):
        gain = A[:, item] ** 2 / A.diagonal()
        gain[item] = 0
        chosen = np.flatnonzero(B[:, item])
        assert len(chosen) <= 4
        left = np.setdiff1d(np.flatnonzero(gain), [*chosen, item])
        if len(chosen) and len(left):
            assert gain[chosen].min() >= gain[left].max() * (1 - 1e-6)
        solved = np.linalg.solve(A[np.ix_(chosen, chosen)], A[chosen, item]) if len(chosen) else np.empty(0)
        np.testing.assert_allclose(B[chosen, item], solved, rtol=1e-4, atol=1e-6)


def test_threads_change_no_bit(gram: Gram, groups: np.ndarray, ridge: np.ndarray, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def learned() -> np.ndarray:
        return local_weights(gram, ridge=ridge, groups=groups, group_weight=TOGETHER, among=7)[0].values

    many = learned()
    threads = get_num_threads()
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    set_num_threads(1)
    try:
        np.testing.assert_array_equal(learned(), many)
    finally:
        set_num_threads(threads)
