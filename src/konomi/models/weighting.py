"""Weighting: how much each person and each row counts in the Gram matrix, in whole numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.data.ratings import Histories
from konomi.models.evidence import poor_rows

# What a person of one title and an ordinary row count. A person of one ordinary row adds 256 * 4 * 4 to an item, so
# 524,288 of them pass 31 bits: `Gram` refuses such sums.
_OF_PERSON = 256
_OF_ROW = 4


@dataclass(frozen=True)
class Weighting:
    """Person u counts w_u in G = Σ w_u (v_u x_u)(v_u x_u)ᵀ, where each row's item has its own v.

    length_power : a person with n titles counts n^-length_power, in 256ths, at least one; 0: all count the same.
    poor_weight  : what a poor row (see `poor_rows`) counts of an ordinary one, 0 to 1 in quarters.
    Weights are whole numbers that follow from a person's own rows alone: sums are exact in any order, and
    removing a user takes away exactly what adding one brought.
    """

    length_power: float = 0.0
    poor_weight: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether everything counts 1."""
        return self.length_power == 0 and self.poor_weight == 1

    def of_people(self, seen: Histories) -> NDArray[np.int32]:
        """int32 (m,), at least 1."""
        if self.length_power == 0:
            return np.ones(len(seen), dtype=np.int32)
        lengths = np.maximum(np.diff(seen.offsets), 1).astype(np.float64)
        return np.maximum(np.rint(_OF_PERSON * lengths**-self.length_power), 1).astype(np.int32)

    def of_rows(self, seen: Histories) -> NDArray[np.int32]:
        """int32 (n_rows,), 0 or more."""
        if self.poor_weight == 1:
            return np.ones(len(seen.item_index), dtype=np.int32)
        return np.where(poor_rows(seen), np.rint(_OF_ROW * self.poor_weight), _OF_ROW).astype(np.int32)


PLAIN = Weighting()
