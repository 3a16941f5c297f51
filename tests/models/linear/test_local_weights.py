"""Local weights against dense systems of the same items, and against the inverse."""

import numpy as np
import pytest
from numba import get_num_threads, set_num_threads
from tests.models.planted import planted

from konomi.models.gram import Gram
from konomi.models.linear.inverse import inverse_of
from konomi.models.linear.local_weights import local_weights
from konomi.models.linear.ridged import RidgedGram
from konomi.models.table import Table


@pytest.fixture(scope="module")
def ridged() -> RidgedGram:
    """Items 0, 3 and 29 are one franchise, and so are 5 and 20."""
    gram = Gram.of(planted().ratings)
    franchise = np.arange(gram.n_items, dtype=np.int32) + 100
    franchise[[0, 3, 29]], franchise[[5, 20]] = 7, 2
    return RidgedGram.of(gram, ridge=3.0 + 0.5 * gram.watch_counts, franchise=franchise, franchise_weight=1.5)


def whole(table: Table) -> np.ndarray:
    n = len(table.offsets) - 1
    B = np.zeros((n, n))
    B[np.repeat(np.arange(n), np.diff(table.offsets)), table.items] = table.values
    return B


def test_with_all_other_items_as_predictors_they_are_those_of_the_inverse(ridged: RidgedGram) -> None:
    B, error = local_weights(ridged, predictors=1_000)
    P = inverse_of(ridged).matrix
    expected = -P / P.diagonal()
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(whole(B), expected, atol=2e-6)
    assert 0 < error < 1e-5


def test_with_a_few_predictors_each_column_solves_its_own_system(ridged: RidgedGram) -> None:
    B = whole(local_weights(ridged, predictors=4)[0])
    A = ridged.dense().astype(np.float64)
    for item in range(ridged.n_items):
        gain = A[:, item] ** 2 / A.diagonal()
        gain[item] = 0
        chosen = np.flatnonzero(B[:, item])
        assert len(chosen) <= 4
        left = np.setdiff1d(np.flatnonzero(gain), [*chosen, item])
        if len(chosen) and len(left):
            assert gain[chosen].min() >= gain[left].max() * (1 - 1e-6)
        solved = np.linalg.solve(A[np.ix_(chosen, chosen)], A[chosen, item]) if len(chosen) else np.empty(0)
        np.testing.assert_allclose(B[chosen, item], solved, rtol=1e-4, atol=1e-6)


def test_threads_change_no_bit(ridged: RidgedGram, monkeypatch: pytest.MonkeyPatch) -> None:
    def learned() -> np.ndarray:
        return local_weights(ridged, predictors=7)[0].values

    many = learned()
    threads = get_num_threads()
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    set_num_threads(1)
    try:
        np.testing.assert_array_equal(learned(), many)
    finally:
        set_num_threads(threads)
