"""The linear model's two sparse tables, made from the inverse: weights, and who is similar."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from konomi.data.ratings import Histories
from konomi.kernels.sparse import add_rows, add_rows_of_many
from konomi.models.linear.inverse import Inverse
from konomi.models.linear.strong_inverse import StrongInverse
from konomi.storage.arrays import INDEX, Spec, check_arrays, check_indices, check_offsets

_BLOCK = 256
# Up to so many people are not worth waking other threads for.
_FEW = 8


# A column of so many entries costs no time.
_FEW_ENTRIES = 64
# A partial correlation below this is what rounding leaves of none.
_ROUNDING = 3e-7


@dataclass(frozen=True, eq=False)
class Table:
    """A sparse n_items x n_items matrix by rows.

    offsets : int64 (n_items + 1,). items : uint16 or int32 (nnz,), columns, ascending in a row.
    values  : float32 (nnz,).
    """

    offsets: NDArray[np.int64]
    items: NDArray[Any]
    values: NDArray[np.float32]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str, *, n_items: int) -> "Table":
        """The table in the arrays `name`_offsets, `name`_items and `name`_values, checked: loops index by it.

        Raises ValueError.
        """
        specs = {
            f"{name}_offsets": Spec(("int64",), (n_items + 1,)),
            f"{name}_items": Spec(INDEX, ("entries",)),
            f"{name}_values": Spec(("float32",), ("entries",)),
        }
        n_entries = check_arrays(arrays, specs)["entries"]
        offsets, items, values = (arrays[one] for one in specs)
        check_offsets(f"{name}_offsets", offsets, total=n_entries)
        check_indices(f"{name}_items", items, below=n_items)
        return cls(offsets, items, values)


def sums_of_rows(table: Table, histories: Histories, value: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (m, n_items): for each person the rows of the history's items, times `value` (n_rows,), added up."""
    out = np.zeros((len(histories), histories.n_items), dtype=np.float32)
    add = add_rows if len(histories) < _FEW else add_rows_of_many
    add(histories.offsets, histories.item_index, value, table.offsets, table.items, table.values, out)
    return out


def weight_table(P: NDArray[np.float32], *, sharpness: float, kept: int) -> Table:
    """W[i, j] = sign(B) |B|^sharpness, B[i, j] = -P[i, j] / P[j, j]; of each column the `kept` largest sizes."""
    diagonal = P.diagonal().copy()

    def into(start: int, stop: int) -> NDArray[np.float32]:
        # Row j of the symmetric P is its column j: all weights into item j.
        return np.asarray(P[start:stop] / -diagonal[start:stop, None], dtype=np.float32)

    # The power changes no order, so it is taken of what is kept.
    return sharpened(_strongest(len(P), into, kept, by_column=True), sharpness)


def sharpened(B: Table, sharpness: float) -> Table:
    """sign(B) |B|^sharpness."""
    return replace(B, values=np.sign(B.values) * np.abs(B.values) ** np.float32(sharpness))


def prune_weak(table: Table, share: float) -> Table:
    """The table without the entries smaller than this share of the largest size in their column.

    Columns of a few entries stay whole: of a title that nobody has rated, the weights of what everybody has seen of
    its franchise are tiny beside that of what nobody has.
    """
    size = np.abs(table.values)
    n = len(table.offsets) - 1
    largest = np.zeros(n, dtype=np.float32)
    np.maximum.at(largest, table.items, size)
    few = np.bincount(table.items, minlength=n) <= _FEW_ENTRIES
    kept = few[table.items] | (size >= np.float32(share) * largest[table.items])
    offsets = np.concatenate([[0], np.cumsum(kept)])[table.offsets].astype(np.int64)
    return Table(offsets, table.items[kept], table.values[kept])


def table_of_columns(n: int, columns: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]]) -> Table:
    """The n x n table whose columns are these: rows, ascending, and values."""
    return _table(n, columns, by_column=True)


def strongest_rows(n: int, rows: Callable[[int, int], NDArray[np.float32]], kept: int) -> Table:
    """For each column of a symmetric n x n matrix the `kept` largest sizes; rows(start, stop) gives its rows."""
    return _strongest(n, rows, kept, by_column=True)


def similarity_table(P: Inverse | StrongInverse, genre_vectors: NDArray[np.float32], *, kept: int) -> Table:
    """Of each item the `kept` most similar others: sqrt(c (1 + g) / 2) where the partial correlation c > 0.

    P             : at the ridge of similarity, times any factor; c[i, j] = -P[i, j] / sqrt(P[i, i] P[j, j]).
    genre_vectors : float32 (n_items, n_genres), unit length or zero; g is their cosine, in [0, 1].
    The root spreads the small numbers that partial correlations are over [0, 1] and changes no order.
    """
    scale = 1 / np.sqrt(P.diagonal())
    n = len(scale)

    def of(start: int, stop: int) -> NDArray[np.float32]:
        correlation = -P.rows(start, stop) * scale[start:stop, None] * scale
        correlation[correlation < _ROUNDING] = 0
        agreement = (1 + genre_vectors[start:stop] @ genre_vectors.T) / 2
        return np.asarray(np.sqrt(np.minimum(correlation * agreement, 1)), dtype=np.float32)

    return _strongest(n, of, kept, by_column=False)


def _strongest(n: int, rows: Callable[[int, int], NDArray[np.float32]], kept: int, *, by_column: bool) -> Table:
    """The `kept` largest sizes of each row that rows(start, stop) gives, the diagonal left out.

    by_column : these rows are the columns of the table.
    """
    kept = min(kept, n - 1)

    def strongest(start: int) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        stop = min(start + _BLOCK, n)
        block = rows(start, stop)
        block[np.arange(stop - start), np.arange(start, stop)] = 0
        if kept < n - 1:
            chosen = np.argpartition(-np.abs(block), kept, axis=1)[:, :kept]
            chosen.sort(axis=1)
        else:
            chosen = np.tile(np.arange(n), (stop - start, 1))
        found = np.take_along_axis(block, chosen, axis=1)
        worth = found != 0
        return [
            (one[own].astype(np.int32), value[own]) for one, value, own in zip(chosen, found, worth, strict=True)
        ]

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        parts = list(threads.map(strongest, range(0, n, _BLOCK)))
    return _table(n, [row for part in parts for row in part], by_column=by_column)


def _table(n: int, rows: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]], *, by_column: bool) -> Table:
    """The table of these rows, each its ascending columns and their values; by_column: the rows are its columns."""
    offsets = np.zeros(n + 1, dtype=np.int64)
    np.cumsum([len(items) for items, _ in rows], out=offsets[1:])
    items, values = np.concatenate([items for items, _ in rows]), np.concatenate([values for _, values in rows])
    matrix = sp.csr_array((values, items, offsets), shape=(n, n))
    if by_column:
        matrix = matrix.T.tocsr()
    narrow = np.uint16 if n <= 1 << 16 else np.int32
    return Table(matrix.indptr.astype(np.int64), matrix.indices.astype(narrow), matrix.data)
