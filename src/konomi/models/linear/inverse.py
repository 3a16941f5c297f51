"""Inverse: the inverse of a ridged Gram matrix, in the memory of one matrix, with its error measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.errors import TrainingError
from konomi.models.gram import Gram
from konomi.models.linear.sweep import invert_in_place

_BLOCK = 512
_MEASURED = 16


@dataclass(frozen=True, eq=False)
class Inverse:
    """P = (G + diag(ridge) + w FᵀF)⁻¹.

    matrix   : float32 (n_items, n_items), symmetric, in C order.
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


def inverse_of(
    gram: Gram, *, ridge: NDArray[np.float64], groups: NDArray[np.int32], group_weight: float
) -> Inverse:
    """The inverse of A = G + diag(ridge) + w FᵀF by sweeping, float32; threads change no bit.

    ridge        : float64 (n_items,).
    groups       : int32 (n_items,), the franchise of each item; F has a row for each, 1 for its items.
    group_weight : w; items that are alone in their group get nothing from it.
    Raises TrainingError if A is not positive definite.
    """
    n = gram.n_items
    A = gram.counts.astype(np.float32)
    _add_ridge(A, ridge)
    members = members_of(groups) if group_weight > 0 else []
    for one in members:
        A[np.ix_(one, one)] += np.float32(group_weight)
    columns = np.unique(np.linspace(0, n - 1, min(_MEASURED, n)).astype(np.int64))
    failed = invert_in_place(A)
    if failed:
        raise TrainingError(
            f"the Gram matrix plus its ridge is not positive definite (at item {failed - 1} of {n:,}): items that "
            "nobody watched, or that the same people watched, need a ridge. Raise regularization"
        )
    residual = _residual(gram, ridge, members, group_weight, A, columns)
    if not np.isfinite(residual) or residual > 0.1:
        raise TrainingError(f"the inverse is off by {residual:.2g} where 0.1 is tolerable: raise regularization")
    return Inverse(A, residual)


def members_of(groups: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """The items of each group of two or more, ascending."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order]) != 0) + 1
    return [one for one in np.split(order, starts) if len(one) > 1]


def _add_ridge(A: NDArray[np.float32], ridge: NDArray[np.float64]) -> None:
    rows = np.arange(len(A))
    A[rows, rows] += ridge.astype(np.float32)


def _residual(
    gram: Gram,
    ridge: NDArray[np.float64],
    members: list[NDArray[np.int64]],
    group_weight: float,
    P: NDArray[np.float32],
    columns: NDArray[np.int64],
) -> float:
    p = P[:, columns].astype(np.float64)
    product = ridge[:, None] * p
    for start in range(0, len(P), _BLOCK):
        product[start : start + _BLOCK] += gram.counts[start : start + _BLOCK].astype(np.float64) @ p
    for one in members:
        product[one] += group_weight * p[one].sum(axis=0)
    product[columns, np.arange(len(columns))] -= 1
    return float(np.abs(product).max())
