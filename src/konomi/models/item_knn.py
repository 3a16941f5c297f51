"""Item-kNN: the classic, by a cosine that shrinks where few users share two items."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import TrainingError
from konomi.memory import PROGRAM, Need
from konomi.models.config import Config, setting
from konomi.models.gram import Gram
from konomi.models.kind import ModelKind, Range
from konomi.models.model import Ability, Model
from konomi.models.table import Table, strongest_of_rows
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import Spec, check_arrays


@dataclass(frozen=True, kw_only=True)
class ItemKnnConfig(Config):
    """The settings of item-kNN."""

    kept_neighbors: int = setting(200, "The number of nearest items that vote for each item.", low=1)
    shrinkage: float = setting(
        20.0,
        "The number of watchers added to the denominator of the cosine: items with few watchers are similar to "
        "little.",
        low=0,
    )


@dataclass(frozen=True, eq=False)
class ItemKnnModel(Model):
    """Score of item j = sum of s(i, j) over the history's items i among j's nearest.

    s(i, j) = G[i, j] / (sqrt(G[i, i] G[j, j]) + shrinkage), G as in `Gram`.
    similar     : of each column the nearest items, by rows. watch_counts : int64 (n_items,), watchers.
    Source: Sarwar et al. 2001, Item-based collaborative filtering, section 3.1.1; Deshpande and Karypis 2004.
    """

    name: ClassVar[str] = "item-knn"
    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.REASONS, Ability.SIMILAR_ITEMS})

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

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`similar_offsets`, `similar_items`, `similar_values`, `item_counts`."""
        return {**self.similar.arrays("similar"), "item_counts": self.watch_counts}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: ItemKnnConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        n_items = check_arrays(arrays, {"item_counts": Spec(("int64",), ("n_items",))})["n_items"]
        return cls(config, Table.from_arrays(arrays, "similar", n_items=n_items), arrays["item_counts"])


def train(dataset: Dataset, config: ItemKnnConfig, *, progress: Progress = SILENT) -> ItemKnnModel:
    """The item-kNN model of a dataset. Raises TrainingError if no user watched anything."""
    gram = Gram.of(dataset.ratings, progress=progress)
    counts = gram.watch_counts
    if not counts.any():
        raise TrainingError("no user watched anything, so nothing is similar: ingest more ratings")
    root = np.sqrt(counts).astype(np.float32)

    def cosines(start: int, stop: int) -> NDArray[np.float32]:
        size = root[start:stop, None] * root + np.float32(config.shrinkage)
        return np.asarray(gram.counts[start:stop] / np.maximum(size, np.float32(1e-9)), dtype=np.float32)

    # The matrix is symmetric: its rows are its columns.
    nearest = strongest_of_rows(len(counts), cosines, kept=config.kept_neighbors)
    return ItemKnnModel(config, Table.of_columns(nearest), counts)


def need(ratings: Ratings, config: ItemKnnConfig) -> Need:  # noqa: ARG001 - the signature of `need`
    """The memory that training takes at its fullest moment: G."""
    return Need(
        f"training item-knn on {ratings.n_items:,} items",
        {"who watched both": 4 * ratings.n_items**2, "the program": PROGRAM},
    )


KIND = ModelKind(
    name="item-knn",
    summary="It compares titles by the users they have in common, and adds up the similarities to a list.",
    config_type=ItemKnnConfig,
    model_type=ItemKnnModel,
    train=train,
    search_space={"kept_neighbors": Range(5, 1_000, log=True), "shrinkage": Range(0.5, 500.0, log=True)},
    need=need,
)
