"""Rows in file order become rows grouped by user, without repeats, bots and short lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.data.ids import IdIndex
from konomi.data.ratings import Ratings, Status
from konomi.formats.numbering import IdNumbering, LevelNumbering, first_appearances
from konomi.formats.rows import Piece
from konomi.kernels.repeats import mark_last
from konomi.memory import Need, need_of_ingest

# Small enough that a block's columns stay in the processor's cache.
_BLOCK_ROWS = 1 << 18
# Measured: the bytes of a text id in the table that numbers it. A character takes one byte there, and four in the
# array of all ids, where each id is as wide as the longest.
_BYTES_PER_TEXT_ID = 200
_BYTES_PER_CHARACTER = 5
_BYTES_PER_INTEGER_ID = 16


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Which users are left out.

    min_ratings : users with fewer rows; lists that look made by a script are not counted among them.
    find_bots   : whether lists that look made by a script are counted.
    keep_bots   : whether their users stay.
    """

    min_ratings: int
    find_bots: bool
    keep_bots: bool


@dataclass(kw_only=True)
class Counts:
    """What packing found.

    repeats      : rows left out because a later row has the same user and item.
    bots         : users whose lists look made by a script, left out or not.
    short_lists  : users left out because they have fewer than `min_ratings` rows.
    longest_list : the number of rows of the longest list, before any user was left out.
    """

    repeats: int = 0
    bots: int = 0
    short_lists: int = 0
    longest_list: int = 0


@dataclass(frozen=True, eq=False)
class Packed:
    """Rows grouped by user; users and items are numbered in order of first appearance."""

    ratings: Ratings
    left_out: Counts


class RowCollector:
    """Takes rows piece by piece, keeps them in a few bytes each, and groups them by user at the end."""

    def __init__(self, *, integer_users: bool, integer_items: bool) -> None:
        self.n_rows = 0
        self._users = IdNumbering(integers=integer_users)
        self._items = IdNumbering(integers=integer_items)
        self._levels = LevelNumbering()
        self._longest_user = self._longest_item = 0
        self._last_user = -1
        self._is_grouped = True
        self._run_user: list[NDArray[np.int32]] = []
        self._run_length: list[NDArray[np.int32]] = []
        self._item: list[NDArray[Any]] = []
        self._code: list[NDArray[Any]] = []
        self._status: list[NDArray[np.uint8]] = []

    def add(self, piece: Piece) -> None:
        """Append the rows of one piece. Raises InputFileError if there are too many distinct ratings."""
        runs = piece.user.rle().struct.unnest()
        users = self._users.indices_of(runs["value"])
        if len(users):
            # Users are numbered in order of first appearance, so rows are grouped if the numbers never decrease.
            self._is_grouped &= bool(users[0] >= self._last_user and np.all(users[1:] >= users[:-1]))
            self._last_user = int(users[-1])
            self._longest_user = max(self._longest_user, _longest(runs["value"]))
            self._longest_item = max(self._longest_item, _longest(piece.item))
        self._run_user.append(users)
        self._run_length.append(runs["len"].cast(pl.Int32).to_numpy())
        item = self._items.indices_of(piece.item)
        self._item.append(item.astype(np.uint16) if len(self._items) <= 1 << 16 else item)
        self._code.append(self._levels.codes_of(piece.rating))
        self._status.append(piece.status)
        self.n_rows += len(item)

    def need(self, *, unpacked: int) -> Need:
        """The memory that it takes to group the rows added so far.

        unpacked : as in `need_of_ingest`.
        """
        ids = _bytes_of(self._users, self._longest_user) + _bytes_of(self._items, self._longest_item)
        return need_of_ingest(
            self.n_rows,
            n_items=len(self._items),
            is_grouped=self._is_grouped,
            ids=ids,
            unpacked=unpacked,
            is_reading=True,
        )

    def packed(self, rules: Rules) -> Packed:
        """All rows grouped by user; the collector is then empty.

        Of rows with the same user and item the last one stays.
        """
        order = _Order(_joined(self._run_user), _joined(self._run_length))
        item, code, status = _joined(self._item), _joined(self._code), _joined(self._status)
        levels, final_code = self._levels.levels()
        rating = levels[final_code].astype(np.float64)
        final_code = final_code.astype(np.uint8 if len(levels) <= 256 else np.uint16)
        # Grouped rows are compacted in place; others are gathered into new arrays.
        in_place = order.is_grouped
        new_item = item if in_place else np.empty_like(item)
        new_status = status if in_place else np.empty_like(status)
        new_code = code if in_place and code.dtype == final_code.dtype else np.empty(len(code), final_code.dtype)
        items = _Renumbering(len(self._items))
        users: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        lengths: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]
        counts = Counts()
        n_kept = 0
        for block in order.blocks():
            length = block.lengths
            block_item, block_code, block_status = item[block.rows], code[block.rows], status[block.rows]
            is_last = _last_of_repeats(block_item, length, len(self._items))
            if is_last is not None:
                counts.repeats += len(is_last) - int(np.sum(is_last))
                length = _sums(is_last, length)
                block_item, block_code, block_status = (
                    block_item[is_last],
                    block_code[is_last],
                    block_status[is_last],
                )
            is_bot = np.zeros(len(length), dtype=np.bool_)
            if rules.find_bots:
                is_bot = _look_like_bots(rating, block_code, block_status, length)
                counts.bots += int(np.sum(is_bot))
            kept = np.ones(len(length), dtype=np.bool_) if rules.keep_bots else ~is_bot
            is_short = kept & (length < rules.min_ratings)
            counts.short_lists += int(np.sum(is_short))
            counts.longest_list = max(counts.longest_list, int(length.max()))
            kept &= ~is_short
            if not kept.all():
                rows = np.repeat(kept, length)
                block_item, block_code, block_status = block_item[rows], block_code[rows], block_status[rows]
            span = slice(n_kept, n_kept + len(block_item))
            new_item[span] = items.numbers_of(block_item)
            new_code[span] = final_code[block_code]
            new_status[span] = block_status
            n_kept = span.stop
            users.append(np.flatnonzero(kept) + block.first_user)
            lengths.append(length[kept])
        ratings = Ratings(
            offsets=np.cumsum(np.concatenate(lengths)),
            item_index=new_item[:n_kept],
            rating_code=new_code[:n_kept],
            levels=levels,
            status=new_status[:n_kept],
            users=IdIndex(self._users.ids()[np.concatenate(users)], "user"),
            items=IdIndex(self._items.ids()[items.order()], "item"),
        )
        return Packed(ratings, counts)


@dataclass(frozen=True, eq=False)
class _Block:
    """Consecutive users from `first_user` on: the number of rows of each, and the rows' positions in the files."""

    first_user: int
    lengths: NDArray[np.int64]
    rows: slice | NDArray[np.int64]


class _Order:
    """The positions of each user's rows in the files, computed from runs of rows of one user."""

    def __init__(self, run_user: NDArray[np.int32], run_length: NDArray[np.int32]) -> None:
        # Users are numbered in order of first appearance, so rows are grouped if the numbers never decrease.
        self.is_grouped = bool(np.all(run_user[1:] >= run_user[:-1]))
        lengths = np.bincount(run_user, weights=run_length).astype(np.int64)
        self._offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        if not self.is_grouped:
            start = np.cumsum(run_length, dtype=np.int64) - run_length
            # A sort of (user, run) pairs is stable, and much faster than a stable sort of users.
            by_user = np.sort((run_user.astype(np.int64) << 32) | np.arange(len(run_user))) & 0xFFFFFFFF
            self._run_start, self._run_length = start[by_user], run_length[by_user]
            self._first_run = np.concatenate([[0], np.cumsum(np.bincount(run_user))])

    def blocks(self) -> Iterator[_Block]:
        """All users in order, about _BLOCK_ROWS rows at a time."""
        offsets = self._offsets
        first, n_users = 0, len(offsets) - 1
        while first < n_users:
            last = max(first + 1, int(np.searchsorted(offsets, offsets[first] + _BLOCK_ROWS, side="right")) - 1)
            lengths = np.diff(offsets[first : last + 1])
            if self.is_grouped:
                rows: slice | NDArray[np.int64] = slice(int(offsets[first]), int(offsets[last]))
            else:
                runs = slice(int(self._first_run[first]), int(self._first_run[last]))
                length = self._run_length[runs].astype(np.int64)
                begin = np.cumsum(length) - length
                rows = np.repeat(self._run_start[runs] - begin, length) + np.arange(offsets[last] - offsets[first])
            yield _Block(first, lengths, rows)
            first = last


class _Renumbering:
    """New numbers for items, in order of first appearance among the rows that are kept."""

    def __init__(self, n_items: int) -> None:
        self._number = np.full(n_items, -1, dtype=np.int32)
        self._order: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        self._n_numbered = 0

    def numbers_of(self, items: NDArray[Any]) -> NDArray[np.int32]:
        numbers: NDArray[np.int32] = self._number[items]
        unseen = numbers < 0
        if unseen.any():
            new = first_appearances(items[unseen]).astype(np.int64)
            self._number[new] = np.arange(self._n_numbered, self._n_numbered + len(new))
            self._n_numbered += len(new)
            self._order.append(new)
            numbers = self._number[items]
        return numbers

    def order(self) -> NDArray[np.int64]:
        """The old number of each new one."""
        return np.concatenate(self._order)


def _bytes_of(numbered: IdNumbering, longest: int) -> int:
    each = _BYTES_PER_TEXT_ID + _BYTES_PER_CHARACTER * longest if longest else _BYTES_PER_INTEGER_ID
    return len(numbered) * each


def _longest(ids: pl.Series) -> int:
    """The length of the longest text, 0 of integers."""
    return int(ids.str.len_chars().max() or 0) if ids.dtype == pl.String else 0  # type: ignore[arg-type]


def _last_of_repeats(item: NDArray[Any], lengths: NDArray[np.int64], n_items: int) -> NDArray[np.bool_] | None:
    """bool (n_rows,), true where no later row has the same user and item; None if no row is repeated."""
    is_last = np.empty(len(item), dtype=np.bool_)
    seen_by = np.full(n_items, -1, dtype=np.int32)
    return is_last if mark_last(item, lengths, seen_by, is_last) else None


def _look_like_bots(
    rating: NDArray[np.float64], code: NDArray[Any], status: NDArray[np.uint8], lengths: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """bool (n_users,): lists that look made by a script, on MyAnimeList's scale of 10.

    More than 2,000 rated with a mean above 9; more than 500 rated with a standard deviation under 0.3; more than
    5,000 watched; more than 1,000 watched and none rated. Planned items are not watched.
    """
    watched = lengths - _sums(status == Status.PLANNED, lengths)
    is_rated = code != 0
    n_rated = _sums(is_rated, lengths)
    value = np.where(is_rated, rating[code], 0.0)
    n_rated_or_1 = np.maximum(n_rated, 1)
    mean = _sums(value, lengths) / n_rated_or_1
    deviation = np.sqrt(np.maximum(_sums(value * value, lengths) / n_rated_or_1 - mean**2, 0))
    return (
        ((n_rated > 2000) & (mean > 9))
        | ((n_rated > 500) & (deviation < 0.3))
        | (watched > 5000)
        | ((watched > 1000) & (n_rated == 0))
    )


def _sums(values: NDArray[Any], lengths: NDArray[np.int64]) -> NDArray[Any]:
    """The sum of each user's values; every user has at least one."""
    starts = np.cumsum(lengths) - lengths
    return np.add.reduceat(values, starts, dtype=np.int64 if values.dtype == np.bool_ else np.float64)


def _joined(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    """One array of all pieces, of their widest dtype; the list is emptied to free memory."""
    joined = np.concatenate(pieces)
    pieces.clear()
    return joined
