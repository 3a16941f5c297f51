"""A sparse table between items: sums of its rows over histories, and how it is built from rows or columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.data.blocks import in_blocks
from konomi.data.ids import index_dtype
from konomi.data.ratings import Histories
from konomi.kernels.sparse import add_rows, add_rows_of_many, terms
from konomi.storage.arrays import INDEX, Spec, check_arrays, check_indices, check_offsets

_BLOCK = 256
# Below this number of people one thread is done before others would have started.
_MIN_PARALLEL_PEOPLE = 8

# Of one row the columns, int32, ascending, and the values, float32; or of one column the rows and the values.
Entries = tuple[NDArray[np.int32], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Table:
    """A sparse n_items x n_items matrix by rows.

    offsets : int64 (n_items + 1,). items : uint16 or int32 (nnz,), columns, ascending within a row.
    values  : float32 (nnz,).
    """

    offsets: NDArray[np.int64]
    items: NDArray[Any]
    values: NDArray[np.float32]

    @property
    def n_items(self) -> int:
        return len(self.offsets) - 1

    def row(self, item: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """The columns and the values of one row."""
        entries = slice(self.offsets[item], self.offsets[item + 1])
        return self.items[entries], self.values[entries]

    def sums(
        self, histories: Histories, value: NDArray[np.float32], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """float32 (m, n_items): for each person the sum of the rows of the history's items, each times its value.

        value : float32 (n_rows,), of each row of the histories.
        out   : float32 (m, n_items), C order, which the sums are added to; None: zeros.
        """
        if out is None:
            out = np.zeros((len(histories), histories.n_items), dtype=np.float32)
        add = add_rows if len(histories) < _MIN_PARALLEL_PEOPLE else add_rows_of_many
        add(histories.offsets, histories.item_index, value, self.offsets, self.items, self.values, out)
        return out

    def terms(self, history: Histories, value: NDArray[np.float32], items: NDArray[Any]) -> NDArray[np.float32]:
        """float32 (n_rows, len(items)): what each row of a history adds to the sums in the columns `items`.

        value : float32 (n_rows,), of each row of the history.
        """
        asked, column = np.unique(np.asarray(items), return_inverse=True)
        column_of = np.full(self.n_items, -1, dtype=np.int32)
        column_of[asked] = np.arange(len(asked))
        out = np.zeros((len(value), len(asked)), dtype=np.float32)
        terms(history.item_index, value, self.offsets, self.items, self.values, column_of, out)
        return out[:, column]

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """`name`_offsets, `name`_items and `name`_values, from which `from_arrays` makes the table."""
        return {f"{name}_offsets": self.offsets, f"{name}_items": self.items, f"{name}_values": self.values}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str, *, n_items: int) -> "Table":
        """The table in the arrays `name`_offsets, `name`_items and `name`_values.

        Everything that compiled loops use as an index is checked. Raises ValueError.
        """
        specs = {
            f"{name}_offsets": Spec(("int64",), (n_items + 1,)),
            f"{name}_items": Spec(INDEX, ("entries",)),
            f"{name}_values": Spec(("float32",), ("entries",)),
        }
        n_entries = check_arrays(arrays, specs)["entries"]
        offsets, items, values = (arrays[key] for key in specs)
        check_offsets(f"{name}_offsets", offsets, total=n_entries)
        check_indices(f"{name}_items", items, below=n_items)
        return cls(offsets, items, values)

    @classmethod
    def of_rows(cls, rows: Sequence[Entries]) -> "Table":
        """The table with these rows: of each the columns, ascending, and the values."""
        offsets, items, values = _joined(rows)
        return cls(offsets, items.astype(index_dtype(len(rows))), values)

    @classmethod
    def of_columns(cls, columns: Sequence[Entries]) -> "Table":
        """The table with these columns: of each the rows, ascending, and the values."""
        n = len(columns)
        offsets, items, values = _joined(columns)
        matrix = sp.csr_array((values, items, offsets), shape=(n, n)).T.tocsr()
        return cls(matrix.indptr.astype(np.int64), matrix.indices.astype(index_dtype(n)), matrix.data)


def strongest_of_rows(n: int, rows: Callable[[int, int], NDArray[np.float32]], *, kept: int) -> list[Entries]:
    """Of each row of an n x n matrix the columns, ascending, and the values of the `kept` entries of largest size.

    rows : (start, stop) -> float32 (stop - start, n), rows of the matrix, which may be overwritten.
    The diagonal and zeros are left out. Threads change no bit.
    """
    kept = min(kept, n - 1)

    def strongest(part: slice) -> list[Entries]:
        block = rows(part.start, part.stop)
        block[np.arange(len(block)), np.arange(part.start, part.stop)] = 0
        if kept < n - 1:
            chosen = np.argpartition(-np.abs(block), kept, axis=1)[:, :kept]
            chosen.sort(axis=1)
        else:
            chosen = np.tile(np.arange(n), (len(block), 1))
        values = np.take_along_axis(block, chosen, axis=1)
        return [
            (columns[value != 0].astype(np.int32), value[value != 0])
            for columns, value in zip(chosen, values, strict=True)
        ]

    return [row for part in in_blocks(strongest, n, _BLOCK) for row in part]


def _joined(lists: Sequence[Entries]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Offsets, indices and values of all lists, one after another."""
    offsets = np.zeros(len(lists) + 1, dtype=np.int64)
    np.cumsum([len(indices) for indices, _ in lists], out=offsets[1:])
    return (
        offsets,
        np.concatenate([indices for indices, _ in lists]),
        np.concatenate([values for _, values in lists]),
    )
