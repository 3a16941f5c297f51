"""Ids and ratings become small integers, in order of first appearance, while the rows are read."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.errors import InputFileError

# A table of indices that is addressed by the id is the fastest look-up. A larger one would waste memory.
_TABLE_SIZE = 1 << 26
MAX_LEVELS = 65_534
_UNKNOWN = 65_535


class IdNumbering:
    """Gives each id an index, 0 ... n-1 in order of first appearance.

    Integers from 0 to 67 million are looked up in a table, other ids in a hash table.
    """

    def __init__(self, *, integers: bool) -> None:
        self._integers = integers
        self._seen: list[NDArray[np.int64]] = []
        self._n_seen = 0
        self._table: NDArray[np.int32] = np.full(1 << 16 if integers else 0, -1, dtype=np.int32)
        self._hashed: dict[int | str, int] | None = None if integers else {}

    def __len__(self) -> int:
        return self._n_seen if self._hashed is None else len(self._hashed)

    def indices_of(self, ids: pl.Series) -> NDArray[np.int32]:
        """int32 (m,): the index of each id. New ids get the next indices."""
        if len(ids) == 0:
            return np.empty(0, dtype=np.int32)
        if self._hashed is None:
            values = ids.to_numpy()
            highest = int(values.max())
            if values.min() >= 0 and highest < _TABLE_SIZE:
                return self._rows_by_table(values, highest)
            self._hashed = {one: row for row, one in enumerate(self.ids().tolist())}
        known = self._hashed
        unique = ids.unique(maintain_order=True)
        rows = [known.setdefault(one, len(known)) for one in unique.to_list()]
        return ids.replace_strict(unique, rows, return_dtype=pl.Int32).to_numpy()

    def ids(self) -> NDArray[Any]:
        """int64 or unicode (n,): the ids by index."""
        if self._hashed is not None:
            return np.array(list(self._hashed), dtype=np.int64 if self._integers else np.str_)
        return np.concatenate([np.empty(0, dtype=np.int64), *self._seen])

    def _rows_by_table(self, values: NDArray[np.int64], highest: int) -> NDArray[np.int32]:
        if highest >= len(self._table):
            size = min(_TABLE_SIZE, max(highest + 1, 2 * len(self._table)))
            self._table = np.concatenate([self._table, np.full(size - len(self._table), -1, dtype=np.int32)])
        rows = self._table[values]
        new = rows < 0
        if new.any():
            ids = values[new]
            unique = first_appearances(ids)
            self._table[unique] = np.arange(self._n_seen, self._n_seen + len(unique))
            self._seen.append(unique)
            self._n_seen += len(unique)
            rows[new] = self._table[ids]
        return rows


class LevelNumbering:
    """Gives each distinct rating a code; code 0 is "not rated" (NaN).

    The float32 of whole numbers up to 256, halves and quarters has zeros in its lower two bytes. A table addressed
    by the upper two bytes has their codes. Other ratings are found by binary search among the known levels.
    """

    def __init__(self) -> None:
        self._by_upper_bytes = np.full(1 << 16, _UNKNOWN, dtype=np.uint16)
        self._by_upper_bytes[_upper_bytes(np.full(1, np.nan, dtype=np.float32))] = 0
        self._levels: NDArray[np.float32] = np.empty(0, dtype=np.float32)  # ascending
        self._codes: NDArray[np.uint16] = np.empty(0, dtype=np.uint16)  # of each level, in order of appearance

    def codes_of(self, ratings: NDArray[np.float32]) -> NDArray[Any]:
        """uint8 or uint16 (m,): the code of each rating.

        Raises InputFileError on more than 65,534 distinct ratings.
        """
        ratings = ratings + np.float32(0)  # -0.0 and 0.0 are one rating
        if not np.any(ratings.view(np.uint32) & 0xFFFF):
            upper = _upper_bytes(ratings)
            codes = self._by_upper_bytes[upper]
            unknown = codes == _UNKNOWN
            if unknown.any():
                self._add(np.unique(ratings[unknown]))
                codes = self._by_upper_bytes[upper]
            return codes.astype(np.uint8) if len(self._codes) < 256 else codes
        index = self._level_index(ratings)
        unknown = np.isfinite(ratings) if index is None else (self._levels[index] != ratings) & ~np.isnan(ratings)
        if unknown.any():
            self._add(np.unique(ratings[unknown]))
            index = self._level_index(ratings)
        if index is None:
            return np.zeros(len(ratings), dtype=np.uint8)
        codes = self._codes.astype(np.uint8 if len(self._codes) < 256 else np.uint16)
        return np.where(np.isnan(ratings), codes.dtype.type(0), codes[index])

    def levels(self) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """levels: float32, NaN and then the ratings ascending; final: uint16, for each code its index in levels."""
        final = np.zeros(len(self._codes) + 1, dtype=np.uint16)
        final[self._codes] = np.arange(1, len(self._codes) + 1)
        return np.concatenate([[np.float32(np.nan)], self._levels]).astype(np.float32), final

    def _level_index(self, ratings: NDArray[np.float32]) -> NDArray[np.int64] | None:
        if len(self._levels) == 0:
            return None
        return np.minimum(np.searchsorted(self._levels, ratings), len(self._levels) - 1)

    def _add(self, new: NDArray[np.float32]) -> None:
        n_levels = len(self._levels) + len(new)
        if n_levels > MAX_LEVELS:
            raise InputFileError(
                f"the ratings have more than {MAX_LEVELS:,} different values: round them, say to one decimal"
            )
        levels = np.concatenate([self._levels, new])
        codes = np.concatenate([self._codes, np.arange(len(self._codes) + 1, n_levels + 1, dtype=np.uint16)])
        short = (new.view(np.uint32) & 0xFFFF) == 0
        self._by_upper_bytes[_upper_bytes(new[short])] = codes[len(self._codes) :][short]
        order = np.argsort(levels, kind="stable")
        self._levels, self._codes = levels[order], codes[order]


def _upper_bytes(ratings: NDArray[np.float32]) -> NDArray[np.uint16]:
    return (ratings.view(np.uint32) >> 16).astype(np.uint16)


def first_appearances(values: NDArray[Any]) -> NDArray[Any]:
    """The distinct values, in order of first appearance."""
    return pl.Series(values).unique(maintain_order=True).to_numpy()
