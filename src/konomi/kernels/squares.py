"""A few rows and columns of the Gram matrix, with what the linear model adds to it.

No loop here checks an index: the caller chooses items among the columns of G.
"""

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel


@kernel
def squared_gains(
    counts: NDArray[np.int32],
    group: NDArray[np.int32],
    group_weight: np.float32,
    diagonal: NDArray[np.float32],
    item: int,
    gain: NDArray[np.float32],
) -> None:
    """Fill gain[i] with A[item, i]² / diagonal[i], what item i alone would explain of `item`; 0 for `item` itself.

    counts   : int32 (n, n). group : int32 (n,), equal within a group of two or more, -1 for an item alone.
    A        : counts, plus group_weight where both items belong to one group.
    diagonal : float32 (n,), of A plus its ridge, positive. gain : float32 (n,).
    Runs on the calling thread.
    """
    for i in range(len(gain)):
        both = np.float32(counts[item, i])
        if group[i] >= 0 and group[i] == group[item]:
            both += group_weight
        gain[i] = both * both / diagonal[i]
    gain[item] = 0


@kernel
def take_square(
    counts: NDArray[np.int32],
    group: NDArray[np.int32],
    group_weight: np.float32,
    diagonal: NDArray[np.float32],
    chosen: NDArray[np.int32],
    item: int,
    square: NDArray[np.float32],
    right: NDArray[np.float32],
) -> None:
    """Fill square[a, b] with A[chosen[a], chosen[b]] for b < a, and right[a] with A[chosen[a], item].

    A and the other names as in `squared_gains`. chosen : int32 (m,).
    square : float32 (m, m); its diagonal becomes diagonal[chosen], its upper triangle keeps what it holds.
    right  : float32 (m,).
    Runs on the calling thread.
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
