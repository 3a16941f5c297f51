"""A model in one file, as an engineer would add one: it scores an item by the watchers of its first genre."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.models.config import Config, setting
from konomi.models.kind import ModelKind, Range
from konomi.models.model import Model
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import Spec, check_arrays


@dataclass(frozen=True, kw_only=True)
class GenreConfig(Config):
    """The settings of the genre model."""

    power: float = setting(1.0, "The power that the number of watchers is raised to.", low=0, high=4)


@dataclass(frozen=True, eq=False)
class GenreModel(Model):
    """The same scores for every user."""

    name: ClassVar[str] = "genre"

    config: GenreConfig
    score: NDArray[np.float32]

    @property
    def n_items(self) -> int:
        return len(self.score)

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        del users
        return np.tile(self.score, (len(histories), 1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"score": self.score}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: GenreConfig) -> Self:
        check_arrays(arrays, {"score": Spec(("float32",), ("n_items",))})
        return cls(config, arrays["score"])


def train(dataset: Dataset, config: GenreConfig, *, progress: Progress = SILENT) -> GenreModel:
    counts = dataset.ratings.watch_counts(progress=progress)
    first = [(genres or [""])[0] for genres in dataset.catalog.frame["genres"].to_list()]
    _, genre = np.unique(first, return_inverse=True)
    watchers = np.bincount(genre, weights=counts)[genre]
    return GenreModel(config, (watchers**config.power).astype(np.float32))


KIND = ModelKind(
    name="genre",
    summary="It shows the genre that most users watched.",
    config_type=GenreConfig,
    model_type=GenreModel,
    train=train,
    search_space={"power": Range(0.5, 2.0)},
)
