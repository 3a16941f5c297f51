"""The linear model's two tables: weights between items, and each item's most similar items."""

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from konomi.models.table import Table, strongest_of_rows

# Partial correlations below this are rounding errors of zero.
_ROUNDING = 3e-7


class InverseRows(Protocol):
    """The inverse of a ridged Gram matrix, times any factor above 0."""

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """float32 (stop - start, n_items)."""

    def diagonal(self) -> NDArray[np.float32]:
        """float32 (n_items,)."""


def sharpened(B: Table, sharpness: float) -> Table:
    """sign(B) |B|^sharpness."""
    return replace(B, values=np.sign(B.values) * np.abs(B.values) ** np.float32(sharpness))


def prune_weak(table: Table, *, min_share: float, n_exempt: int) -> Table:
    """The table without the entries whose size is below `min_share` of the largest size in their column.

    n_exempt : columns with at most this number of entries stay whole. For an item without ratings, the weights of
               the rated items of its franchise are tiny next to those of the unrated ones.
    """
    size = np.abs(table.values)
    largest = np.zeros(table.n_items, dtype=np.float32)
    np.maximum.at(largest, table.items, size)
    is_exempt = np.bincount(table.items, minlength=table.n_items) <= n_exempt
    kept = is_exempt[table.items] | (size >= np.float32(min_share) * largest[table.items])
    offsets = np.concatenate([[0], np.cumsum(kept)])[table.offsets].astype(np.int64)
    return Table(offsets, table.items[kept], table.values[kept])


def weights_of_inverse(P: NDArray[np.float32], *, kept: int) -> Table:
    """B[i, j] = -P[i, j] / P[j, j]; of each column the `kept` largest sizes."""
    diagonal = P.diagonal().copy()

    def columns(start: int, stop: int) -> NDArray[np.float32]:
        # P is symmetric: its rows are its columns.
        return np.asarray(P[start:stop] / -diagonal[start:stop, None], dtype=np.float32)

    return Table.of_columns(strongest_of_rows(len(P), columns, kept=kept))


def similarity_table(P: InverseRows, genre_vectors: NDArray[np.float32], *, kept: int) -> Table:
    """Of each item the `kept` most similar others: sqrt(c (1 + g) / 2) where the partial correlation c is above 0.

    P             : at the ridge of similarity; c[i, j] = -P[i, j] / sqrt(P[i, i] P[j, j]).
    genre_vectors : float32 (n_items, n_genres), unit length or zero; g is their cosine, in [0, 1].
    Partial correlations are small. The root spreads them over [0, 1] and changes no order.
    """
    scale = 1 / np.sqrt(P.diagonal())

    def similarities(start: int, stop: int) -> NDArray[np.float32]:
        correlation = -P.rows(start, stop) * scale[start:stop, None] * scale
        correlation[correlation < _ROUNDING] = 0
        agreement = (1 + genre_vectors[start:stop] @ genre_vectors.T) / 2
        return np.asarray(np.sqrt(np.minimum(correlation * agreement, 1)), dtype=np.float32)

    return Table.of_rows(strongest_of_rows(len(scale), similarities, kept=kept))
