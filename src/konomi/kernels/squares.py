"""A few rows and columns taken out of the Gram matrix, with what the linear model adds to it.

No loop here checks an index: the caller chooses items among the columns of G.
"""

from typing import Any

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True, error_model="numpy")
def squared_gains(counts: Any, group: Any, group_weight: Any, diagonal: Any, item: Any, gain: Any) -> None:
    """gain[i] = A[item, i]² / diagonal[i], what title i alone would explain of `item`; 0 for itself.

    counts   : int32 (n, n). group : int32 (n,), equal within a group of two or more, -1 for an item alone.
    A        : counts, plus group_weight where both are of one group.
    diagonal : float32 (n,), of A plus its ridge. gain : float32 (n,).
    """
    for i in range(len(gain)):
        both = np.float32(counts[item, i])
        if group[i] >= 0 and group[i] == group[item]:
            both += group_weight
        gain[i] = both * both / diagonal[i]
    gain[item] = 0


@nb.njit(nogil=True, cache=True, error_model="numpy")
def take_square(
    counts: Any, group: Any, group_weight: Any, diagonal: Any, chosen: Any, item: Any, square: Any, right: Any
) -> None:
    """square[a, b] = A[chosen[a], chosen[b]] for b <= a, with `diagonal`, and right[a] = A[chosen[a], item].

    Names as in `squared_gains`; chosen : int32 (m,). square : float32 (m, m). right : float32 (m,).
    """
    for a in range(len(chosen)):
        i = chosen[a]
        for b in range(a):
            both = np.float32(counts[i, chosen[b]])
            if group[i] >= 0 and group[i] == group[chosen[b]]:
                both += group_weight
            square[a, b] = both
        square[a, a] = diagonal[i]
        both = np.float32(counts[i, item])
        if group[i] >= 0 and group[i] == group[item]:
            both += group_weight
        right[a] = both
