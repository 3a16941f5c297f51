"""Posted lists: entries that somebody sent become Histories, and rows become what goes over the wire."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.history import one_person, some
from konomi.data.ratings import Histories, Status
from konomi.server import schemas
from konomi.server.errors import BadHistoryError
from konomi.server.schemas import Row
from konomi.server.served import STATUS_WORDS, Served, rating_or_none

_NUMBERS = {word: number for number, word in STATUS_WORDS.items()}


def histories_of(served: Served, entries: Sequence[schemas.Entry]) -> tuple[Histories, tuple[str, ...]]:
    """One person's rows, and what was left out: unknown ids are counted; of the same item the last counts.

    As Recommender.history, whose checks of types the wire format has made already, so that only arrays are left to
    do: a fifth of the time.
    Raises BadHistoryError if no id is known, or a rating is outside the data's scale.
    """
    catalog = served.recommender.catalog
    ids = [entry.item_id for entry in entries]
    rows = catalog.items.indices_of(ids)
    ratings = np.array([math.nan if one.rating is None else one.rating for one in entries])
    low, high = served.scale or (-math.inf, math.inf)
    outside = np.flatnonzero((ratings < low) | (ratings > high))
    if len(outside):
        wrong = entries[outside[0]]
        raise BadHistoryError(
            f"a rating of {wrong.rating:g} for {wrong.item_id} is outside the scale: "
            f"give {low:g} ... {high:g} or null"
        )
    unknown = [ids[place] for place in np.flatnonzero(rows < 0).tolist()]
    if len(unknown) == len(ids):
        raise BadHistoryError(
            f"none of the {len(ids)} ids of the history ({some(unknown)}) is among the {len(catalog):,} items"
        )
    places = list({row: place for place, row in enumerate(rows.tolist()) if row >= 0}.values())
    statuses = np.array([_NUMBERS[entry.status] for entry in entries])
    history = one_person(rows[places], ratings[places], statuses[places], n_items=len(catalog))
    note = (f"{len(unknown)} of {len(ids)} ids are unknown here and were left out: {some(unknown)}",)
    return history, note if unknown else ()


def rows_of(served: Served, histories: Histories, order: NDArray[Any] | None = None) -> list[Row]:
    """The rows of one person as they go over the wire, in this order (or as they stand)."""
    places = range(len(histories.item_index)) if order is None else order.tolist()
    return [
        Row(
            served.item(int(histories.item_index[place])),
            rating_or_none(float(histories.rating[place])),
            STATUS_WORDS.get(int(histories.status[place]), STATUS_WORDS[Status.UNKNOWN]),
        )
        for place in places
    ]


def best_first(histories: Histories) -> NDArray[np.int64]:
    """int64 (n_rows,): the rows from best rated to worst, the unrated last."""
    return np.argsort(-np.nan_to_num(histories.rating, nan=-np.inf), kind="stable")
