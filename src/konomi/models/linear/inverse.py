"""The inverse of the ridged Gram matrix, in the memory of one more matrix, with its error measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.errors import TrainingError
from konomi.models.linear.ridged import RidgedGram
from konomi.models.linear.sweep import invert_in_place

_N_MEASURED = 16
_MAX_ERROR = 0.1


@dataclass(frozen=True, eq=False)
class Inverse:
    """P = A⁻¹.

    matrix   : float32 (n_items, n_items), symmetric, C order.
    residual : the largest entry of |A P - I| over 16 columns evenly spaced.
    """

    matrix: NDArray[np.float32]
    residual: float

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """float32 (stop - start, n_items): rows of P."""
        return self.matrix[start:stop]

    def diagonal(self) -> NDArray[np.float32]:
        """float32 (n_items,): the diagonal of P."""
        return self.matrix.diagonal()


def inverse_of(A: RidgedGram) -> Inverse:
    """The inverse of A by sweeping, float32. Threads change no bit.

    Raises TrainingError if A is not positive definite.
    """
    P = A.dense()
    n_swept = invert_in_place(P)
    if n_swept:
        raise not_positive_definite(f"at item {n_swept - 1} of {A.n_items:,}")
    measured = columns_to_measure(A.n_items)
    error = A.times(P[:, measured].astype(np.float64))
    error[measured, np.arange(len(measured))] -= 1
    return Inverse(P, checked_error(float(np.abs(error).max())))


def columns_to_measure(n_items: int) -> NDArray[np.int64]:
    """int64 (at most 16,): the columns whose error is measured, evenly spaced."""
    return np.unique(np.linspace(0, n_items - 1, min(_N_MEASURED, n_items)).astype(np.int64))


def checked_error(error: float) -> float:
    """The error of a solution, if it is at most 0.1. Raises TrainingError otherwise."""
    if not np.isfinite(error) or error > _MAX_ERROR:
        raise TrainingError(
            f"the solution is off by {error:.2g} where {_MAX_ERROR:g} is tolerable: raise regularization"
        )
    return error


def not_positive_definite(where: str) -> TrainingError:
    """The error for a matrix without an inverse; `where` names the item that shows it."""
    return TrainingError(
        f"the Gram matrix plus its ridge is not positive definite ({where}): items without watchers and items with "
        "the same watchers need a ridge. Raise regularization"
    )
