"""The leading eigenvectors of the scaled Gram matrix by randomized block Lanczos on the rows, for any catalog."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from konomi.data.ratings import Ratings, Status
from konomi.errors import TrainingError
from konomi.kernels.gram_times import gram_times
from konomi.progress import SILENT, Progress

# Lanes do not depend on the number of threads, so neither do the bits that come out of them.
_N_LANES = 4
# Eigenvalues below this share of the largest are rounding: of a matrix of lower rank than asked for.
_TINY = 1e-5

Product = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """The largest eigenvalues of a symmetric matrix, largest first, and their vectors.

    values    : float64 (dim,).
    vectors   : float32 (n, dim), orthonormal columns.
    residuals : float64 (dim,), |A v - value v|: how far each is from exact.
    n_products: how many vectors the matrix was multiplied with.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float32]
    residuals: NDArray[np.float64]
    n_products: int

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.vectors.shape[1] != len(self.values) != len(self.residuals):
            raise ValueError("values, residuals and the columns of vectors are as many")


def scaled_gram(ratings: Ratings, *, item_scale: NDArray[np.float32], user_weight: NDArray[np.float32]) -> Product:
    """V -> D XᵀWX D V: float32 (n_items, b) in and out; planned rows are left out of X.

    item_scale  : float32 (n_items,), the diagonal of D.
    user_weight : float32 (n_users,), the diagonal of W.
    The same bits whatever the number of threads.
    """
    offsets = np.ascontiguousarray(ratings.offsets)
    cuts = np.searchsorted(offsets, np.arange(1, _N_LANES) * (offsets[-1] // _N_LANES))
    bounds = np.concatenate([[0], cuts, [ratings.n_users]]).astype(np.int64)

    def times(V: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled = np.ascontiguousarray(V * item_scale[:, None], dtype=np.float32)

        def part(lane: int) -> NDArray[np.float32]:
            out = np.zeros_like(scaled)
            gram_times(
                offsets,
                ratings.item_index,
                ratings.status,
                np.uint8(Status.PLANNED),
                user_weight,
                bounds[lane : lane + 2],
                scaled,
                out,
            )
            return out

        with ThreadPoolExecutor(min(_N_LANES, os.cpu_count() or 1)) as threads:
            parts = threads.map(part, range(_N_LANES))
            total = next(parts)
            for one in parts:
                total += one
        total *= item_scale[:, None]
        return total

    return times


def leading_eigenpairs(
    times: Product,
    n: int,
    *,
    dim: int,
    rng: np.random.Generator,
    block: int = 64,
    tolerance: float = 0.05,
    most_products: int | None = None,
    progress: Progress = SILENT,
) -> Eigenpairs:
    """The `dim` largest eigenpairs of the positive semi-definite n x n matrix that `times` multiplies with.

    block         : vectors a product; changes the speed, and the result within the tolerance.
    tolerance     : stops when every residual is below this share of its eigenvalue (the error of the value
                    itself goes with the square).
    most_products : stops after this number of vectors; None = 4 dim + 4 block. Memory is 4 n bytes a vector.
    The Krylov space of a random block grows by one product after another, each new block made orthogonal to
    all before it twice over, and the matrix is diagonalised within that space.
    Raises TrainingError unless 1 <= dim <= n.
    Source: Musco and Musco 2015, Randomized block Krylov methods; Golub and Underwood 1977.
    """
    if not 1 <= dim <= n:
        raise TrainingError(f"dim={dim} is out of range: a matrix of {n:,} items has 1 ... {n:,} dimensions")
    block = min(block, n)
    most = min(n, max(dim, most_products or 4 * dim + 4 * block))
    basis = np.empty((n, most), dtype=np.float32, order="F")
    T = np.zeros((most, most))
    progress.start("find the embedding's axes", most)
    # One thread: BLAS's own wait for one another at every step of these small products, and spin.
    with threadpool_limits(1, user_api="blas"):
        new = _orthonormal(rng.standard_normal((n, block), dtype=np.float32))
        size = 0
        while True:
            width = new.shape[1]
            now = slice(size, size + width)
            basis[:, now] = new
            size += width
            image = times(np.ascontiguousarray(new))
            within = basis[:, :size].T @ image
            T[:size, now] = within
            T[now, :size] = within.T
            rest = image - basis[:, :size] @ within
            rest -= basis[:, :size] @ (basis[:, :size].T @ rest)
            progress.advance(width)
            width = min(block, most - size)
            if size >= dim:
                values, turned = scipy.linalg.eigh(T[:size, :size], subset_by_index=[size - dim, size - 1])
                values, turned = values[::-1], turned[:, ::-1]
                residuals = np.linalg.norm(rest.astype(np.float64) @ turned[now], axis=0)
                if width == 0 or bool(np.all(residuals <= tolerance * np.maximum(values, _TINY * values[0]))):
                    break
            new = _orthonormal(rest)[:, :width]
            # Against rounding: what is left of the space so far would grow with every step.
            new = _orthonormal(new - basis[:, :size] @ (basis[:, :size].T @ new))
    vectors = np.asarray(basis[:, :size] @ turned.astype(np.float32), dtype=np.float32)
    return Eigenpairs(values.copy(), vectors, residuals, size)


def _orthonormal(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.qr(columns)[0], dtype=np.float32)
