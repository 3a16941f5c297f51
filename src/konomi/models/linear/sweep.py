"""The inverse of a positive definite matrix in place, block after block, nearly all of it in matrix products."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import scipy.linalg.lapack as lapack
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from konomi.kernels.blas import subtract_product

# As many columns as BLAS packs at a time. Blocks do not depend on the number of threads, so neither do the bits.
_BLOCK = 384
_WIDE = 8 * _BLOCK


def invert_in_place(A: NDArray[np.float32], advance: Callable[[int], Any] = lambda _: None) -> int:
    """0 and A replaced by its inverse, or 1 + the row at which A turned out not to be positive definite.

    A       : float32 (n, n), symmetric, C order; only its lower triangle is read. A is spoiled where it fails.
    advance : called with the number of rows done, after each block.
    As many operations as LAPACK's potrf and potri, n³, but in products of blocks, each of them on one thread.
    BLAS's own threads wait for one another within each product, and spin: on a busy machine two of them were
    twelve times slower than one. Memory holds A and two columns of blocks.
    Source: Beaton 1964, the sweep operator; Goodnight 1979, A tutorial on the sweep operator.
    """
    n = len(A)
    if A.dtype != np.float32 or A.shape != (n, n) or not A.flags.c_contiguous:
        raise ValueError(f"A is a square of float32 in C order, got {A.dtype} {A.shape}")
    blocks = [slice(first, min(first + _BLOCK, n)) for first in range(0, n, _BLOCK)]
    column, swept = (np.zeros((n, min(_BLOCK, n)), dtype=np.float32) for _ in range(2))

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        for number, pivot in enumerate(blocks):
            width = pivot.stop - pivot.start
            inverse, failed = _inverse_of_block(A[pivot, pivot])
            if failed:
                return pivot.start + failed
            for before in blocks[:number]:
                column[before, :width] = A[pivot, before].T
            column[pivot.stop :, :width] = A[pivot.stop :, pivot]
            # The pivot's own rows and columns are replaced below; until then nothing is taken from them.
            column[pivot] = 0

            def scale(row: slice, inverse: NDArray[np.float32] = inverse, width: int = width) -> None:
                np.matmul(column[row, :width], inverse, out=swept[row, :width])

            def take(part: tuple[slice, slice], width: int = width) -> None:
                subtract_product(A, *part, swept, column, width)

            list(threads.map(scale, blocks))
            # Long rows first: the last pieces to be handed out are short.
            parts = [
                (row, slice(first, min(first + _WIDE, row.stop)))
                for row in reversed(blocks)
                if row is not pivot
                for first in range(0, row.stop, _WIDE)
            ]
            list(threads.map(take, parts))
            for before in blocks[:number]:
                A[pivot, before] = swept[before, :width].T
            A[pivot.stop :, pivot] = swept[pivot.stop :, :width]
            A[pivot, pivot] = -inverse
            advance(width)

        def finish(number: int) -> None:
            rows = blocks[number]
            for other in blocks[:number]:
                np.negative(A[rows, other], out=A[rows, other])
                A[other, rows] = A[rows, other].T
            corner = np.tril(A[rows, rows])
            A[rows, rows] = -(corner + np.tril(corner, -1).T)

        list(threads.map(finish, range(len(blocks))))
    return 0


def _inverse_of_block(block: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """The inverse of a small matrix, of which only the lower triangle is read, and what LAPACK says of it."""
    lower = np.tril(block)
    factor, failed = lapack.spotrf(lower.T, lower=0, overwrite_a=1, clean=0)
    if failed:
        return block, int(failed)
    half, failed = lapack.spotri(factor, lower=0, overwrite_c=1)
    if failed:
        return block, int(failed)
    upper = np.triu(half)
    return np.ascontiguousarray(upper + np.triu(half, 1).T), 0
