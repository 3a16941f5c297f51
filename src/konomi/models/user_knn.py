"""User-kNN: the classic, by a cosine that shrinks where two users share few titles."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ids import index_dtype
from konomi.data.ratings import Histories
from konomi.errors import TrainingError
from konomi.models.config import Config, setting
from konomi.models.kind import ModelKind, Range
from konomi.models.model import Ability, Model
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import INDEX, Spec, check_arrays, check_indices, check_offsets

_ARRAYS = {
    "offsets": Spec(("int64",), (None,)),
    "item_index": Spec(INDEX, ("n_rows",)),
    "item_counts": Spec(("int64",), ("n_items",)),
}


@dataclass(frozen=True, kw_only=True)
class UserKnnConfig(Config):
    """The settings of user-kNN."""

    neighbors: int = setting(100, "The number of nearest users that vote.", low=1)
    shrinkage: float = setting(
        10.0,
        "The number of titles added to the denominator of the cosine: users with short lists are similar to "
        "little.",
        low=0,
    )


@dataclass(frozen=True, eq=False)
class UserKnnModel(Model):
    """Score of item j = sum of s(u, v) over the nearest training users v who watched j.

    s(u, v) = |u and v| / (sqrt(|u| |v|) + shrinkage), |.| counting titles; the user left out.
    offsets     : int64 (n_users + 1,) and item_index : uint16 or int32 (n_rows,), what each user watched.
    watch_counts: int64 (n_items,), watchers.
    Source: Herlocker et al. 1999, An algorithmic framework for performing collaborative filtering.
    """

    name: ClassVar[str] = "user-knn"
    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.SIMILAR_USERS})

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

        users : row numbers of people who are training users, so that no user is their own neighbor; -1 = new.
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

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """float32 (n_users,), [0, 1): s(u, v)."""
        del user_index
        return self._similarities(self._matrix(), history)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`offsets`, `item_index`, `item_counts`."""
        return dict(zip(_ARRAYS, (self.offsets, self.item_index, self.watch_counts), strict=True))

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: UserKnnConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        sizes = check_arrays(arrays, _ARRAYS)
        check_offsets("offsets", arrays["offsets"], total=sizes["n_rows"])
        check_indices("item_index", arrays["item_index"], below=sizes["n_items"])
        return cls(config, *(arrays[name] for name in _ARRAYS))

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


def train(dataset: Dataset, config: UserKnnConfig, *, progress: Progress = SILENT) -> UserKnnModel:
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
        raise TrainingError("no user watched anything, so no users are similar: ingest more ratings")
    counts = np.bincount(item_index, minlength=ratings.n_items).astype(np.int64)
    return UserKnnModel(config, offsets, item_index, counts)


KIND = ModelKind(
    name="user-knn",
    summary="It finds the users most like you, and adds up what they watched.",
    config_type=UserKnnConfig,
    model_type=UserKnnModel,
    train=train,
    search_space={"neighbors": Range(5, 1_000, log=True), "shrinkage": Range(0.5, 500.0, log=True)},
)
