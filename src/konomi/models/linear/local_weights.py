"""The linear model's weights, each title's learned among the titles that say most of it: many small systems."""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cython_lapack
from threadpoolctl import threadpool_limits

from konomi.errors import TrainingError
from konomi.kernels.squares import squared_gains, take_square
from konomi.models.gram import Gram
from konomi.models.linear.inverse import members_of
from konomi.models.linear.sweep import pointer_to
from konomi.models.linear.weights import Table, table_of_columns
from konomi.progress import SILENT, Progress

# Items a piece of work; how many there are in all does not depend on the number of threads.
_BLOCK = 64
_MEASURED = 16
# A pivot that is so small a part of its diagonal is what rounding leaves of zero.
_SINGULAR = np.float32(1e-6)


def local_weights(
    gram: Gram,
    *,
    ridge: NDArray[np.float64],
    groups: NDArray[np.int32],
    group_weight: float,
    among: int,
    progress: Progress = SILENT,
) -> tuple[Table, float]:
    """B by rows, and the largest error |A_NN b - a| / max(|a|, 1) over 16 items evenly spaced.

    With A = G + diag(ridge) + w FᵀF, column j of B solves A_NN b = A_Nj, where N are the `among` other titles with
    the largest A[i, j]² / A[i, i]: those that alone would explain most of j. With all titles in N it is the column
    that the inverse gives. Each system is solved on one thread, float32: threads change no bit.
    ridge, groups, group_weight : as in `inverse_of`.
    Raises TrainingError if a system is not positive definite.
    Source: Steck 2019, Markov random fields for collaborative filtering, section 3; Ning and Karypis 2011, SLIM,
    with feature selection.
    """
    n = gram.n_items
    among = min(among, n - 1)
    group = np.full(n, -1, dtype=np.int32)
    if group_weight > 0:
        for number, members in enumerate(members_of(groups)):
            group[members] = number
    weight = np.float32(group_weight)
    diagonal = (gram.counts.diagonal() + ridge + group_weight * (group >= 0)).astype(np.float32)
    measured = set(np.unique(np.linspace(0, n - 1, min(_MEASURED, n)).astype(np.int64)).tolist())
    errors = [0.0]
    progress.start("learn each title's weights", n)

    def learn(first: int) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        found: list[tuple[NDArray[np.int32], NDArray[np.float32]]] = []
        gain = np.empty(n, dtype=np.float32)
        square, right = np.empty((among, among), dtype=np.float32), np.empty(among, dtype=np.float32)
        for item in range(first, min(first + _BLOCK, n)):
            squared_gains(gram.counts, group, weight, diagonal, item, gain)
            chosen = _best(gain, item, among)
            m = len(chosen)
            A, b = square[:m, :m], right[:m]
            take_square(gram.counts, group, weight, diagonal, chosen, item, A, b)
            kept = (np.tril(A).astype(np.float64), b.copy()) if item in measured and m else None
            if not _solve(A, b, among) or bool((A.diagonal() ** 2 < _SINGULAR * diagonal[chosen]).any()):
                raise TrainingError(
                    f"the Gram matrix plus its ridge is not positive definite (near item {item} of {n:,}): items "
                    "that nobody watched, or that the same people watched, need a ridge. Raise regularization"
                )
            if kept is not None:
                errors.append(_error(*kept, b))
            found.append((chosen, b.copy()))
        progress.advance(len(found))
        return found

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        columns = [column for part in threads.map(learn, range(0, n, _BLOCK)) for column in part]
    error = max(errors)
    if not np.isfinite(error) or error > 0.1:
        raise TrainingError(f"the weights are off by {error:.2g} where 0.1 is tolerable: raise regularization")
    return table_of_columns(n, columns), error


def _best(gain: NDArray[np.float32], item: int, among: int) -> NDArray[np.int32]:
    """int32, ascending: the other titles with the largest gains above 0, at most `among`; all, where all fit."""
    if among == len(gain) - 1:
        return np.delete(np.arange(len(gain), dtype=np.int32), item)
    best = np.argpartition(-gain, among)[:among]
    return np.sort(best[gain[best] > 0]).astype(np.int32)


def _error(lower: NDArray[np.float64], right: NDArray[np.float32], solved: NDArray[np.float32]) -> float:
    whole = np.tril(lower) + np.tril(lower, -1).T
    return float(np.abs(whole @ solved - right).max() / max(float(np.abs(right).max()), 1.0))


_sposv = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 8)(pointer_to(cython_lapack, "sposv"))


def _solve(A: NDArray[np.float32], b: NDArray[np.float32], stride: int) -> bool:
    """b replaced by A⁻¹ b and A by its Cholesky factor, on the thread that calls; whether A is positive definite.

    A : float32 (m, m), a corner of a square of `stride` columns, of which the lower triangle is read and replaced.
    """
    info = ctypes.c_int(0)
    if len(b):
        size, step = ctypes.c_int(len(b)), ctypes.c_int(stride)
        # LAPACK counts by columns: our lower triangle is its upper one.
        _sposv(
            ctypes.byref(ctypes.c_char(b"U")),
            ctypes.byref(size),
            ctypes.byref(ctypes.c_int(1)),
            A.ctypes.data,
            ctypes.byref(step),
            b.ctypes.data,
            ctypes.byref(size),
            ctypes.byref(info),
        )
    return info.value == 0
