"""Checks of the values of a question, and the notes of its answer."""

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
# Items of equal similarity are left out of an answer that has no room for all of them if there are more than this.
MAX_TIES = 20


def excluded_items(rows: Histories, exclude: Iterable[str]) -> NDArray[np.int32]:
    """int32 (n,): the items in these parts of one person's list. Raises ConfigError for an unknown part."""
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
    """Raises ConfigError if k is not an integer from 1 to `most`, the number of `what`."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= most:
        raise ConfigError(f"k={k} is out of range: there are {most:,} {what}, so ask for 1 ... {most}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raises ConfigError if the value is not one of the choices."""
    if value not in choices:
        raise ConfigError(f"{name}={value!r} is not among the choices: {', '.join(choices)}")


def check_knob(name: str, value: Any, low: int) -> None:
    """Raises ConfigError if the value is not a number from `low` to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not low <= value <= 1:
        raise ConfigError(f"{name}={value!r} is out of range: give a number from {low} to 1")


def check_explain(explain: Any) -> None:
    """Raises ConfigError if the value is neither a boolean nor a number of reasons."""
    if not isinstance(explain, bool | int) or explain < 0:
        raise ConfigError(f"explain={explain!r} does not fit: give true, false or the number of reasons")


def note_if_few_ratings(whose: str, n_rows: int) -> tuple[str, ...]:
    """A note if the answer is about fewer than FEW_RATINGS rows."""
    if n_rows >= FEW_RATINGS:
        return ()
    return (f"there is little to go on: {whose} has {n_rows} rating{'' if n_rows == 1 else 's'}",)


def note_if_fewer_than_k(k: int, found: int) -> tuple[str, ...]:
    """A note if fewer than k items were found."""
    return (f"only {found} of the {k} asked for fit",) if found < k else ()


def without_cut_ties(
    similarity: NDArray[np.float32], best: NDArray[np.int32], allowed: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """`best` without its last items if they are some of many that tie, and the note that says so.

    similarity : float32 (n_items,).
    best       : int32 (k,), the items of an answer, ordered by similarity.
    allowed    : bool (n_items,), the items from which they were chosen.
    """
    if len(best) == 0:
        return best, ()
    last = similarity[best[-1]]
    n_ties = int(np.count_nonzero(similarity[allowed] == last))
    others = best[similarity[best] != last]
    if n_ties <= MAX_TIES or len(others) + n_ties == len(best):
        return best, ()
    note = f"{n_ties:,} items have the same similarity, {last:.3f}: they have no order, so none of them is listed"
    return others, (note,)
