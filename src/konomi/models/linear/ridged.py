"""The ridged Gram matrix that all weights and similarities of the linear model are solved from."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.data.blocks import in_blocks
from konomi.models.gram import Gram

# Rows of one piece of a product. It does not depend on the number of threads, so neither do the bits.
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class RidgedGram:
    """A = G + diag(ridge) + w FᵀF, symmetric, positive definite where the ridge is above 0.

    gram         : G.
    ridge        : float64 (n_items,), added to the diagonal.
    group        : int32 (n_items,), the number of each item's group; -1 for an item that is alone.
    group_weight : w. F has a row for each group, 1 for its items: w users watched the whole group and nothing else.
    A is never stored: G is read where a part of A is needed, and the rest is added then.
    """

    gram: Gram
    ridge: NDArray[np.float64]
    group: NDArray[np.int32]
    group_weight: float

    @classmethod
    def of(
        cls,
        gram: Gram,
        *,
        ridge: float | NDArray[np.float64],
        franchise: NDArray[np.int32],
        franchise_weight: float,
    ) -> "RidgedGram":
        """The matrix whose groups are the franchises of two or more items.

        ridge     : one number for all items, or float64 (n_items,).
        franchise : int32 (n_items,), a number for each franchise; an item alone has a number of its own.
        """
        _, number, size = np.unique(franchise, return_inverse=True, return_counts=True)
        group = np.where(size[number] > 1, number, -1).astype(np.int32)
        each = np.broadcast_to(np.asarray(ridge, dtype=np.float64), gram.n_items)
        return cls(gram, each, group, float(franchise_weight))

    @property
    def n_items(self) -> int:
        return self.gram.n_items

    @cached_property
    def F(self) -> sp.csr_array:  # noqa: N802 - the formula's letter
        """float32 (n_groups, n_items)."""
        items = np.flatnonzero(self.group >= 0)
        numbers, row = np.unique(self.group[items], return_inverse=True)
        ones = np.ones(len(items), dtype=np.float32)
        return sp.csr_array((ones, (row, items)), (len(numbers), self.n_items))

    def without_ridge(self) -> "RidgedGram":
        """G + w FᵀF."""
        return replace(self, ridge=np.zeros(self.n_items))

    def diagonal(self) -> NDArray[np.float64]:
        """float64 (n_items,): the diagonal of A."""
        return np.asarray(self.gram.counts.diagonal() + self.ridge + self.group_weight * (self.group >= 0))

    def rows(self, start: int, stop: int, *, divisor: float = 1.0) -> NDArray[np.float32]:
        """float32 (stop - start, n_items): rows of A / divisor."""
        block = self.gram.counts[start:stop].astype(np.float32)
        if divisor != 1:
            block *= np.float32(1 / divisor)
        own = np.arange(stop - start), np.arange(start, stop)
        block[own] += (self.ridge[start:stop] / divisor).astype(np.float32)
        together = (self.F.T[start:stop] @ self.F).tocoo()
        block[together.coords] += together.data * np.float32(self.group_weight / divisor)
        return block

    def dense(self) -> NDArray[np.float32]:
        """float32 (n_items, n_items): A."""
        return self.rows(0, self.n_items)

    def times(self, V: NDArray[Any]) -> NDArray[Any]:
        """A V, float32 or float64 (n_items, b) as V is. Threads change no bit."""

        def of_rows(rows: slice) -> NDArray[Any]:
            return np.asarray(self.gram.counts[rows].astype(V.dtype) @ V)

        product = np.concatenate(in_blocks(of_rows, self.n_items, _BLOCK))
        product += self.ridge.astype(V.dtype)[:, None] * V
        product += V.dtype.type(self.group_weight) * (self.F.T @ (self.F @ V))
        return product
