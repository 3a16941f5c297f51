"""Popularity: the same ranking for every user, the floor that every other model must clear."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.models.config import Config
from konomi.models.kind import ModelKind
from konomi.models.model import Model
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import Spec, check_arrays


@dataclass(frozen=True, kw_only=True)
class PopularityConfig(Config):
    """Popularity has no settings."""


@dataclass(frozen=True, eq=False)
class PopularityModel(Model):
    """Items ranked by how many users watched them.

    watch_counts : int64 (n_items,), the users who have the item on their list, planned rows left out.
    """

    name: ClassVar[str] = "popularity"

    config: PopularityConfig
    watch_counts: NDArray[np.int64]

    @property
    def n_items(self) -> int:
        return len(self.watch_counts)

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): log(1 + watchers) of each item, the same row for every person."""
        del users
        return np.tile(np.log1p(self.watch_counts).astype(np.float32), (len(histories), 1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`item_counts`."""
        return {"item_counts": self.watch_counts}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: PopularityConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        check_arrays(arrays, {"item_counts": Spec(("int64",), ("n_items",))})
        return cls(config, arrays["item_counts"])


def train(dataset: Dataset, config: PopularityConfig, *, progress: Progress = SILENT) -> PopularityModel:
    """The popularity model of a dataset: one pass over its rows, planned ones left out."""
    return PopularityModel(config, dataset.ratings.watch_counts(progress=progress))


KIND = ModelKind(
    name="popularity",
    summary="It shows every user what most users have watched, and knows nothing of anyone's taste.",
    config_type=PopularityConfig,
    model_type=PopularityModel,
    train=train,
)
