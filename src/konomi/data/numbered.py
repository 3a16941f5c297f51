"""Numbers for labels, in the order in which the labels appear."""

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import NDArray


def numbered(labels: Iterable[Hashable]) -> NDArray[np.int32]:
    """int32 (n,): 0 for the first label and all that are equal to it, 1 for the next new one, and so on."""
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(label, len(number)) for label in labels], dtype=np.int32)
