"""Sums of rows of a sparse matrix: what a history's items say of every item, or of a few, term by term.

No loop here checks an index. Items of a history are checked by `Dataset.read_from` or come from look-ups; offsets
and columns of a matrix by `Table.from_arrays`.
"""

from typing import Any

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True, error_model="numpy")
def add_rows(
    offsets: Any, item_index: Any, value: Any, row_offsets: Any, columns: Any, weights: Any, out: Any
) -> None:
    """Add to out[p, j] the sum of value[r] * W[item_index[r], j] over the rows r of person p.

    offsets     : int64 (m + 1,). item_index : int32 (n_rows,). value : float32 (n_rows,).
    row_offsets : int64 (n_items + 1,), columns : unsigned or int32 (nnz,), weights : float32 (nnz,): W by rows.
    out         : float32 (m, n_items).
    On the thread that calls: one person is done before other threads would have woken up.
    """
    for p in range(len(offsets) - 1):
        _add_person(p, offsets, item_index, value, row_offsets, columns, weights, out[p])


@nb.njit(nogil=True, cache=True, parallel=True, error_model="numpy")
def add_rows_of_many(
    offsets: Any, item_index: Any, value: Any, row_offsets: Any, columns: Any, weights: Any, out: Any
) -> None:
    """The same as `add_rows`, to the bit. A thread writes whole rows of `out`."""
    for p in nb.prange(len(offsets) - 1):
        _add_person(p, offsets, item_index, value, row_offsets, columns, weights, out[p])


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _add_person(
    p: Any, offsets: Any, item_index: Any, value: Any, row_offsets: Any, columns: Any, weights: Any, row: Any
) -> None:
    for r in range(offsets[p], offsets[p + 1]):
        item = item_index[r]
        x = value[r]
        for k in range(row_offsets[item], row_offsets[item + 1]):
            row[columns[k]] += x * weights[k]


@nb.njit(nogil=True, cache=True, error_model="numpy")
def terms(item_index: Any, value: Any, row_offsets: Any, columns: Any, weights: Any, place: Any, out: Any) -> None:
    """Put value[r] * W[item_index[r], j] into out[r, place[j]] for every column j that has a place.

    As in `add_rows`; place : int32 (n_items,), -1 for a column that is not asked for; out : float32, zero.
    """
    for r in range(len(item_index)):
        item = item_index[r]
        for k in range(row_offsets[item], row_offsets[item + 1]):
            j = place[columns[k]]
            if j >= 0:
                out[r, j] = np.float32(value[r] * weights[k])
