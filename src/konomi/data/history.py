"""One person's rows from what somebody hands over: ids, ratings, statuses."""

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
    """One title of a list: its id, its rating (None = not rated) and how far somebody is with it."""

    item_id: Id
    rating: float | None = None
    status: Status | int | str = Status.UNKNOWN


def history_of(rated: Rated, items: IdIndex, levels: NDArray[np.float32]) -> tuple[Histories, tuple[str, ...]]:
    """One new person's rows, and notes on what was left out.

    rated  : item id -> rating, item id -> (rating, status), or Entries; of the same item the last counts.
             A rating is None (not rated) or within the data's scale; a status a Status, its number or its name.
    levels : as in Ratings, the ratings that the data holds.
    Raises UnknownIdError if no id is known, ConfigError on an empty history, a rating outside the scale or an
    unknown status.
    """
    entries = list(_entries(rated))
    if not entries:
        raise ConfigError("the history is empty: give at least one title that the person has seen")
    low, high = scale(levels)
    ratings = [_rating(entry, low, high) for entry in entries]
    statuses = [_status(entry) for entry in entries]
    rows = _rows_of([entry.item_id for entry in entries], items)
    unknown = [entry.item_id for entry, row in zip(entries, rows.tolist(), strict=True) if row < 0]
    if len(unknown) == len(entries):
        raise UnknownIdError(
            f"none of the {len(entries)} ids of the history ({some(unknown)}) is among the {len(items):,} items"
        )
    places = list({row: place for place, row in enumerate(rows.tolist()) if row >= 0}.values())
    history = one_person(rows[places], np.array(ratings)[places], np.array(statuses)[places], n_items=len(items))
    note = (f"{len(unknown)} of {len(entries)} ids are unknown here and were left out: {some(unknown)}",)
    return history, note if unknown else ()


def one_person(
    item_index: NDArray[Any],
    rating: NDArray[Any],
    status: NDArray[Any] | None = None,
    *,
    n_items: int,
) -> Histories:
    """One person's rows as Histories."""
    return Histories(
        np.array([0, len(item_index)], dtype=np.int64),
        item_index.astype(np.int32),
        rating.astype(np.float32),
        np.full(len(item_index), Status.UNKNOWN, dtype=np.uint8) if status is None else status.astype(np.uint8),
        n_items,
    )


def scale(levels: NDArray[np.float32]) -> tuple[float, float]:
    """The least and the greatest rating of the data; infinite where nobody rated."""
    return (float(levels[1]), float(levels[-1])) if len(levels) > 1 else (-math.inf, math.inf)


def some(ids: Sequence[Any]) -> str:
    """The first few ids, for a message."""
    return ", ".join(map(str, ids[:5])) + (", ..." if len(ids) > 5 else "")


def _entries(rated: Rated) -> Iterable[Entry]:
    if isinstance(rated, Mapping):
        for one, value in rated.items():
            if isinstance(value, tuple | list):
                if len(value) != 2:
                    raise ConfigError(f"{value!r} for {one} does not fit: give a rating, or a rating and a status")
                yield Entry(one, value[0], value[1])
            else:
                yield Entry(one, value)
        return
    for entry in rated:
        if not isinstance(entry, Entry):
            raise ConfigError(f"{entry!r} does not fit: give a mapping of ids to ratings, or a list of Entry")
        yield entry


def _rating(entry: Entry, low: float, high: float) -> float:
    rating = entry.rating
    if rating is None:
        return math.nan
    if (
        type(rating) in (int, float) and low <= rating <= high
    ):  # the usual case, without the cost of an abstract class
        return float(rating)
    if isinstance(rating, bool | np.bool_) or not isinstance(rating, numbers.Real) or not low <= rating <= high:
        raise ConfigError(
            f"a rating of {rating} for {entry.item_id} is outside the scale: give {low:g} ... {high:g} or None"
        )
    return float(rating)


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


def _rows_of(ids: list[Any], items: IdIndex) -> NDArray[np.int32]:
    # A float would be cut to an integer, and True would be item 1.
    fits = np.array([isinstance(one, int | str | np.integer) and not isinstance(one, bool) for one in ids])
    rows = np.full(len(ids), -1, dtype=np.int32)
    rows[fits] = items.indices_of([one for one, is_id in zip(ids, fits.tolist(), strict=True) if is_id])
    return rows
