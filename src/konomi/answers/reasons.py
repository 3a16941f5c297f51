"""Reasons: the titles of a history and what each adds to a score, exactly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.answers.results import Reason
from konomi.data.catalog import Catalog

# What stands for a title where popularity is the reason.
WIDELY_WATCHED = "widely watched"


def reasons(
    catalog: Catalog,
    item_index: NDArray[Any],
    shares: NDArray[np.float32],
    explain: bool | int,
    *,
    popularity: NDArray[np.float32] | None = None,
) -> list[tuple[Reason, ...]]:
    """For each column of `shares` the reasons that are not zero, the largest first.

    item_index : int32 (n_rows,), the titles; shares : float32 (n_rows, k).
    explain    : True for all of them, or their maximum number.
    popularity : float32 (k,), what popularity adds to each score; None: nothing.
    """
    titles = catalog.columns().titles
    known = [
        (item_id, titles[row], "watched")
        for item_id, row in zip(catalog.items.ids[item_index].tolist(), item_index.tolist(), strict=True)
    ]
    if popularity is not None and popularity.any():
        known.append((None, WIDELY_WATCHED, "popularity"))
        shares = np.vstack([shares, popularity])
    n_reasons = len(known) if explain is True else int(explain)
    order = np.argsort(-shares, axis=0, kind="stable")[:n_reasons]
    values = np.take_along_axis(shares, order, axis=0).T.tolist()
    return [
        tuple(
            Reason(known[row][0], known[row][1], value, known[row][2])
            for row, value in zip(rows, column, strict=True)
            if value
        )
        for rows, column in zip(order.T.tolist(), values, strict=True)
    ]
