"""The gradient of PaCMAP's loss: pairs of points that pull together or push apart in the plane.

No loop here checks an index: the caller draws the pairs among the rows of the points.
"""

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel


@kernel(reassociate=True)
def add_attraction(
    points: NDArray[np.float32],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    weight: np.float32,
    softness: np.float32,
    gradient: NDArray[np.float32],
) -> None:
    """Add the gradient of sum of weight * d / (softness + d) over the pairs, d = 1 + |a - b|^2.

    points        : float32 (n, 2).
    first, second : int32 (n_pairs,), rows of `points`: a and b of each pair.
    gradient      : float32 (n, 2), added to.
    Runs on the calling thread, pair after pair, so every run gives the same bits.
    Source: Wang, Huang, Rudin, Shaposhnik 2021, Understanding how dimension reduction tools work.
    """
    for pair in range(len(first)):
        a, b = first[pair], second[pair]
        x = points[a, 0] - points[b, 0]
        y = points[a, 1] - points[b, 1]
        below = softness + np.float32(1) + x * x + y * y
        factor = weight * np.float32(2) * softness / (below * below)
        gradient[a, 0] += factor * x
        gradient[a, 1] += factor * y
        gradient[b, 0] -= factor * x
        gradient[b, 1] -= factor * y


@kernel(reassociate=True)
def add_repulsion(
    points: NDArray[np.float32],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    weight: np.float32,
    gradient: NDArray[np.float32],
) -> None:
    """Add the gradient of sum of weight / (1 + d) over the pairs, d = 1 + |a - b|^2.

    Shapes as in `add_attraction`.
    """
    for pair in range(len(first)):
        a, b = first[pair], second[pair]
        x = points[a, 0] - points[b, 0]
        y = points[a, 1] - points[b, 1]
        below = np.float32(2) + x * x + y * y
        factor = weight * np.float32(2) / (below * below)
        gradient[a, 0] -= factor * x
        gradient[a, 1] -= factor * y
        gradient[b, 0] += factor * x
        gradient[b, 1] += factor * y
