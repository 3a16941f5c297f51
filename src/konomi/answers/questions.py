"""What may be asked of a recommender, and what its answers remark."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError

PARTS_OF_A_LIST = ("seen", "planned", "dropped")

# Fewer rows than this, and an answer comes with the remark that it rests on little.
LITTLE_TO_GO_ON = 5


@dataclass(frozen=True, eq=False)
class Person:
    """Whom an answer is for: the rows of the list, the row number among the users, words for the query, notes."""

    rows: Histories
    user: int | None
    who: dict[str, Any]
    notes: tuple[str, ...]


def hidden(rows: Histories, exclude: Iterable[str]) -> NDArray[np.int32]:
    """The items of these parts of a list."""
    parts = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    for part in parts:
        check_choice("exclude", part, PARTS_OF_A_LIST)
    planned, dropped = rows.status == Status.PLANNED, rows.status == Status.DROPPED
    which = {"planned": planned, "dropped": dropped, "seen": ~planned & ~dropped}
    within = np.zeros(len(rows.item_index), dtype=np.bool_)
    for part in parts:
        within |= which[part]
    return rows.item_index[within]


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
    if n_rows >= LITTLE_TO_GO_ON:
        return ()
    return (f"there is little to go on: {whose} has {n_rows} rating{'' if n_rows == 1 else 's'}",)


def note_if_fewer_than_k(k: int, found: int) -> tuple[str, ...]:
    """The remark that there are fewer answers than asked for, if there are."""
    return (f"only {found} of the {k} asked for fit",) if found < k else ()
