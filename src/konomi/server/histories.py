"""Posted entries become Histories, and rows of Histories become rows of an answer."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.history import history_of_columns
from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError, UnknownIdError
from konomi.server import schemas
from konomi.server.errors import BadHistoryError
from konomi.server.schemas import Row
from konomi.server.served_model import STATUS_WORDS, ServedModel, rating_or_none

_NUMBERS = {word: number for number, word in STATUS_WORDS.items()}


def histories_of(served: ServedModel, entries: Sequence[schemas.Entry]) -> tuple[Histories, tuple[str, ...]]:
    """One user's rows, and notes about unknown ids. Of two entries for one item the last one counts.

    It takes a fifth of the time of `history_of`, since the types of the entries are checked already.
    Raises BadHistoryError if no id is known, or a rating is outside the data's scale.
    """
    items = served.recommender.catalog.items
    ids = [entry.item_id for entry in entries]
    rating = np.array([math.nan if entry.rating is None else entry.rating for entry in entries])
    status = np.array([_NUMBERS[entry.status] for entry in entries], dtype=np.uint8)
    levels = served.recommender.ratings.levels
    try:
        return history_of_columns(
            ids, items.indices_of(ids), rating, status, items=items, levels=levels, unrated="null"
        )
    except (ConfigError, UnknownIdError) as error:
        raise BadHistoryError(str(error)) from error


def rows_of(served: ServedModel, histories: Histories, order: NDArray[Any] | None = None) -> list[Row]:
    """The rows of one user as rows of an answer, in this order or in their own."""
    rows = range(len(histories.item_index)) if order is None else order.tolist()
    return [
        Row(
            served.item(int(histories.item_index[row])),
            rating_or_none(float(histories.rating[row])),
            STATUS_WORDS.get(int(histories.status[row]), STATUS_WORDS[Status.UNKNOWN]),
        )
        for row in rows
    ]


def best_first(histories: Histories) -> NDArray[np.int64]:
    """int64 (n_rows,): the rows from the best rated to the worst, unrated rows last."""
    return np.argsort(-np.nan_to_num(histories.rating, nan=-np.inf), kind="stable")
