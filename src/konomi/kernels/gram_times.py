"""The Gram matrix times some vectors, without the Gram matrix: XᵀWX V from the rows alone.

No loop here checks an index: items of histories are checked by `Dataset.read_from` or by ingest.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel
from konomi.kernels.prefetch import prefetch_2d

# How many rows ahead V and `out` are prefetched, and floats in a cache line of 64 bytes.
_AHEAD = 8
_LINE = 16


@kernel(reassociate=True)
def gram_times(
    offsets: NDArray[np.int64],
    item_index: NDArray[np.integer[Any]],
    status: NDArray[np.uint8],
    skipped: np.uint8,
    weight: NDArray[np.float32],
    lane: NDArray[np.int64],
    V: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Add to out, float32 (n_items, b), the part of XᵀWX V that comes from the users lane[0] ... lane[1] - 1.

    offsets    : int64 (n_users + 1,); item_index : unsigned or int32 (n_rows,); status : uint8 (n_rows,).
    skipped    : uint8; rows of this status are left out of X.
    weight     : float32 (n_users,), the diagonal of W.
    lane       : int64 (2,). V : float32 (n_items, b).
    The vectors of each user's items are summed, then the sum is added to each of these items. The cost is
    2 b additions for each row, and G, 40 GB for 100,000 items, is never stored.
    Runs on the calling thread, without Python's lock: each lane has an `out` of its own.
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
        position = 0
        # Four rows at a time: the sum is read and written a quarter as often.
        while position + 4 <= n:
            for ahead in range(position + _AHEAD, min(position + _AHEAD + 4, n)):
                for k in range(0, b, _LINE):
                    prefetch_2d(V, own[ahead], k)
            i, j, m, o = own[position], own[position + 1], own[position + 2], own[position + 3]
            for k in range(b):
                total[k] += (V[i, k] + V[j, k]) + (V[m, k] + V[o, k])
            position += 4
        while position < n:
            i = own[position]
            for k in range(b):
                total[k] += V[i, k]
            position += 1
        for k in range(b):
            total[k] *= weight[user]
        for position in range(n):
            if position + _AHEAD < n:
                for k in range(0, b, _LINE):
                    prefetch_2d(out, own[position + _AHEAD], k)
            i = own[position]
            for k in range(b):
                out[i, k] += total[k]
