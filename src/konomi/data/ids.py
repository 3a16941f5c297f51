"""IdIndex: external ids and their indices."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.errors import UnknownIdError

Id = int | str


def index_dtype(n: int) -> type[np.uint16 | np.int32]:
    """The narrowest dtype that konomi uses for indices 0 ... n - 1: uint16 up to 65,536 of them, else int32."""
    return np.uint16 if n <= 1 << 16 else np.int32


def narrowed(ids: NDArray[Any]) -> NDArray[Any]:
    """The same ids; text in an array as wide as its longest id.

    The width of an array of text is the length of the longest id that it ever had, also of one that was removed.
    """
    if ids.dtype.kind != "U" or len(ids) == 0:
        return ids
    return ids.astype(f"U{max(1, int(np.char.str_len(ids).max()))}", copy=False)


@dataclass(frozen=True, eq=False)
class IdIndex:
    """External ids in index order: `ids[i]` has the index i.

    ids  : int64 (n,) or unicode (n,), each id once.
    kind : "user" or "item", for messages.
    Raises ValueError for a duplicate id. konomi's readers remove duplicates before.
    """

    ids: NDArray[Any]
    kind: str
    _order: NDArray[np.int64] = field(init=False, repr=False)
    _sorted: NDArray[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.ids.ndim != 1 or self.ids.dtype.kind not in "iU":
            raise ValueError(f"ids are integers or strings in one dimension, got {self.ids.dtype} {self.ids.shape}")
        order = np.argsort(self.ids, kind="stable")
        ordered = np.asarray(self.ids)[order]
        if len(ordered) > 1 and np.any(ordered[1:] == ordered[:-1]):
            raise ValueError(f"the {self.kind} ids hold duplicates")
        object.__setattr__(self, "_order", order)
        object.__setattr__(self, "_sorted", ordered)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def are_integers(self) -> bool:
        """Whether the ids are integers; otherwise they are strings."""
        return self.ids.dtype.kind == "i"

    def indices_of(self, ids: NDArray[Any] | Sequence[Id]) -> NDArray[np.int32]:
        """int32 (m,): the index of each id; -1 for an id that is not here."""
        try:
            if self.are_integers and np.asarray(ids).dtype.kind not in "iUO":
                raise TypeError  # NumPy would convert 1.5 and True to 1
            wanted = np.asarray(ids, dtype=np.int64 if self.are_integers else np.str_)
        except (ValueError, OverflowError, TypeError):
            return np.array([self._index_or_minus_one(wanted_id) for wanted_id in ids], dtype=np.int32)
        if len(self) == 0 or wanted.size == 0:
            return np.full(wanted.shape, -1, dtype=np.int32)
        position = np.minimum(np.searchsorted(self._sorted, wanted), len(self) - 1)
        return np.where(self._sorted[position] == wanted, self._order[position], -1).astype(np.int32)

    def index_of(self, wanted: Id, *, hint: str = "") -> int:
        """The index of one id.

        Raises UnknownIdError if the id is not here. Its message ends in `hint`.
        """
        index = self._index_or_minus_one(wanted)
        if index < 0:
            raise UnknownIdError(
                f"no {self.kind} {wanted} among the {len(self):,} {self.kind}s here" + (f"; {hint}" if hint else "")
            )
        return index

    def _index_or_minus_one(self, wanted: Id) -> int:
        if isinstance(wanted, bool | np.bool_):
            return -1
        if self.are_integers:
            if isinstance(wanted, float | np.floating):
                return -1
            try:
                number = int(wanted)
            except (ValueError, TypeError):
                return -1
            if not -(2**63) <= number < 2**63:
                return -1
            key: Id = number
        else:
            key = str(wanted)
        position = int(
            np.searchsorted(self._sorted, np.asarray(key, dtype=np.int64 if self.are_integers else np.str_))
        )
        if position < len(self) and self._sorted[position] == key:
            return int(self._order[position])
        return -1
