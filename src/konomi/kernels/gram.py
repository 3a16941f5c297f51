"""Counting who watched both: the Gram matrix of a binary matrix, by population counts and by walking lists.

No loop here checks an index: items of histories are checked by `Dataset.read_from` or by ingest.
"""

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


@intrinsic
def _population(typing: Any, word: Any) -> Any:
    """The number of ones in a uint64, as int64."""
    del typing

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        i64 = ir.IntType(64)
        count = builder.module.declare_intrinsic("llvm.ctpop", [i64], ir.FunctionType(i64, [i64]))
        return builder.call(count, arguments)

    return types.int64(types.uint64), code if word == types.uint64 else None


@nb.njit(cache=True, parallel=True, error_model="numpy")
def set_bits(offsets: Any, item_index: Any, place: Any, bits: Any) -> None:
    """Set bit u of row place[i] of `bits` for each item i that user u watched.

    offsets : int64 (m + 1,). item_index : int32 (n_rows,).
    place   : int32 (n_items,), -1 for an item without a row of bits.
    bits    : uint64 (n_dense, n_words), zero; n_words >= m / 64.
    A thread writes whole columns of words: the 64 users of a word are its own.
    """
    m = len(offsets) - 1
    for word in nb.prange((m + 63) // 64):
        for user in range(word * 64, min(word * 64 + 64, m)):
            bit = np.uint64(1) << np.uint64(user & 63)
            for row in range(offsets[user], offsets[user + 1]):
                p = place[item_index[row]]
                if p >= 0:
                    bits[p, word] |= bit


@nb.njit(cache=True, parallel=True, error_model="numpy")
def add_common_bits(bits: Any, counts: Any) -> None:
    """Add to counts[i, j] the number of ones that rows i and j of `bits` share, for the 4 x 4 tiles with i <= j.

    bits   : uint64 (n, n_words), n a multiple of 4.
    counts : int32 (n, n).
    A thread writes whole rows of tiles; a short one goes with a long one, so all have as much to do.
    """
    n_tiles = bits.shape[0] // 4
    for pair in nb.prange((n_tiles + 1) // 2):
        short = np.int64(pair)
        _add_row_of_tiles(bits, short, counts)
        if n_tiles - 1 - short != short:
            _add_row_of_tiles(bits, n_tiles - 1 - short, counts)


@nb.njit(cache=True, error_model="numpy")
def _add_row_of_tiles(bits: Any, tile: Any, counts: Any) -> None:
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


@nb.njit(cache=True, parallel=True, error_model="numpy")
def add_common_lists(
    walked: Any, watcher_offsets: Any, watchers: Any, offsets: Any, item_index: Any, step: Any, counts: Any
) -> None:
    """Add to row i of `counts`, for each walked item i, `step` for every item of each of its watchers.

    walked          : int32 (w,), items.
    watcher_offsets : int64 (n_items + 1,) and watchers : int32 (n_rows,), who watched each item.
    offsets         : int64 (m + 1,) and item_index : int32 (n_rows,), what each user watched.
    step            : int32, 1 to add the users, -1 to take them away.
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


@nb.njit(cache=True, parallel=True, error_model="numpy")
def add_weighted_lists(
    walked: Any,
    watcher_offsets: Any,
    rows: Any,
    people: Any,
    offsets: Any,
    item_index: Any,
    weight: Any,
    value: Any,
    counts: Any,
) -> None:
    """As `add_common_lists`, each common row of a person adding weight * value of one * value of the other.

    rows   : int64 (n_rows,), the rows of each item's watchers, one item after the other.
    people : int32 (n_rows,), the person of each row, in the rows' own order.
    weight : int32 (m,), each person's, negative to take away. value : int32 (n_rows,).
    The caller has checked that no sum passes 31 bits.
    """
    for k in nb.prange(len(walked)):
        item = walked[k]
        row = counts[item]
        for w in range(watcher_offsets[item], watcher_offsets[item + 1]):
            user = people[rows[w]]
            each = weight[user] * value[rows[w]]
            for r in range(offsets[user], offsets[user + 1]):
                row[item_index[r]] += each * value[r]


@nb.njit(cache=True, parallel=True, error_model="numpy")
def unfold(dense: Any, place: Any, upper: Any, counts: Any) -> None:
    """Put the dense items' counts with one another, and the mirror of the walked rows, in place.

    dense  : int32 (n_dense,), items. place : int32 (n_items,), row in `upper`, -1 for a walked item.
    upper  : int32 (>= n_dense, >= n_dense), right from the diagonal on.
    counts : int32 (n_items, n_items), whose rows of walked items are whole; the others are replaced.
    A thread writes whole rows of dense items and reads rows of walked ones.
    """
    for p in nb.prange(len(dense)):
        row = counts[dense[p]]
        for j in range(len(place)):
            q = place[j]
            if q < 0:
                row[j] = counts[j, dense[p]]
            elif q >= p:
                row[j] = upper[p, q]
            else:
                row[j] = upper[q, p]
