"""The k best of rows of scores, against a stable sort of everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from konomi.kernels.topk import dots, top_k_of_allowed, top_k_of_rows

ONE = np.float32(1)


def naive_top_k(row: NDArray[np.float32], passed_over: set[int], k: int, sign: float) -> list[int]:
    """The naive twin: sort all columns by score, stably, and drop what may not be listed."""
    order = np.argsort(-sign * row.astype(np.float64), kind="stable").tolist()
    listed = [j for j in order if j not in passed_over and sign * row[j] > -np.inf]
    return (listed + [-1] * k)[:k]


def top_k(rows: NDArray[np.float32], blocked: list[list[int]], k: int, sign: np.float32 = ONE) -> NDArray[np.int32]:
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in blocked])]).astype(np.int64)
    items = np.array([j for one in blocked for j in sorted(one)], dtype=np.int32)
    column = np.empty((len(rows), k), dtype=np.int32)
    score = np.empty((len(rows), k), dtype=np.float32)
    top_k_of_rows(rows, offsets, items, sign, column, score)
    for r in range(len(rows)):
        listed = column[r][column[r] >= 0]
        np.testing.assert_array_equal(score[r, : len(listed)], rows[r, listed])
        assert np.isnan(score[r, len(listed) :]).all()
    return column


@settings(deadline=None)  # the first example loads the compiled kernel
@given(
    n=st.integers(1, 300),
    k=st.integers(1, 40),
    n_levels=st.integers(1, 50),
    n_blocked=st.integers(0, 20),
    sign=st.sampled_from([1.0, -1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_top_k_matches_a_stable_sort(n: int, k: int, n_levels: int, n_blocked: int, sign: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, n_levels, (3, n)).astype(np.float32)  # few levels: many ties
    blocked = [rng.permutation(n)[:n_blocked].tolist() for _ in rows]
    found = top_k(rows, blocked, k, np.float32(sign))
    expected = [naive_top_k(row, set(one), k, sign) for row, one in zip(rows, blocked, strict=True)]
    assert found.tolist() == expected


def test_scores_that_say_nothing_are_never_listed() -> None:
    rows = np.array([[np.nan, 2, -np.inf, 3, np.nan]], dtype=np.float32)
    assert top_k(rows, [[]], 4).tolist() == [[3, 1, -1, -1]]


def test_infinity_is_the_best_score_there_is() -> None:
    rows = np.array([[1, np.inf, 2]], dtype=np.float32)
    assert top_k(rows, [[]], 2).tolist() == [[1, 2]]


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_sorted_rows_are_no_special_case(order: str) -> None:
    row = np.arange(1000, dtype=np.float32)
    rows = (row if order == "ascending" else row[::-1].copy())[None]
    assert top_k(rows, [[]], 100).tolist() == [naive_top_k(rows[0], set(), 100, 1)]


def test_the_allowed_columns_are_those_of_a_row_with_the_others_blocked() -> None:
    rng = np.random.default_rng(1)
    row = rng.integers(0, 9, 200).astype(np.float32)
    allowed = rng.random(200) < 0.3
    column = np.empty(80, dtype=np.int32)
    score = np.empty(80, dtype=np.float32)
    n_listed = top_k_of_allowed(row, allowed, ONE, column, score)
    assert n_listed == min(80, allowed.sum())
    assert column.tolist() == naive_top_k(row, set(np.flatnonzero(~allowed).tolist()), 80, 1)


def test_dots_are_the_matrix_product() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(57, 33)).astype(np.float32)
    query = rng.normal(size=33).astype(np.float32)
    out = np.empty(57, dtype=np.float32)
    dots(vectors, query, out)
    np.testing.assert_allclose(out, vectors.astype(np.float64) @ query, atol=1e-5)
