"""Neighborhood: the classics, item-kNN and user-kNN, by cosine that shrinks where little is shared."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ids import index_dtype
from konomi.data.ratings import Histories, Status
from konomi.errors import TrainingError, UnsupportedError
from konomi.models.config import check_range
from konomi.models.gram import Gram
from konomi.models.table import Table, strongest_of_rows
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import INDEX, Spec, check_arrays, check_indices, check_offsets

_USER_ARRAYS = {
    "offsets": Spec(("int64",), (None,)),
    "item_index": Spec(INDEX, ("n_rows",)),
    "item_counts": Spec(("int64",), ("n_items",)),
}


@dataclass(frozen=True, kw_only=True)
class ItemKnnConfig:
    """The settings of item-kNN."""

    kept_neighbors: int = 200
    """So many nearest items vote for each item, at least 1."""

    shrinkage: float = 20.0
    """So many watchers are added to the denominator of the cosine, at least 0: rare items are like nothing much."""

    def __post_init__(self) -> None:
        check_range("kept_neighbors", self.kept_neighbors, low=1)
        check_range("shrinkage", self.shrinkage, low=0)


@dataclass(frozen=True, kw_only=True)
class UserKnnConfig:
    """The settings of user-kNN."""

    neighbors: int = 100
    """So many nearest users vote, at least 1."""

    shrinkage: float = 10.0
    """So many titles are added to the denominator of the cosine, at least 0: short lists are like nothing much."""

    def __post_init__(self) -> None:
        check_range("neighbors", self.neighbors, low=1)
        check_range("shrinkage", self.shrinkage, low=0)


@dataclass(frozen=True, eq=False)
class ItemKnnModel:
    """Score of item j = sum of s(i, j) over the history's items i among j's nearest.

    s(i, j) = G[i, j] / (sqrt(G[i, i] G[j, j]) + shrinkage), G as in `Gram`.
    similar     : of each column the nearest items, by rows. watch_counts : int64 (n_items,), watchers.
    Source: Sarwar et al. 2001, Item-based collaborative filtering, section 3.1.1; Deshpande and Karypis 2004.
    """

    name: ClassVar[str] = "item-knn"

    config: ItemKnnConfig
    similar: Table
    watch_counts: NDArray[np.int64]

    @property
    def n_items(self) -> int:
        return len(self.watch_counts)

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): the history's similarities added up."""
        del users
        seen = histories.watched()
        return self.similar.sums(seen, np.ones(len(seen.item_index), dtype=np.float32))

    def contributions(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:
        """float32 (n_rows, len(items)): what each row of one person adds to each item's score; a planned row 0."""
        value = (history.status != Status.PLANNED).astype(np.float32)
        return self.similar.terms(history, value, items)

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """float32 (n_items,), [0, 1): s(i, j) where one of i and j is among the other's nearest, else 0."""
        S = self.similar
        similarity = np.zeros(self.n_items, dtype=np.float32)
        items, values = S.row(item_index)
        similarity[items] = values
        into = np.flatnonzero(S.items == item_index)
        similarity[np.searchsorted(S.offsets, into, side="right") - 1] = S.values[into]
        return similarity

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """Raises UnsupportedError: item-kNN keeps no users."""
        del history, user_index
        raise UnsupportedError("item-knn cannot say who is similar: train linear, spectral or user-knn for that")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`similar_offsets`, `similar_items`, `similar_values`, `item_counts`."""
        return {**self.similar.arrays("similar"), "item_counts": self.watch_counts}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: ItemKnnConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        n_items = check_arrays(arrays, {"item_counts": Spec(("int64",), ("n_items",))})["n_items"]
        return cls(config, Table.from_arrays(arrays, "similar", n_items=n_items), arrays["item_counts"])


@dataclass(frozen=True, eq=False)
class UserKnnModel:
    """Score of item j = sum of s(u, v) over the nearest training users v who watched j.

    s(u, v) = |u and v| / (sqrt(|u| |v|) + shrinkage), |.| counting titles; oneself left out.
    offsets     : int64 (n_users + 1,) and item_index : uint16 or int32 (n_rows,), what each user watched.
    watch_counts: int64 (n_items,), watchers.
    Source: Herlocker et al. 1999, An algorithmic framework for performing collaborative filtering.
    """

    name: ClassVar[str] = "user-knn"

    config: UserKnnConfig
    offsets: NDArray[np.int64]
    item_index: NDArray[Any]
    watch_counts: NDArray[np.int64]

    @property
    def n_items(self) -> int:
        return len(self.watch_counts)

    @property
    def n_users(self) -> int:
        return len(self.offsets) - 1

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): the similarities of the neighbors who watched each item, added up.

        users : row numbers of people who are training users, so that nobody is their own neighbor; -1 = new.
        """
        X = self._matrix()
        out = np.zeros((len(histories), self.n_items), dtype=np.float32)
        k = min(self.config.neighbors, self.n_users)
        for p in range(len(histories)):
            similarity = self._similarities(X, histories.person(p))
            if users is not None and users[p] >= 0:
                similarity[users[p]] = 0
            nearest = np.argsort(-similarity, kind="stable")[:k]
            out[p] = similarity[nearest] @ X[nearest]
        return out

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """Raises UnsupportedError: user-kNN compares users only."""
        del item_index
        raise UnsupportedError(
            "user-knn cannot say which items are similar: train linear, spectral or item-knn for that"
        )

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """float32 (n_users,), [0, 1): s(u, v)."""
        del user_index
        return self._similarities(self._matrix(), history)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`offsets`, `item_index`, `item_counts`."""
        return dict(zip(_USER_ARRAYS, (self.offsets, self.item_index, self.watch_counts), strict=True))

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: UserKnnConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        sizes = check_arrays(arrays, _USER_ARRAYS)
        check_offsets("offsets", arrays["offsets"], total=sizes["n_rows"])
        check_indices("item_index", arrays["item_index"], below=sizes["n_items"])
        return cls(config, *(arrays[name] for name in _USER_ARRAYS))

    def _matrix(self) -> sp.csr_array:
        ones = np.ones(len(self.item_index), dtype=np.float32)
        return sp.csr_array(
            (ones, self.item_index.astype(np.int32), self.offsets), shape=(self.n_users, self.n_items)
        )

    def _similarities(self, X: sp.csr_array, history: Histories) -> NDArray[np.float32]:
        seen = history.watched()
        mine = np.zeros(self.n_items, dtype=np.float32)
        mine[seen.item_index] = 1
        size = np.sqrt(np.diff(self.offsets) * np.float32(len(seen.item_index))) + self.config.shrinkage
        return np.asarray((X @ mine) / np.maximum(size, 1e-9), dtype=np.float32)


def train_item_knn(dataset: Dataset, config: ItemKnnConfig, *, progress: Progress = SILENT) -> ItemKnnModel:
    """The item-kNN model of a dataset. Raises TrainingError if nobody watched anything."""
    gram = Gram.of(dataset.ratings, progress=progress)
    counts = gram.watch_counts
    if not counts.any():
        raise TrainingError("nobody watched anything here, so nothing is similar: ingest more ratings")
    root = np.sqrt(counts).astype(np.float32)

    def cosines(start: int, stop: int) -> NDArray[np.float32]:
        size = root[start:stop, None] * root + np.float32(config.shrinkage)
        return np.asarray(gram.counts[start:stop] / np.maximum(size, np.float32(1e-9)), dtype=np.float32)

    # The matrix is symmetric: its rows are its columns.
    nearest = strongest_of_rows(len(counts), cosines, kept=config.kept_neighbors)
    return ItemKnnModel(config, Table.of_columns(nearest), counts)


def train_user_knn(dataset: Dataset, config: UserKnnConfig, *, progress: Progress = SILENT) -> UserKnnModel:
    """The user-kNN model of a dataset: its rows without the planned. Raises TrainingError if there are none."""
    ratings = dataset.ratings
    offsets = np.zeros(ratings.n_users + 1, dtype=np.int64)
    items, start = [], 0
    progress.start("gather histories", ratings.n_users)
    for block in ratings.blocks():
        seen = block.watched()
        offsets[start + 1 : start + len(seen) + 1] = offsets[start] + seen.offsets[1:]
        items.append(seen.item_index.astype(index_dtype(ratings.n_items)))
        start += len(seen)
        progress.advance(len(seen))
    item_index = np.concatenate(items) if items else np.empty(0, dtype=np.uint16)
    if len(item_index) == 0:
        raise TrainingError("nobody watched anything here, so nobody is similar: ingest more ratings")
    counts = np.bincount(item_index, minlength=ratings.n_items).astype(np.int64)
    return UserKnnModel(config, offsets, item_index, counts)
