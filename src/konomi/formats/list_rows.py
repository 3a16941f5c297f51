"""What a person's list says, before it is matched with a catalog."""

from dataclasses import dataclass
from typing import Any

from konomi.data.ratings import Status
from konomi.errors import InputFileError

# A list of more entries is no person's.
MAX_ENTRIES = 100_000
# A list of 50 MB has about half as many values; each takes more memory than it has bytes in the file.
_MAX_VALUES = 3_000_000
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One title of a list.

    item_id  : its id as the file has it, None if it has none.
    titles   : its titles, the main one first; empty if the file has none.
    rating   : None = not rated.
    type, episodes, year : what the file says of it, to tell items of one title apart.
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
    """A list as its file has it, each title once.

    ids_are_mal : whether `item_id` is MyAnimeList's by the nature of the file.
    """

    source: str
    user_name: str
    entries: list[ListEntry]
    ids_are_mal: bool
    notes: tuple[str, ...] = ()


def check_n_entries(n_entries: int, name: str) -> None:
    """Raises InputFileError if a list grows too long."""
    if n_entries > MAX_ENTRIES:
        raise InputFileError(f"{name} holds more than {MAX_ENTRIES:,} entries: that is no person's list")


def check_n_values(n_values: int, name: str) -> None:
    """Raises InputFileError if a file holds far more values than the list of any person."""
    if n_values > _MAX_VALUES:
        raise InputFileError(f"{name} holds more than {_MAX_VALUES:,} values: that is no person's list")


def whole_number(value: Any) -> int | None:
    """A whole number from 0 on, or None where `value` is none."""
    if isinstance(value, str):
        value = value.strip()
        value = int(value) if value.isdecimal() and len(value) < 20 else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_ID:
        return None
    return value
