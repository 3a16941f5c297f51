"""Sums of rows of a sparse matrix over the items of a history, and the terms of these sums.

No loop here checks an index. Items of a history are checked by `Dataset.read_from` or come from look-ups; offsets
and columns of a matrix by `Table.from_arrays`.
"""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel


@kernel
def add_rows(
    offsets: NDArray[np.int64],
    item_index: NDArray[np.int32],
    value: NDArray[np.float32],
    row_offsets: NDArray[np.int64],
    columns: NDArray[np.integer[Any]],
    weights: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Add to out[u, j] the sum of value[r] * W[item_index[r], j] over the rows r of user u.

    offsets     : int64 (m + 1,). item_index : int32 (n_rows,). value : float32 (n_rows,).
    row_offsets : int64 (n_items + 1,), columns : unsigned or int32 (nnz,), weights : float32 (nnz,): W by rows.
    out         : float32 (m, n_items).
    Runs on the calling thread: for one user that takes less time than waking other threads.
    """
    for user in range(len(offsets) - 1):
        _add_user(user, offsets, item_index, value, row_offsets, columns, weights, out[user])


@kernel(parallel=True)
def add_rows_of_many(
    offsets: NDArray[np.int64],
    item_index: NDArray[np.int32],
    value: NDArray[np.float32],
    row_offsets: NDArray[np.int64],
    columns: NDArray[np.integer[Any]],
    weights: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """The same as `add_rows`, with the same bits, on many threads. A thread writes whole rows of `out`."""
    for user in nb.prange(len(offsets) - 1):
        _add_user(user, offsets, item_index, value, row_offsets, columns, weights, out[user])


@kernel
def _add_user(
    user: int,
    offsets: NDArray[np.int64],
    item_index: NDArray[np.int32],
    value: NDArray[np.float32],
    row_offsets: NDArray[np.int64],
    columns: NDArray[np.integer[Any]],
    weights: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """`add_rows` for one user; out : float32 (n_items,)."""
    for r in range(offsets[user], offsets[user + 1]):
        item = item_index[r]
        x = value[r]
        for k in range(row_offsets[item], row_offsets[item + 1]):
            out[columns[k]] += x * weights[k]


@kernel
def terms(
    item_index: NDArray[np.int32],
    value: NDArray[np.float32],
    row_offsets: NDArray[np.int64],
    columns: NDArray[np.integer[Any]],
    weights: NDArray[np.float32],
    out_column: NDArray[np.int32],
    out: NDArray[np.float32],
) -> None:
    """Write value[r] * W[item_index[r], j] to out[r, out_column[j]] for every column j whose terms are wanted.

    item_index, value and W as in `add_rows`, of one history.
    out_column : int32 (n_items,), -1 for a column whose terms are not wanted.
    out        : float32 (n_rows, number of wanted columns), zero before the call.
    Runs on the calling thread.
    """
    for r in range(len(item_index)):
        item = item_index[r]
        for k in range(row_offsets[item], row_offsets[item + 1]):
            j = out_column[columns[k]]
            if j >= 0:
                out[r, j] = np.float32(value[r] * weights[k])
