"""A symmetric matrix as its triangle: half the bytes on disk."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack(square: NDArray[Any]) -> NDArray[Any]:
    """(n (n + 1) / 2,): row i from the diagonal on, one row after another."""
    n = len(square)
    packed = np.empty(n * (n + 1) // 2, dtype=square.dtype)
    start = 0
    for i in range(n):
        packed[start : start + n - i] = square[i, i:]
        start += n - i
    return packed


def unpack(packed: NDArray[Any], n: int) -> NDArray[Any]:
    """(n, n): the symmetric matrix again."""
    square = np.empty((n, n), dtype=packed.dtype)
    start = 0
    for i in range(n):
        square[i, i:] = packed[start : start + n - i]
        square[i:, i] = square[i, i:]
        start += n - i
    return square
