"""Item weights by many small linear systems: each item's weights are solved among its best predictors."""

import numpy as np
from numpy.typing import NDArray

from konomi.data.blocks import in_blocks
from konomi.kernels.blas import solve_positive_definite
from konomi.kernels.squares import squared_gains, take_square
from konomi.models.linear.inverse import checked_error, columns_to_measure, not_positive_definite
from konomi.models.linear.ridged import RidgedGram
from konomi.models.table import Entries, Table
from konomi.progress import SILENT, Progress

# Items of one piece of work. It does not depend on the number of threads.
_BLOCK = 64
# A pivot below this share of its diagonal entry is what rounding leaves of zero.
_SINGULAR = np.float32(1e-6)


def local_weights(ridged: RidgedGram, *, predictors: int, progress: Progress = SILENT) -> tuple[Table, float]:
    """B by rows, and the largest error |A_NN b - a| / max(|a|, 1) over 16 items evenly spaced.

    Column j of B solves A_NN b = A_Nj, where N are the `predictors` other items with the largest
    A[i, j]² / A[i, i]: those that alone would explain most of j. With all other items in N it is the column that
    the inverse gives.
    Each system is solved on one thread in float32: threads change no bit.
    Raises TrainingError if a system is not positive definite.
    Source: Steck 2019, Markov random fields for collaborative filtering, section 3; Ning and Karypis 2011, SLIM,
    with feature selection.
    """
    n = ridged.n_items
    most = min(predictors, n - 1)
    counts, group, group_weight = ridged.gram.counts, ridged.group, np.float32(ridged.group_weight)
    diagonal = ridged.diagonal().astype(np.float32)
    measured = set(columns_to_measure(n).tolist())
    errors = [0.0]
    progress.start("learn each item's weights", n)

    def solve(items: slice) -> list[Entries]:
        columns: list[Entries] = []
        gain = np.empty(n, dtype=np.float32)
        square, right = np.empty((most, most), dtype=np.float32), np.empty(most, dtype=np.float32)
        for item in range(items.start, items.stop):
            squared_gains(counts, group, group_weight, diagonal, item, gain)
            chosen = _largest(gain, item, most)
            m = len(chosen)
            A, b = square[:m, :m], right[:m]
            take_square(counts, group, group_weight, diagonal, chosen, item, A, b)
            system = (np.tril(A).astype(np.float64), b.copy()) if item in measured and m else None
            is_solved = solve_positive_definite(A, b, most)
            if not is_solved or bool((A.diagonal() ** 2 < _SINGULAR * diagonal[chosen]).any()):
                raise not_positive_definite(f"near item {item} of {n:,}")
            if system is not None:
                errors.append(_error(*system, b))
            columns.append((chosen, b.copy()))
        progress.advance(len(columns))
        return columns

    columns = [column for part in in_blocks(solve, n, _BLOCK) for column in part]
    return Table.of_columns(columns), checked_error(max(errors))


def _largest(gain: NDArray[np.float32], item: int, most: int) -> NDArray[np.int32]:
    """int32, ascending: the other items with the largest gains above 0, at most `most`; all, where all fit."""
    if most == len(gain) - 1:
        return np.delete(np.arange(len(gain), dtype=np.int32), item)
    largest = np.argpartition(-gain, most)[:most]
    return np.sort(largest[gain[largest] > 0]).astype(np.int32)


def _error(lower: NDArray[np.float64], right: NDArray[np.float32], solution: NDArray[np.float32]) -> float:
    A = np.tril(lower) + np.tril(lower, -1).T
    return float(np.abs(A @ solution - right).max() / max(float(np.abs(right).max()), 1.0))
