"""Genres as vectors: what the catalog says two items have in common."""

import numpy as np
from numpy.typing import NDArray

from konomi.data.catalog import Catalog

# The most frequent genres; a catalog of free tags would make a wide matrix of names that say little.
_MOST = 256


def genre_vectors(catalog: Catalog) -> NDArray[np.float32]:
    """float32 (n_items, n_genres), unit length: 1 + log(n_items / items of the genre) for each genre an item has.

    An item without a genre is a zero row; genres are ordered by their number of items, ties by name.
    """
    listed = [list(dict.fromkeys(genres or [])) for genres in catalog.frame["genres"].to_list()]
    count: dict[str, int] = {}
    for genres in listed:
        for genre in genres:
            count[genre] = count.get(genre, 0) + 1
    kept = sorted(count, key=lambda genre: (-count[genre], genre))[:_MOST]
    column = {genre: place for place, genre in enumerate(kept)}
    vectors = np.zeros((len(listed), max(len(kept), 1)), dtype=np.float32)
    for row, genres in enumerate(listed):
        for genre in genres:
            if genre in column:
                vectors[row, column[genre]] = 1 + np.log(len(listed) / count[genre])
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), dtype=np.float32)
