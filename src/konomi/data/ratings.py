"""Ratings: the rows of all users, packed and grouped by user. Histories: the rows of some people, unpacked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.data.ids import IdIndex, index_dtype, narrowed
from konomi.progress import SILENT, Progress


class Status(IntEnum):
    """How much of an item a person has watched. The numbers are MyAnimeList's."""

    UNKNOWN = 0
    WATCHING = 1
    COMPLETED = 2
    ON_HOLD = 3
    DROPPED = 4
    PLANNED = 6


@dataclass(frozen=True, eq=False)
class Histories:
    """The rows of m people, grouped by person. Models learn from them and score them.

    offsets    : int64 (m + 1,); person p has the rows offsets[p] ... offsets[p + 1] - 1.
    item_index : int32 (n_rows,), each item at most once per person.
    rating     : float32 (n_rows,), on the scale of the data; NaN = not rated.
    status     : uint8 (n_rows,), values of Status.
    n_items    : the number of items of the data, which is the number of columns of `matrix()`.
    """

    offsets: NDArray[np.int64]
    item_index: NDArray[np.int32]
    rating: NDArray[np.float32]
    status: NDArray[np.uint8]
    n_items: int

    def __post_init__(self) -> None:
        n_rows = len(self.item_index)
        if self.offsets.dtype != np.int64 or self.item_index.dtype != np.int32:
            raise ValueError("offsets are int64 and item_index is int32")
        if self.rating.dtype != np.float32 or self.status.dtype != np.uint8:
            raise ValueError("rating is float32 and status is uint8")
        if len(self.rating) != n_rows or len(self.status) != n_rows or self.offsets[-1] != n_rows:
            raise ValueError("offsets, item_index, rating and status disagree about the number of rows")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def person(self, p: int) -> "Histories":
        """The rows of person p alone."""
        return self.keep_people(np.array([p]))

    def keep_people(self, people: NDArray[Any]) -> "Histories":
        """The rows of these people, in this order."""
        offsets, rows = _rows_of(self.offsets, people)
        return Histories(offsets, self.item_index[rows], self.rating[rows], self.status[rows], self.n_items)

    def keep_rows(self, kept: NDArray[np.bool_]) -> "Histories":
        """The rows for which `kept`, bool (n_rows,), is true. All people stay, some without rows."""
        before = np.concatenate([[0], np.cumsum(kept)])
        return Histories(
            before[self.offsets].astype(np.int64),
            self.item_index[kept],
            self.rating[kept],
            self.status[kept],
            self.n_items,
        )

    def person_index(self) -> NDArray[np.int32]:
        """int32 (n_rows,): the person of each row."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))

    def ascending(self) -> "Histories":
        """The same rows, sorted by ascending item within each person."""
        # Two stable sorts, which NumPy does by radix for 16 bits: several times faster than a lexsort.
        by_item = np.argsort(self.item_index.astype(index_dtype(self.n_items)), kind="stable")
        person = self.person_index()[by_item].astype(index_dtype(len(self)))
        order = by_item[np.argsort(person, kind="stable")]
        return Histories(self.offsets, self.item_index[order], self.rating[order], self.status[order], self.n_items)

    def watched(self) -> "Histories":
        """The rows without the planned ones: a plan to watch says nothing about taste yet."""
        planned = self.status == Status.PLANNED
        return self.keep_rows(~planned) if planned.any() else self

    def liked(self) -> NDArray[np.bool_]:
        """bool (n_rows,): the rows rated at or above the person's own 75th percentile (linear interpolation)."""
        person = self.person_index()
        ascending = self.rating[np.lexsort((self.rating, person))]  # NaN sorts last within each person
        n_rated = np.bincount(person[~np.isnan(self.rating)], minlength=len(self))
        rank = 0.75 * np.maximum(n_rated - 1, 0)
        below = np.floor(rank).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(n_rated - 1, 0))
        threshold = np.full(len(self), np.inf)
        has_rated = n_rated > 0
        first = self.offsets[:-1][has_rated]
        low = ascending[first + below[has_rated]].astype(np.float64)
        high = ascending[first + above[has_rated]].astype(np.float64)
        threshold[has_rated] = low + (high - low) * (rank - below)[has_rated]
        return np.nan_to_num(self.rating, nan=-np.inf) >= threshold[person]

    def liked_or_all(self) -> NDArray[np.bool_]:
        """bool (n_rows,): the liked rows; all rows if none of these people rated anything."""
        if np.isnan(self.rating).all():
            return np.ones(len(self.item_index), dtype=np.bool_)
        return self.liked()

    def matrix(self, values: NDArray[np.float32] | None = None) -> sp.csr_array:
        """X, float32 (m, n_items): 1 for each row, or its value in `values`, float32 (n_rows,)."""
        data = np.ones(len(self.item_index), dtype=np.float32) if values is None else values
        return sp.csr_array((data, self.item_index, self.offsets), shape=(len(self), self.n_items))


@dataclass(frozen=True, eq=False)
class Ratings:
    """All rows of all users, packed into a few bytes each. Opened from a folder, the arrays are memory-mapped.

    offsets      : int64 (n_users + 1,); user u has the rows offsets[u] ... offsets[u + 1] - 1.
    item_index   : uint16 or int32 (n_rows,), each item at most once per user.
    rating_code  : uint8 or uint16 (n_rows,); the rating is levels[rating_code].
    levels       : float32 (n_levels,), ascending after levels[0] = NaN, which means "not rated".
    status       : uint8 (n_rows,), values of Status.
    users, items : the ids of the matrix's rows and columns. An item may have no row.
    """

    offsets: NDArray[np.int64]
    item_index: NDArray[Any]
    rating_code: NDArray[Any]
    levels: NDArray[np.float32]
    status: NDArray[np.uint8]
    users: IdIndex
    items: IdIndex

    def __post_init__(self) -> None:
        n_rows = len(self.item_index)
        if len(self.offsets) != len(self.users) + 1 or self.offsets[-1] != n_rows:
            raise ValueError("offsets do not fit the users and rows")
        if len(self.rating_code) != n_rows or len(self.status) != n_rows:
            raise ValueError("item_index, rating_code and status disagree about the number of rows")
        if len(self.levels) == 0 or not np.isnan(self.levels[0]):
            raise ValueError("levels[0] is NaN, for 'not rated'")

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def n_rows(self) -> int:
        return len(self.item_index)

    @property
    def is_rated(self) -> NDArray[np.bool_]:
        """bool (n_rows,): whether the row has a rating. Reads every row."""
        return self.rating_code != 0

    def lengths(self) -> NDArray[np.int64]:
        """int64 (n_users,): the number of rows of each user."""
        return np.diff(self.offsets)

    def row_counts(self) -> NDArray[np.int64]:
        """int64 (n_items,): the number of rows of each item, planned ones included."""
        return np.bincount(self.item_index, minlength=self.n_items).astype(np.int64)

    def watch_counts(self, *, progress: Progress = SILENT) -> NDArray[np.int64]:
        """int64 (n_items,): the number of users who watched each item; planned rows are left out.

        Memory holds one block of users.
        """
        counts = np.zeros(self.n_items, dtype=np.int64)
        progress.start("count the watchers", self.n_users)
        for block in self.blocks():
            counts += np.bincount(block.watched().item_index, minlength=self.n_items)
            progress.advance(len(block))
        return counts

    def history(self, user_index: int) -> Histories:
        """One user's rows."""
        return self._unpack(slice(int(self.offsets[user_index]), int(self.offsets[user_index + 1])))

    def histories(self, users: NDArray[Any] | None = None) -> Histories:
        """The rows of these users (indices, in this order; None = all users), unpacked to 9 bytes each."""
        if users is None:
            return self._block(0, self.n_users)
        offsets, rows = _rows_of(self.offsets, users)
        return Histories(
            offsets,
            np.asarray(self.item_index[rows], dtype=np.int32),
            self.levels[self.rating_code[rows]],
            np.asarray(self.status[rows]),
            self.n_items,
        )

    def blocks(self, n_users: int = 8192) -> Iterator[Histories]:
        """The rows of all users, `n_users` users at a time, so that memory is bounded."""
        for start in range(0, self.n_users, n_users):
            yield self._block(start, min(start + n_users, self.n_users))

    def keep_users(self, users: NDArray[Any]) -> "Ratings":
        """Only these users (indices, in this order). All items stay."""
        offsets, rows = _rows_of(self.offsets, users)
        return Ratings(
            offsets,
            self.item_index[rows],
            self.rating_code[rows],
            self.levels,
            self.status[rows],
            IdIndex(self.users.ids[users], self.users.kind),
            self.items,
        )

    def without_users(self, users: NDArray[Any]) -> "Ratings":
        """All users but these (indices, in any order). All items stay."""
        kept = np.ones(self.n_users, dtype=np.bool_)
        kept[users] = False
        # Slices of consecutive users who stay, so that memory holds no index for each row.
        bounds = np.flatnonzero(np.diff(kept, prepend=False, append=False)).reshape(-1, 2).tolist()
        rows = [slice(int(self.offsets[first]), int(self.offsets[last])) for first, last in bounds]

        def joined(column: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([column[:0], *(column[consecutive] for consecutive in rows)])

        offsets = np.zeros(int(kept.sum()) + 1, dtype=np.int64)
        np.cumsum(self.lengths()[kept], out=offsets[1:])
        return Ratings(
            offsets,
            joined(self.item_index),
            joined(self.rating_code),
            self.levels,
            joined(self.status),
            IdIndex(self.users.ids[kept], self.users.kind),
            self.items,
        )

    def followed_by(self, added: Histories, user_ids: NDArray[Any]) -> "Ratings":
        """These users, then those of `added`, whose ids are `user_ids` (m,). The items are the same.

        A rating that is not among the levels is added to them.
        """
        new = np.unique(added.rating[~np.isnan(added.rating)])
        levels = np.concatenate([self.levels[:1], np.union1d(self.levels[1:], new)]).astype(np.float32)
        dtype = np.uint8 if len(levels) <= 256 else np.uint16
        recoded = np.concatenate([[0], 1 + np.searchsorted(levels[1:], self.levels[1:])]).astype(dtype)
        code = np.where(np.isnan(added.rating), 0, 1 + np.searchsorted(levels[1:], added.rating)).astype(dtype)
        return Ratings(
            np.concatenate([self.offsets, self.offsets[-1] + added.offsets[1:]]),
            np.concatenate([self.item_index, added.item_index.astype(self.item_index.dtype)]),
            np.concatenate([recoded[self.rating_code], code]),
            levels,
            np.concatenate([self.status, added.status]),
            IdIndex(np.concatenate([self.users.ids, user_ids]), self.users.kind),
            self.items,
        )

    def items_by_first_row(self) -> NDArray[np.int64]:
        """int64 (n_rated_items,): the items with rows, in the order of their first rows."""
        return _first_appearances(self.item_index, self.n_items)

    def keep_items(self, items: NDArray[Any]) -> "Ratings":
        """Only these items (indices, in this order) and their rows. All users stay.

        Text ids become as wide as the longest that stays, see `narrowed`.
        """
        stays = np.zeros(self.n_items, dtype=np.bool_)
        stays[items] = True
        kept = self if stays.all() else self.keep_rows(stays[self.item_index])
        dtype = index_dtype(len(items))
        if np.array_equal(items, np.arange(self.n_items)):
            item_index = np.asarray(kept.item_index, dtype=dtype)
        else:
            new_index = np.zeros(self.n_items, dtype=dtype)
            new_index[items] = np.arange(len(items))
            item_index = new_index[kept.item_index]
        return replace(kept, item_index=item_index, items=IdIndex(narrowed(self.items.ids[items]), self.items.kind))

    def without_unused_levels(self) -> "Ratings":
        """The same ratings without the levels that no row has."""
        used = np.zeros(len(self.levels), dtype=np.bool_)
        used[_first_appearances(self.rating_code, len(self.levels))] = True
        used[0] = True
        if used.all():
            return self
        code = (np.cumsum(used) - 1).astype(np.uint8 if used.sum() <= 256 else np.uint16)
        return replace(self, rating_code=code[self.rating_code], levels=self.levels[used])

    def keep_rows(self, kept: NDArray[np.bool_]) -> "Ratings":
        """Only the rows for which `kept`, bool (n_rows,), is true. All users and items stay."""
        before = np.zeros(self.n_rows + 1, dtype=np.int64)
        np.cumsum(kept, out=before[1:])
        return Ratings(
            before[self.offsets],
            self.item_index[kept],
            self.rating_code[kept],
            self.levels,
            self.status[kept],
            self.users,
            self.items,
        )

    def _block(self, first: int, last: int) -> Histories:
        start, stop = int(self.offsets[first]), int(self.offsets[last])
        unpacked = self._unpack(slice(start, stop))
        offsets = np.asarray(self.offsets[first : last + 1]) - start
        return Histories(offsets, unpacked.item_index, unpacked.rating, unpacked.status, self.n_items)

    def _unpack(self, rows: slice) -> Histories:
        return Histories(
            np.array([0, rows.stop - rows.start], dtype=np.int64),
            np.asarray(self.item_index[rows], dtype=np.int32),
            self.levels[self.rating_code[rows]],
            np.asarray(self.status[rows]),
            self.n_items,
        )


def _rows_of(offsets: NDArray[np.int64], people: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The offsets of these people alone, in this order, and the current position of each of their rows."""
    lengths = np.diff(offsets)[people]
    own = np.zeros(len(people) + 1, dtype=np.int64)
    np.cumsum(lengths, out=own[1:])
    return own, np.repeat(offsets[people] - own[:-1], lengths) + np.arange(own[-1])


def _first_appearances(values: NDArray[Any], n_values: int) -> NDArray[np.int64]:
    """The values among 0 ... n_values - 1 that occur, in the order in which they first occur."""
    from konomi.kernels.appearances import number_by_appearance  # loading Numba takes time

    number, order = np.full(n_values, -1, dtype=np.int32), np.empty(n_values, dtype=np.int64)
    return order[: number_by_appearance(values, number, order)]
