"""A user's list before it is matched with a catalog."""

from dataclasses import dataclass
from typing import Any

from konomi.data.ratings import Status
from konomi.errors import InputFileError

# No user's list is longer.
MAX_ENTRIES = 100_000
# A list of 50 MB has about half this number of values. A value takes more memory than bytes in the file.
_MAX_VALUES = 3_000_000
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One title of a list.

    item_id  : the id in the file, None if there is none.
    titles   : the titles in the file, the main one first; may be empty.
    rating   : None = not rated.
    type, episodes, year : facts that distinguish items with the same title.
    """

    item_id: Any
    titles: tuple[str, ...]
    rating: float | None
    status: Status
    type: str = ""
    episodes: int | None = None
    year: int | None = None


@dataclass(frozen=True)
class ListRows:
    """The entries of a list, each title once.

    ids_are_mal : whether files of this format have MyAnimeList's ids.
    """

    source: str
    user_name: str
    entries: list[ListEntry]
    ids_are_mal: bool
    notes: tuple[str, ...] = ()


def check_n_entries(n_entries: int, name: str) -> None:
    """Raises InputFileError if a list has too many entries."""
    if n_entries > MAX_ENTRIES:
        raise InputFileError(f"{name} holds more than {MAX_ENTRIES:,} entries: give one user's list")


def check_n_values(n_values: int, name: str) -> None:
    """Raises InputFileError if a file has far more values than any user's list."""
    if n_values > _MAX_VALUES:
        raise InputFileError(f"{name} holds more than {_MAX_VALUES:,} values: give one user's list")


def whole_number(value: Any) -> int | None:
    """`value` as an integer of 0 or more; None if it is not one."""
    if isinstance(value, str):
        value = value.strip()
        value = int(value) if value.isdecimal() and len(value) < 20 else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_ID:
        return None
    return value
