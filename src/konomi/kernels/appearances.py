"""Small integers numbered again, in the order in which they first appear.

No loop here checks an index: ingest and datasets hold numbers below `n`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel


@kernel
def number_by_appearance(
    values: NDArray[np.integer[Any]], number: NDArray[np.int32], order: NDArray[np.int64]
) -> int:
    """The number of different values, after numbering them in order of first appearance.

    values : unsigned or int32 (n,), each from 0 to len(number) - 1: `Ratings` holds no other item or code.
    number : int32 (n_values,), -1 before the call; then the number of each value, -1 if it does not occur.
    order  : int64 (n_values,); order[:result] becomes the value of each number.
    Stops reading when every value has a number. Runs on the calling thread.
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
