"""A recommender on a model whose every weight is written by hand."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.answers.recommender import Recommender
from konomi.artifact import Artifact
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Histories, Ratings, Status
from konomi.models.model import Ability, Model


@dataclass(frozen=True)
class NoSettings:
    pass


@dataclass(frozen=True, eq=False)
class WeightsModel(Model):
    """score of j = sum of weights[i, j] over what was watched; similarity of items = cosine of given vectors."""

    name: ClassVar[str] = "weights"
    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)

    config: Any
    weights: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    user_vectors: NDArray[np.float32]

    @property
    def n_items(self) -> int:
        return len(self.weights)

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        del users
        return np.asarray(histories.watched().matrix() @ self.weights, dtype=np.float32)

    def contributions(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:
        return self.weights[np.ix_(history.item_index, items)]

    def map_vectors(self) -> NDArray[np.float32]:
        return self.item_vectors

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        return np.asarray(self.item_vectors @ self.item_vectors[item_index])

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        del user_index
        vector = self.item_vectors[history.watched().item_index].sum(axis=0)
        return np.asarray(self.user_vectors @ (vector / max(float(np.linalg.norm(vector)), 1e-12)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: Any) -> Any:
        raise NotImplementedError


# id: title, type, year, genre, franchise, watchers besides the ten users
TITLES = {
    1: ("Alpha", "TV", 2000, "Space", "Alpha"),
    2: ("Alpha Second", "TV", 2002, "Space", "Alpha"),
    3: ("Alpha Third", "TV", 2004, "Space", "Alpha"),
    4: ("Alpha: The Movie", "Movie", 2003, "Space", "Alpha"),
    5: ("Beta", "TV", 2010, "Sport", "Beta"),
    6: ("Beta Returns", "TV", 2012, "Sport", "Beta"),
    7: ("Gamma", "TV", 2015, "Sport", None),
    8: ("Delta", "OVA", 1999, "Ghosts", None),
    9: ("Epsilon", "TV", 2020, "Ghosts", None),
    10: ("Nobody Rated This", "TV", 2021, "Ghosts", None),
    11: ("For Adults", "OVA", 2001, "Hentai", None),
}
ITEMS = IdIndex(np.array(list(TITLES)), "item")
N = len(TITLES)


def dataset() -> Dataset:
    rows = [  # user, item, rating, status
        (100, 1, 9, Status.COMPLETED),
        (100, 5, 6, Status.COMPLETED),
        (100, 7, 3, Status.DROPPED),
        (100, 9, None, Status.PLANNED),
        (200, 1, 10, Status.COMPLETED),
        (200, 2, 10, Status.COMPLETED),
        (200, 5, 2, Status.COMPLETED),
        (200, 8, 8, Status.COMPLETED),
        (300, 7, 7, Status.COMPLETED),
        (400, 1, 8, Status.COMPLETED),
        (400, 7, 8, Status.COMPLETED),
    ]
    user = np.array([row[0] for row in rows])
    users, first = np.unique(user, return_index=True)
    ratings = Ratings(
        np.append(first, len(rows)).astype(np.int64),
        ITEMS.indices_of([row[1] for row in rows]),
        np.array([row[2] or 0 for row in rows], dtype=np.uint8),
        np.array([np.nan, *range(1, 11)], dtype=np.float32),
        np.array([row[3] for row in rows], dtype=np.uint8),
        IdIndex(users, "user"),
        ITEMS,
    )
    known = pl.DataFrame(
        {
            "item_id": list(TITLES),
            "title": [one[0] for one in TITLES.values()],
            "type": [one[1] for one in TITLES.values()],
            "year": [one[2] for one in TITLES.values()],
            "genres": [[one[3]] for one in TITLES.values()],
            "franchise": [one[4] for one in TITLES.values()],
            "adult": [one[3] == "Hentai" for one in TITLES.values()],
        }
    )
    return Dataset(ratings, Catalog.of(ITEMS, known))


def recommender_by_hand() -> Recommender:
    """Every watched title speaks for item j by 1 / j, so answers come in order of ids; Alpha adds 2 to Delta."""
    weights = np.tile(1 / np.arange(1, N + 1, dtype=np.float32), (N, 1)).astype(np.float32)
    weights[0, 7] += 2
    np.fill_diagonal(weights, 0)
    genres = [one[3] for one in TITLES.values()]
    kinds = sorted(set(genres))
    vectors = np.array([[float(genre == kind) for kind in kinds] for genre in genres], dtype=np.float32)
    data = dataset()
    watched = data.ratings.histories().watched().matrix() @ vectors
    users = watched / np.linalg.norm(watched, axis=1, keepdims=True)
    return Recommender(Artifact.of(WeightsModel(NoSettings(), weights, vectors, users.astype(np.float32)), data))
