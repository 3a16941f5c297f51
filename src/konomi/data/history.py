"""One person's rows from ids, ratings and statuses that a caller gives."""

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from konomi.data.ids import Id, IdIndex
from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError, UnknownIdError

Rated = Mapping[Any, Any] | Sequence["Entry"]

_STATUS_WORDS = {status.name.lower(): status for status in Status}
_STATUS_NUMBERS = frozenset(int(status) for status in Status)


class Entry(NamedTuple):
    """One title of a list: its id, its rating (None = not rated) and how much of it the person has watched."""

    item_id: Id
    rating: float | None = None
    status: Status | int | str = Status.UNKNOWN


def history_of(rated: Rated, items: IdIndex, levels: NDArray[np.float32]) -> tuple[Histories, tuple[str, ...]]:
    """One new person's rows, and notes on what was left out.

    rated  : item id -> rating, item id -> (rating, status), or Entries; of two entries for one item the last
             counts. A rating is None (not rated) or within the scale of the data. A status is a Status, its
             number or its name.
    levels : the ratings of the data, as in Ratings.
    Raises UnknownIdError if no id is known; ConfigError for an empty history, a rating outside the scale or an
    unknown status.
    """
    entries = list(_entries(rated))
    if not entries:
        raise ConfigError("the history is empty: give at least one title that the person has seen")
    ids = [entry.item_id for entry in entries]
    low, high = rating_scale(levels)
    rating = np.array([_rating(entry, low, high) for entry in entries], dtype=np.float64)
    status = np.array([_status(entry) for entry in entries], dtype=np.uint8)
    return history_of_columns(ids, _indices_of(ids, items), rating, status, items=items, levels=levels)


def history_of_columns(
    ids: Sequence[Id],
    item_index: NDArray[np.int32],
    rating: NDArray[np.float64],
    status: NDArray[np.uint8],
    *,
    items: IdIndex,
    levels: NDArray[np.float32],
    unrated: str = "None",
) -> tuple[Histories, tuple[str, ...]]:
    """As `history_of`, for entries that are columns of equal length already.

    item_index : int32 (n_entries,), the item of each id; -1 for an unknown one.
    rating     : float64 (n_entries,), NaN = not rated.
    status     : uint8 (n_entries,), values of Status.
    unrated    : what a caller gives for "not rated", for the message.
    """
    low, high = rating_scale(levels)
    outside = np.flatnonzero((rating < low) | (rating > high))
    if len(outside):
        raise _outside_the_scale(f"{rating[outside[0]]:g}", ids[outside[0]], low, high, unrated)
    unknown = [ids[entry] for entry in np.flatnonzero(item_index < 0).tolist()]
    if len(unknown) == len(ids):
        raise UnknownIdError(
            f"none of the {len(ids)} ids of the history ({first_few(unknown)}) is among the {len(items):,} items"
        )
    last_entry = {item: entry for entry, item in enumerate(item_index.tolist()) if item >= 0}
    kept = list(last_entry.values())
    history = one_person(item_index[kept], rating[kept], status[kept], n_items=len(items))
    note = f"{len(unknown)} of {len(ids)} ids are unknown here and were left out: {first_few(unknown)}"
    return history, (note,) if unknown else ()


def one_person(
    item_index: NDArray[Any],
    rating: NDArray[Any],
    status: NDArray[Any] | None = None,
    *,
    n_items: int,
) -> Histories:
    """One person's rows as Histories; without `status` each row has Status.UNKNOWN."""
    return Histories(
        np.array([0, len(item_index)], dtype=np.int64),
        item_index.astype(np.int32),
        rating.astype(np.float32),
        np.full(len(item_index), Status.UNKNOWN, dtype=np.uint8) if status is None else status.astype(np.uint8),
        n_items,
    )


def rating_scale(levels: NDArray[np.float32]) -> tuple[float, float]:
    """The smallest and the largest rating of the data; minus and plus infinity if there is no rating."""
    return (float(levels[1]), float(levels[-1])) if len(levels) > 1 else (-math.inf, math.inf)


def first_few(ids: Sequence[Any]) -> str:
    """The first five ids, for a message."""
    return ", ".join(map(str, ids[:5])) + (", ..." if len(ids) > 5 else "")


def _entries(rated: Rated) -> Iterable[Entry]:
    if isinstance(rated, Mapping):
        for item_id, value in rated.items():
            if isinstance(value, tuple | list):
                if len(value) != 2:
                    raise ConfigError(
                        f"{value!r} for {item_id} does not fit: give a rating, or a rating and a status"
                    )
                yield Entry(item_id, value[0], value[1])
            else:
                yield Entry(item_id, value)
        return
    for entry in rated:
        if not isinstance(entry, Entry):
            raise ConfigError(f"{entry!r} does not fit: give a mapping of ids to ratings, or a list of Entry")
        yield entry


def _rating(entry: Entry, low: float, high: float) -> float:
    """The rating as a float, NaN for None. Raises ConfigError unless it is a number from `low` to `high`."""
    rating = entry.rating
    if rating is None:
        return math.nan
    # The common types first: an abstract class is slow to ask.
    is_number = type(rating) in (int, float) or (
        isinstance(rating, numbers.Real) and not isinstance(rating, bool | np.bool_)
    )
    if not is_number or not low <= rating <= high:
        raise _outside_the_scale(rating, entry.item_id, low, high, "None")
    return float(rating)


def _outside_the_scale(rating: Any, item_id: Id, low: float, high: float, unrated: str) -> ConfigError:
    return ConfigError(
        f"a rating of {rating} for {item_id} is outside the scale: give {low:g} ... {high:g} or {unrated}"
    )


def _status(entry: Entry) -> int:
    status: Any = entry.status
    if status is Status.UNKNOWN:
        return 0
    if isinstance(status, str):
        status = _STATUS_WORDS.get(status.lower().replace("-", "_").replace(" ", "_"))
    if isinstance(status, int | np.integer) and not isinstance(status, bool) and status in _STATUS_NUMBERS:
        return int(status)
    raise ConfigError(
        f"a status of {entry.status!r} for {entry.item_id} is unknown: give one of {', '.join(_STATUS_WORDS)}"
    )


def _indices_of(ids: list[Any], items: IdIndex) -> NDArray[np.int32]:
    # A float would be cut to an integer, and True would be item 1.
    is_id = np.array([isinstance(value, int | str | np.integer) and not isinstance(value, bool) for value in ids])
    indices = np.full(len(ids), -1, dtype=np.int32)
    indices[is_id] = items.indices_of([value for value, fits in zip(ids, is_id.tolist(), strict=True) if fits])
    return indices
