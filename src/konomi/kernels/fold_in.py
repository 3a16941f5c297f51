"""Vectors of people whom the network was not trained on, from their ratings, with the items' vectors fixed.

No loop here checks an index. Items of a history are checked by `Dataset.read_from` or come from look-ups.
"""

from typing import Any

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, parallel=True)
def fold_in(
    offsets: Any, item_index: Any, target: Any, item_vectors: Any, line: Any, n_steps: Any, rate: Any, vectors: Any
) -> None:
    """Move each person's unit vector by full passes of row-wise Adagrad over the person's own rows.

    offsets      : int64 (m + 1,). item_index: int32 (n_rows,). target: float32 (n_rows,), [0, 1].
    item_vectors : float32 (n_items, dim), unit length or zero.
    line         : float32 (2,), scale and shift of the prediction sigmoid(scale * cosine + shift).
    vectors      : float32 (m, dim), unit length: where each person starts; replaced.
    A thread writes whole rows of `vectors`.
    """
    dim = item_vectors.shape[1]
    scale, shift = line[0], line[1]
    for person in nb.prange(len(offsets) - 1):
        gradient = np.empty(dim, dtype=np.float32)
        squares = np.float32(0.0)
        for _ in range(n_steps):
            gradient[:] = np.float32(0.0)
            along = np.float32(0.0)
            for i in range(offsets[person], offsets[person + 1]):
                item = item_index[i]
                cosine = np.float32(0.0)
                for k in range(dim):
                    cosine += vectors[person, k] * item_vectors[item, k]
                p = np.float32(1.0) / (np.float32(1.0) + np.exp(-(scale * cosine + shift)))
                slope = scale * (p - target[i])
                along += slope * cosine
                for k in range(dim):
                    gradient[k] += slope * item_vectors[item, k]
            length_squared = np.float32(0.0)
            for k in range(dim):
                gradient[k] -= along * vectors[person, k]
                length_squared += gradient[k] * gradient[k]
            squares += length_squared
            if squares <= np.float32(0.0):
                break
            step = np.float32(rate) / np.sqrt(squares)
            new_length = np.float32(0.0)
            for k in range(dim):
                vectors[person, k] -= step * gradient[k]
                new_length += vectors[person, k] * vectors[person, k]
            inverse = np.float32(1.0) / np.sqrt(new_length)
            for k in range(dim):
                vectors[person, k] *= inverse
