"""Small whole numbers numbered again, in the order in which they first appear.

No loop here checks an index: ingest and datasets hold numbers below `n`.
"""

from typing import Any

import numba as nb


@nb.njit(nogil=True, cache=True)
def number_by_appearance(values: Any, number: Any, order: Any) -> Any:
    """Give each value that occurs the next number, in order of first appearance; how many values occur.

    values : unsigned or int32 (n,), each from 0 to len(number) - 1: `Ratings` holds no other item or code.
    number : int32 (n_values,), -1 everywhere before the call; the number of each value, -1 where it does not occur.
    order  : int64 (n_values,); order[:result] becomes the value of each number.
    Reads no further than to the last value that is new. Runs on the thread that calls.
    """
    found = 0
    for value in values:
        if number[value] < 0:
            number[value] = found
            order[found] = value
            found += 1
            if found == len(number):
                break
    return found
