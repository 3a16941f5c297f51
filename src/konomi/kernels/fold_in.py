"""Vectors of users whom the network was not trained on, from their ratings, with the items' vectors fixed.

No loop here checks an index. Items of a history are checked by `Dataset.read_from` or come from look-ups.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel


@kernel(parallel=True, reassociate=True)
def fold_in(
    offsets: NDArray[np.int64],
    item_index: NDArray[np.int32],
    target: NDArray[np.float32],
    item_vectors: NDArray[np.float32],
    line: NDArray[np.float32],
    n_steps: int,
    rate: float,
    vectors: NDArray[np.float32],
) -> None:
    """Move each user's unit vector by `n_steps` full passes of row-wise Adagrad over the user's own rows.

    offsets      : int64 (m + 1,). item_index: int32 (n_rows,). target: float32 (n_rows,), [0, 1].
    item_vectors : float32 (n_items, dim), unit length or zero.
    line         : float32 (2,), scale and shift of the prediction sigmoid(scale * cosine + shift).
    rate         : Adagrad's learning rate.
    vectors      : float32 (m, dim), unit length: where each user starts; replaced. A user without rows keeps it.
    A thread writes whole rows of `vectors`.
    Source: Duchi et al. 2011.
    """
    dim = item_vectors.shape[1]
    scale, shift = line[0], line[1]
    for user in nb.prange(len(offsets) - 1):
        gradient = np.empty(dim, dtype=np.float32)
        squares = np.float32(0.0)
        for _ in range(n_steps):
            gradient[:] = np.float32(0.0)
            along = np.float32(0.0)
            for i in range(offsets[user], offsets[user + 1]):
                item = item_index[i]
                cosine = np.float32(0.0)
                for k in range(dim):
                    cosine += vectors[user, k] * item_vectors[item, k]
                p = np.float32(1.0) / (np.float32(1.0) + np.exp(-(scale * cosine + shift)))
                slope = scale * (p - target[i])
                along += slope * cosine
                for k in range(dim):
                    gradient[k] += slope * item_vectors[item, k]
            length_squared = np.float32(0.0)
            for k in range(dim):
                gradient[k] -= along * vectors[user, k]
                length_squared += gradient[k] * gradient[k]
            squares += length_squared
            if squares <= np.float32(0.0):
                break
            step = np.float32(rate) / np.sqrt(squares)
            new_length = np.float32(0.0)
            for k in range(dim):
                vectors[user, k] -= step * gradient[k]
                new_length += vectors[user, k] * vectors[user, k]
            inverse = np.float32(1.0) / np.sqrt(new_length)
            for k in range(dim):
                vectors[user, k] *= inverse
