"""StrongInverse: the inverse of a Gram matrix under a ridge far above most of its spectrum, without inverting."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.models.gram import Gram
from konomi.models.lanczos import leading_eigenpairs
from konomi.progress import SILENT, Progress

# With so many eigenpairs, neighbors agree with people as the exact inverse's do.
_DIM = 256
# Beyond this share of the ridge, what the first order leaves out would show.
_MOST_LEFT = 0.5
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class StrongInverse:
    """ridge P, P = (A + ridge I)⁻¹, A = G + w FᵀF, to the first order beyond A's leading eigenpairs A V = V L:

        ridge P = I - A / ridge + V diag(L² / (ridge (L + ridge))) Vᵀ

    Exact in the space of V; elsewhere off by the square of (largest eigenvalue left out / ridge), so exact where V
    holds all that is not zero. It costs some products with G, where an inverse costs n_items cubed.

    gram, groups, group_weight : as in `inverse_of`.
    axes : float32 (n_items, dim), V times the root of its diagonal above.
    """

    gram: Gram
    groups: sp.csr_array
    group_weight: float
    ridge: float
    axes: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        gram: Gram,
        *,
        ridge: float,
        groups: NDArray[np.int32],
        group_weight: float,
        dim: int = _DIM,
        progress: Progress = SILENT,
    ) -> "StrongInverse | None":
        """Found by block Lanczos from a fixed start; threads change no bit.

        None where the ridge is not far above the smallest of the eigenvalues found: what is left out would show.
        """
        n = gram.n_items
        F = _rows_of_groups(groups)

        def times(V: NDArray[np.float32]) -> NDArray[np.float32]:
            def part(start: int) -> NDArray[np.float32]:
                return np.asarray(gram.counts[start : start + _BLOCK].astype(np.float32) @ V)

            with ThreadPoolExecutor(os.cpu_count()) as threads:
                product = np.concatenate(list(threads.map(part, range(0, n, _BLOCK))))
            return np.asarray(product + np.float32(group_weight) * (F.T @ (F @ V)), dtype=np.float32)

        found = leading_eigenpairs(times, n, dim=min(dim, n), rng=np.random.default_rng(0), progress=progress)
        values = np.maximum(found.values, 0)
        if dim < n and values[-1] > _MOST_LEFT * ridge:
            return None
        axes = found.vectors * (values / np.sqrt(ridge * (values + ridge))).astype(np.float32)
        return cls(gram, F, group_weight, ridge, axes)

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """float32 (stop - start, n_items): rows of ridge P."""
        block = self.gram.counts[start:stop].astype(np.float32) * np.float32(-1 / self.ridge)
        together = (self.groups.T[start:stop] @ self.groups).tocoo()
        block[together.coords] -= together.data * np.float32(self.group_weight / self.ridge)
        block += self.axes[start:stop] @ self.axes.T
        block[np.arange(stop - start), np.arange(start, stop)] += 1
        return block

    def diagonal(self) -> NDArray[np.float32]:
        """float32 (n_items,): the diagonal of ridge P, above 0."""
        own = self.gram.counts.diagonal() + self.group_weight * (self.groups.T @ self.groups).diagonal()
        found = 1 - own / self.ridge + np.square(self.axes, dtype=np.float64).sum(axis=1)
        # No entry of the true diagonal is smaller than what the largest eigenvalue, at most the trace, leaves.
        return np.asarray(np.maximum(found, self.ridge / (self.ridge + own.sum())), dtype=np.float32)


def _rows_of_groups(groups: NDArray[np.int32]) -> sp.csr_array:
    """float32 (n_groups, n_items): a row of ones for each group of two or more."""
    _, number, size = np.unique(groups, return_inverse=True, return_counts=True)
    items = np.flatnonzero(size[number] > 1)
    _, row = np.unique(number[items], return_inverse=True)
    shape = (int(row.max(initial=-1)) + 1, len(groups))
    return sp.csr_array((np.ones(len(items), dtype=np.float32), (row, items)), shape)
