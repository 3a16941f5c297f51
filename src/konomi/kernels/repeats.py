"""Which rows of each user name an item that a later row of the same user names again.

No loop here checks an index: the offsets are those that ingest has just counted.
"""

from typing import Any

import numba as nb


@nb.njit(nogil=True, cache=True)
def mark_last(item: Any, lengths: Any, seen_by: Any, once: Any) -> Any:
    """Write to once, bool (n_rows,), whether no later row has the same user and item; how many rows are repeats.

    item    : unsigned or int32 (n_rows,), rows grouped by user. lengths : int64 (n_users,).
    seen_by : int32 (n_items,), -1 everywhere before the call; scratch.
    Runs on the thread that calls.
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
