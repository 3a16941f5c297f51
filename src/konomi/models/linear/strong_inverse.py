"""The inverse of a Gram matrix under a ridge far above most of its spectrum, without inverting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.models.lanczos import leading_eigenpairs
from konomi.models.linear.ridged import RidgedGram
from konomi.progress import SILENT, Progress

# With this many eigenpairs the most similar items agree with those of the exact inverse.
_DIM = 256
# Beyond this share of the ridge, an eigenvalue that is left out would change the similarities.
_MAX_LEFT_OUT = 0.5


@dataclass(frozen=True, eq=False)
class StrongInverse:
    """ridge P, P = (A + ridge I)⁻¹, A = G + w FᵀF, to the first order beyond A's leading eigenpairs A V = V L:

        ridge P = I - A / ridge + V diag(L² / (ridge (L + ridge))) Vᵀ

    It is exact in the space of V. Elsewhere its error is the square of (largest eigenvalue left out / ridge), so it
    is exact where V holds every eigenvalue above 0. It costs some products with G; an inverse costs n_items cubed.

    A    : without its ridge.
    axes : float32 (n_items, dim), V times the root of its diagonal above.
    """

    A: RidgedGram
    ridge: float
    axes: NDArray[np.float32]

    @classmethod
    def of(cls, ridged: RidgedGram, *, dim: int = _DIM, progress: Progress = SILENT) -> "StrongInverse | None":
        """The inverse of a matrix whose ridge is the same for all items, times that ridge.

        By block Lanczos from a fixed start; threads change no bit. None where the ridge is not far above the
        smallest of the `dim` largest eigenvalues: the others, which are left out, could then change the result.
        """
        n, ridge, A = ridged.n_items, float(ridged.ridge[0]), ridged.without_ridge()
        if (ridged.ridge != ridge).any():
            raise ValueError("the ridge of a StrongInverse is the same for all items")
        rng = np.random.default_rng(0)
        eigenpairs = leading_eigenpairs(A.times, n, dim=min(dim, n), rng=rng, progress=progress)
        values = np.maximum(eigenpairs.values, 0)
        if dim < n and values[-1] > _MAX_LEFT_OUT * ridge:
            return None
        axes = eigenpairs.vectors * (values / np.sqrt(ridge * (values + ridge))).astype(np.float32)
        return cls(A, ridge, axes)

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """float32 (stop - start, n_items): rows of ridge P."""
        block = self.A.rows(start, stop, divisor=-self.ridge)
        block += self.axes[start:stop] @ self.axes.T
        block[np.arange(stop - start), np.arange(start, stop)] += 1
        return block

    def diagonal(self) -> NDArray[np.float32]:
        """float32 (n_items,): the diagonal of ridge P, above 0."""
        own = self.A.gram.counts.diagonal() + np.float32(self.A.group_weight) * (self.A.group >= 0)
        diagonal = 1 - own / self.ridge + np.square(self.axes, dtype=np.float64).sum(axis=1)
        # The largest eigenvalue is at most the trace of A, which bounds each entry of the true diagonal from below.
        return np.asarray(np.maximum(diagonal, self.ridge / (self.ridge + own.sum())), dtype=np.float32)
