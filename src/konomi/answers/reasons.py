"""Reasons: the titles of a history and what each adds to a score, exactly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.answers.results import Reason
from konomi.data.catalog import Catalog


def reasons(
    catalog: Catalog, item_index: NDArray[Any], shares: NDArray[np.float32], explain: bool | int
) -> list[tuple[Reason, ...]]:
    """For each column of `shares` the titles whose share is not zero, the largest first.

    item_index : int32 (n_rows,), the titles; shares : float32 (n_rows, k).
    explain    : True for all of them, or their maximum number.
    """
    n_reasons = len(item_index) if explain is True else int(explain)
    order = np.argsort(-shares, axis=0, kind="stable")[:n_reasons]
    values = np.take_along_axis(shares, order, axis=0).T.tolist()
    titles = catalog.columns().titles
    ids = catalog.items.ids[item_index].tolist()
    names = [titles[item] for item in item_index.tolist()]
    return [
        tuple(Reason(ids[row], names[row], value) for row, value in zip(rows, column, strict=True) if value)
        for rows, column in zip(order.T.tolist(), values, strict=True)
    ]
