"""The users who watched both of two items, counted for all pairs: the Gram matrix of a binary matrix.

No loop here checks an index: items of histories are checked by `Dataset.read_from` or by ingest.
"""

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from konomi.kernels.compiled import intrinsic, kernel


@intrinsic
def _population(typing: Any, word: Any) -> Any:
    """The number of ones among the bits of a uint64, as int64."""
    del typing

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        i64 = ir.IntType(64)
        count = builder.module.declare_intrinsic("llvm.ctpop", [i64], ir.FunctionType(i64, [i64]))
        return builder.call(count, arguments)

    return types.int64(types.uint64), code if word == types.uint64 else None


@kernel(parallel=True)
def set_bits(
    offsets: NDArray[np.int64], item_index: NDArray[np.int32], bits_row: NDArray[np.int32], bits: NDArray[np.uint64]
) -> None:
    """Set bit u of row bits_row[i] of `bits` for each item i that user u watched.

    offsets  : int64 (m + 1,). item_index : int32 (n_rows,).
    bits_row : int32 (n_items,), -1 for an item without a row of bits.
    bits     : uint64 (n_dense, n_words), zero before; n_words >= m / 64. Bit u is bit u % 64 of word u // 64.
    A thread writes whole columns of words, and each column belongs to one thread.
    """
    m = len(offsets) - 1
    for word in nb.prange((m + 63) // 64):
        for user in range(word * 64, min(word * 64 + 64, m)):
            bit = np.uint64(1) << np.uint64(user & 63)
            for row in range(offsets[user], offsets[user + 1]):
                r = bits_row[item_index[row]]
                if r >= 0:
                    bits[r, word] |= bit


@kernel(parallel=True)
def add_common_bits(bits: NDArray[np.uint64], counts: NDArray[np.int32]) -> None:
    """Add to counts[i, j] the number of ones that rows i and j of `bits` share, for the 4 x 4 tiles with i <= j.

    bits   : uint64 (n, n_words), n a multiple of 4.
    counts : int32 (n, n); tiles below the diagonal are not written.
    A thread writes whole rows of tiles: in each iteration a short and a long one, so that all take equal time.
    """
    n_tiles = bits.shape[0] // 4
    for pair in nb.prange((n_tiles + 1) // 2):
        short = np.int64(pair)
        _add_row_of_tiles(bits, short, counts)
        if n_tiles - 1 - short != short:
            _add_row_of_tiles(bits, n_tiles - 1 - short, counts)


@kernel
def _add_row_of_tiles(bits: NDArray[np.uint64], tile: int | np.int64, counts: NDArray[np.int32]) -> None:
    """`add_common_bits` for one row of tiles."""
    n_items, n_words = bits.shape
    i = 4 * tile
    a0, a1, a2, a3 = bits[i], bits[i + 1], bits[i + 2], bits[i + 3]
    for j in range(i, n_items, 4):
        b0, b1, b2, b3 = bits[j], bits[j + 1], bits[j + 2], bits[j + 3]
        c00 = c01 = c02 = c03 = c10 = c11 = c12 = c13 = np.int64(0)
        c20 = c21 = c22 = c23 = c30 = c31 = c32 = c33 = np.int64(0)
        for w in range(n_words):
            x, y, z, u = b0[w], b1[w], b2[w], b3[w]
            a = a0[w]
            c00 += _population(a & x)
            c01 += _population(a & y)
            c02 += _population(a & z)
            c03 += _population(a & u)
            a = a1[w]
            c10 += _population(a & x)
            c11 += _population(a & y)
            c12 += _population(a & z)
            c13 += _population(a & u)
            a = a2[w]
            c20 += _population(a & x)
            c21 += _population(a & y)
            c22 += _population(a & z)
            c23 += _population(a & u)
            a = a3[w]
            c30 += _population(a & x)
            c31 += _population(a & y)
            c32 += _population(a & z)
            c33 += _population(a & u)
        counts[i, j] += c00
        counts[i, j + 1] += c01
        counts[i, j + 2] += c02
        counts[i, j + 3] += c03
        counts[i + 1, j] += c10
        counts[i + 1, j + 1] += c11
        counts[i + 1, j + 2] += c12
        counts[i + 1, j + 3] += c13
        counts[i + 2, j] += c20
        counts[i + 2, j + 1] += c21
        counts[i + 2, j + 2] += c22
        counts[i + 2, j + 3] += c23
        counts[i + 3, j] += c30
        counts[i + 3, j + 1] += c31
        counts[i + 3, j + 2] += c32
        counts[i + 3, j + 3] += c33


@kernel(parallel=True)
def add_common_lists(
    walked: NDArray[np.int32],
    watcher_offsets: NDArray[np.int64],
    watchers: NDArray[np.int32],
    offsets: NDArray[np.int64],
    item_index: NDArray[np.integer[Any]],
    step: np.int32,
    counts: NDArray[np.int32],
) -> None:
    """Add to row i of `counts`, for each walked item i, `step` for every item of each of its watchers.

    walked          : int32 (w,), different items.
    watcher_offsets : int64 (n_items + 1,). watchers : int32 (n_rows,), the users of each item, item after item.
    offsets         : int64 (m + 1,). item_index : unsigned or int32 (n_rows,), the items of each user.
    step            : int32, 1 to add the users, -1 to subtract them.
    counts          : int32 (n_items, n_items).
    A thread writes whole rows.
    """
    for k in nb.prange(len(walked)):
        item = walked[k]
        row = counts[item]
        for w in range(watcher_offsets[item], watcher_offsets[item + 1]):
            user = watchers[w]
            for r in range(offsets[user], offsets[user + 1]):
                row[item_index[r]] += step


@kernel(parallel=True)
def add_weighted_lists(
    walked: NDArray[np.int32],
    watcher_offsets: NDArray[np.int64],
    watchers: NDArray[np.int32],
    share: NDArray[np.int32],
    offsets: NDArray[np.int64],
    item_index: NDArray[np.integer[Any]],
    value: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """As `add_common_lists`, but a user adds weight * value[r] * value[s] for the user's rows r and s of two items.

    share : int32 (n_rows,), the weight of each watcher times the value of the row of that watcher and item, in the
            order of `watchers`; negative to subtract the users.
    value : int32 (n_rows,), of each row of `item_index`.
    The caller has checked that no sum needs more than 31 bits. A thread writes whole rows.
    """
    for k in nb.prange(len(walked)):
        item = walked[k]
        row = counts[item]
        for w in range(watcher_offsets[item], watcher_offsets[item + 1]):
            user = watchers[w]
            each = share[w]
            for r in range(offsets[user], offsets[user + 1]):
                row[item_index[r]] += each * value[r]


@kernel(parallel=True)
def unfold(
    dense: NDArray[np.int32], upper_row: NDArray[np.int32], upper: NDArray[np.int32], counts: NDArray[np.int32]
) -> None:
    """Fill the rows of dense items: from `upper` in columns of dense items, elsewhere from rows of walked items.

    dense     : int32 (n_dense,), items.
    upper_row : int32 (n_items,), an item's row in `upper`, -1 for a walked item.
    upper     : int32, at least (n_dense, n_dense), filled on and above the diagonal.
    counts    : int32 (n_items, n_items), complete in the rows of walked items; the other rows are replaced.
    A thread writes whole rows of dense items and reads rows of walked items.
    """
    for p in nb.prange(len(dense)):
        row = counts[dense[p]]
        for j in range(len(upper_row)):
            q = upper_row[j]
            if q < 0:
                row[j] = counts[j, dense[p]]
            elif q >= p:
                row[j] = upper[p, q]
            else:
                row[j] = upper[q, p]
