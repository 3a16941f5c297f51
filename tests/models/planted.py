"""A dataset with planted tastes: two groups of people who watch two groups of items, and every edge beside them."""

import numpy as np
import polars as pl

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Ratings

N_USERS, N_ITEMS = 120, 30
UNRATED, LONELY = 29, 28


def planted(seed: int = 0) -> Dataset:
    """Even users watch items 0-13 and odd users items 14-27, six to ten each, with ratings 1-10.

    Nobody watched item 29; item 28 has one watcher, user 0, who watched nothing else. All ratings of user 1 are
    equal, and user 2 rated nothing. Item 29 bears the franchise of item 0.
    """
    rng = np.random.default_rng(seed)
    offsets, items, codes = [0], [], []
    for user in range(N_USERS):
        own = np.arange(14) + 14 * (user % 2)
        seen = np.array([LONELY]) if user == 0 else np.sort(rng.permutation(own)[: rng.integers(6, 11)])
        code = rng.integers(1, 11, len(seen))
        code[:] = 8 if user == 1 else 0 if user == 2 else code
        items.append(seen)
        codes.append(code)
        offsets.append(offsets[-1] + len(seen))
    index = IdIndex(np.arange(N_ITEMS), "item")
    item_index = np.concatenate(items).astype(np.uint16)
    ratings = Ratings(
        np.array(offsets, dtype=np.int64),
        item_index,
        np.concatenate(codes).astype(np.uint8),
        np.array([np.nan, *range(1, 11)], dtype=np.float32),
        np.full(len(item_index), 2, dtype=np.uint8),
        IdIndex(np.arange(N_USERS), "user"),
        index,
    )
    franchise = ["Zero" if item in (0, UNRATED) else None for item in range(N_ITEMS)]
    known = pl.DataFrame(
        {
            "item_id": list(range(N_ITEMS)),
            "genres": [["Action"] if item < 14 else ["Romance"] for item in range(N_ITEMS)],
            "franchise": franchise,
        }
    )
    return Dataset(ratings, Catalog.of(index, known))
