"""Checks of what a question asks for, and the notes of its answer."""

from collections.abc import Iterable
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from konomi.answers.choices import PartOfList
from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError

PARTS_OF_A_LIST: tuple[PartOfList, ...] = get_args(PartOfList)

# An answer about a history with fewer rows has a note that says so.
FEW_RATINGS = 5


def excluded_items(rows: Histories, exclude: Iterable[str]) -> NDArray[np.int32]:
    """int32: the items in these parts of one person's list. Raises ConfigError for a word that is no part."""
    parts = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    for part in parts:
        check_choice("exclude", part, PARTS_OF_A_LIST)
    planned, dropped = rows.status == Status.PLANNED, rows.status == Status.DROPPED
    rows_of_part = {"planned": planned, "dropped": dropped, "seen": ~planned & ~dropped}
    is_excluded = np.zeros(len(rows.item_index), dtype=np.bool_)
    for part in parts:
        is_excluded |= rows_of_part[part]
    return rows.item_index[is_excluded]


def check_k(k: int, most: int, what: str) -> None:
    """Raises ConfigError if k is not 1 ... most."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= most:
        raise ConfigError(f"k={k} is out of range: there are {most:,} {what}, so ask for 1 ... {most}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raises ConfigError if the value is none of the choices."""
    if value not in choices:
        raise ConfigError(f"{name}={value!r} is not among the choices: {', '.join(choices)}")


def check_knob(name: str, value: Any, low: int) -> None:
    """Raises ConfigError if the value is no number from low to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not low <= value <= 1:
        raise ConfigError(f"{name}={value!r} is out of range: give a number from {low} to 1")


def check_explain(explain: Any) -> None:
    """Raises ConfigError if this is neither true, false nor how many reasons to give."""
    if not isinstance(explain, bool | int) or explain < 0:
        raise ConfigError(f"explain={explain!r} does not fit: give true, false or how many reasons")


def note_if_few_ratings(whose: str, n_rows: int) -> tuple[str, ...]:
    """The remark that an answer rests on little, if it does."""
    if n_rows >= FEW_RATINGS:
        return ()
    return (f"there is little to go on: {whose} has {n_rows} rating{'' if n_rows == 1 else 's'}",)


def note_if_fewer_than_k(k: int, found: int) -> tuple[str, ...]:
    """The remark that there are fewer answers than asked for, if there are."""
    return (f"only {found} of the {k} asked for fit",) if found < k else ()
