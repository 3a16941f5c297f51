"""Which rows of each user name an item that a later row of the same user names again.

No loop here checks an index: ingest has counted the lengths and numbered the items before the call.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel


@kernel
def mark_last(
    item: NDArray[np.integer[Any]], lengths: NDArray[np.int64], seen_by: NDArray[np.int32], once: NDArray[np.bool_]
) -> int:
    """The number of rows that a later row of the same user repeats, after marking the other rows in `once`.

    item    : unsigned or int32 (n_rows,), rows grouped by user. lengths : int64 (n_users,), rows of each user.
    seen_by : int32 (n_items,), -1 everywhere before the call; used as working memory.
    once    : bool (n_rows,), written: true where no later row has the same user and item.
    Runs on the calling thread.
    """
    n_repeats = 0
    end = len(item)
    for user in range(len(lengths) - 1, -1, -1):
        for row in range(end - 1, end - lengths[user] - 1, -1):
            repeated = seen_by[item[row]] == user
            seen_by[item[row]] = user
            once[row] = not repeated
            n_repeats += repeated
        end -= lengths[user]
    return n_repeats
