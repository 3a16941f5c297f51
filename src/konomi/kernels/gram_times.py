"""The Gram matrix times some vectors, without the Gram matrix: XᵀWX V from the rows alone.

No loop here checks an index: items of histories are checked by `Dataset.read_from` or by ingest.
"""

from typing import Any

import numba as nb
import numpy as np

from konomi.kernels.prefetch import prefetch_2d

# Rows of V or `out` asked for ahead of time, and floats in a cache line of 64 bytes.
_AHEAD = 8
_LINE = 16


@nb.njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def gram_times(
    offsets: Any, item_index: Any, status: Any, skipped: Any, weight: Any, lane: Any, V: Any, out: Any
) -> None:
    """Add to out, float32 (n_items, b), the part of XᵀWX V that the users lane[0] ... lane[1] - 1 make.

    offsets    : int64 (n_users + 1,); item_index : unsigned or int32 (n_rows,); status : uint8 (n_rows,).
    skipped    : uint8; rows of this status count for nothing.
    weight     : float32 (n_users,), the diagonal of W.
    lane       : int64 (2,). V : float32 (n_items, b).
    For each user the items' vectors are summed, then the sum is added to each of these items: the cost is
    2 b additions a row, and G, which at 100,000 items would be 40 GB, is never there.
    Runs on the thread that calls, without Python's lock: each lane has an `out` of its own.
    """
    b = V.shape[1]
    longest = 0
    for user in range(lane[0], lane[1]):
        longest = max(longest, offsets[user + 1] - offsets[user])
    own = np.empty(longest + 1, dtype=np.int32)
    total = np.empty(b, dtype=np.float32)
    for user in range(lane[0], lane[1]):
        n = 0
        for row in range(offsets[user], offsets[user + 1]):
            own[n] = item_index[row]
            n += status[row] != skipped
        for k in range(b):
            total[k] = np.float32(0)
        place = 0
        # Four rows a time: the sum is read and written a quarter as often.
        while place + 4 <= n:
            for ahead in range(place + _AHEAD, min(place + _AHEAD + 4, n)):
                for k in range(0, b, _LINE):
                    prefetch_2d(V, own[ahead], k)
            i, j, m, o = own[place], own[place + 1], own[place + 2], own[place + 3]
            for k in range(b):
                total[k] += (V[i, k] + V[j, k]) + (V[m, k] + V[o, k])
            place += 4
        while place < n:
            i = own[place]
            for k in range(b):
                total[k] += V[i, k]
            place += 1
        for k in range(b):
            total[k] *= weight[user]
        for place in range(n):
            if place + _AHEAD < n:
                for k in range(0, b, _LINE):
                    prefetch_2d(out, own[place + _AHEAD], k)
            i = own[place]
            for k in range(b):
                out[i, k] += total[k]
