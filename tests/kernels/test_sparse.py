"""The sparse kernels against dense products."""

import numpy as np
import pytest
import scipy.sparse as sp

from konomi.kernels.sparse import add_rows, add_rows_of_many, terms


@pytest.fixture
def weights() -> sp.csr_array:
    """float32 (9, 9), a third full; row 4 is empty."""
    rng = np.random.default_rng(0)
    W = np.where(rng.random((9, 9)) < 0.33, rng.standard_normal((9, 9)), 0).astype(np.float32)
    W[4] = 0
    return sp.csr_array(W)


OFFSETS = np.array([0, 3, 3, 5], dtype=np.int64)
ITEMS = np.array([0, 4, 7, 2, 8], dtype=np.int32)
VALUES = np.array([1, 0.5, -2, 1, 3], dtype=np.float32)


def test_sums_of_rows_equal_a_dense_product(weights: sp.csr_array) -> None:
    X = sp.csr_array((VALUES, ITEMS, OFFSETS), shape=(3, 9))
    out = np.zeros((3, 9), dtype=np.float32)
    columns = weights.indices.astype(np.uint16)
    add_rows(OFFSETS, ITEMS, VALUES, weights.indptr.astype(np.int64), columns, weights.data, out)
    np.testing.assert_allclose(out, X.toarray() @ weights.toarray(), rtol=1e-6)


def test_many_threads_give_the_same_bits(weights: sp.csr_array) -> None:
    alone, together = np.zeros((3, 9), dtype=np.float32), np.zeros((3, 9), dtype=np.float32)
    matrix = (weights.indptr.astype(np.int64), weights.indices.astype(np.uint16), weights.data)
    add_rows(OFFSETS, ITEMS, VALUES, *matrix, alone)
    add_rows_of_many(OFFSETS, ITEMS, VALUES, *matrix, together)
    np.testing.assert_array_equal(together, alone)


def test_terms_are_the_summands_of_each_asked_column(weights: sp.csr_array) -> None:
    asked = np.array([8, 1])
    place = np.full(9, -1, dtype=np.int32)
    place[asked] = [0, 1]
    out = np.zeros((5, 2), dtype=np.float32)
    columns = weights.indices.astype(np.uint16)
    terms(ITEMS, VALUES, weights.indptr.astype(np.int64), columns, weights.data, place, out)
    np.testing.assert_allclose(out, VALUES[:, None] * weights.toarray()[np.ix_(ITEMS, asked)], rtol=1e-6)
