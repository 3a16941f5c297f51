"""A model while it is served, with what is computed once for all requests."""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from konomi.answers.recommender import Recommender
from konomi.data.history import one_person
from konomi.data.ids import Id
from konomi.data.ratings import Status
from konomi.errors import KonomiError
from konomi.server import schemas
from konomi.server.kept_answers import KeptAnswers

ITEM_COLUMNS = (
    "title",
    "title_english",
    "title_japanese",
    "type",
    "year",
    "episodes",
    "genres",
    "score",
    "members",
    "franchise",
)
STATUS_WORDS: dict[int, schemas.StatusWord] = {
    Status.UNKNOWN: "unknown",
    Status.WATCHING: "watching",
    Status.COMPLETED: "completed",
    Status.ON_HOLD: "on_hold",
    Status.DROPPED: "dropped",
    Status.PLANNED: "planned",
}
# A typical first question is about this number of titles.
_N_WARMING = 200
_PAGE_BYTES = 4096


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A recommender, and the JSON of each of its items.

    folder       : the folder from which the model was opened.
    generation   : the number of models opened since the start, from 1.
    fragments    : the JSON of each item, by item index.
    made         : what the first request for it computed.
    kept_similar : answers of `similar` about items.
    """

    recommender: Recommender
    folder: Path
    generation: int
    fragments: list[bytes]
    made: dict[str, Any] = field(default_factory=dict, repr=False)
    kept_similar: KeptAnswers = field(default_factory=KeptAnswers, repr=False)

    @classmethod
    def of(cls, recommender: Recommender, folder: Path, generation: int) -> "ServedModel":
        """The model with the JSON of all items encoded."""
        catalog = recommender.catalog
        frame = catalog.frame.select(ITEM_COLUMNS)
        encoder = msgspec.json.Encoder()
        ids = catalog.items.ids.tolist()
        fragments = [
            encoder.encode(schemas.Item(item_id, *_finite(row)))
            for item_id, row in zip(ids, frame.iter_rows(), strict=True)
        ]
        # Otherwise computed by the first request, which would wait for it.
        catalog.title_index()
        catalog.columns()
        return cls(recommender, folder, generation, fragments)

    def item(self, index: int) -> schemas.Item:
        """The item of this index. It is encoded already, and msgspec copies it into the answer."""
        return cast(schemas.Item, msgspec.Raw(self.fragments[index]))

    def items(self, item_ids: NDArray[Any] | Sequence[Id]) -> list[schemas.Item]:
        """The items of these ids."""
        return [self.item(index) for index in self.recommender.catalog.items.indices_of(item_ids).tolist()]

    def best_known(self, limit: int) -> list[int]:
        """The indices of the items with the most members, or the most rows if the members are unknown."""
        indices: list[int] = self._best_known_first[:limit].tolist()
        return indices

    @cached_property
    def _best_known_first(self) -> NDArray[np.int64]:
        members = self.recommender.catalog.columns().members
        adult = self.recommender.catalog.columns().adult
        n_known = np.where(np.isnan(members), self.recommender.artifact.row_counts, members)
        return np.argsort(np.where(adult, 1, -n_known), kind="stable")

    def warm_up(self) -> None:
        """Read the mapped files and compile the kernels, so that the first request does not wait for either."""
        recommender = self.recommender
        for array in recommender.model.arrays().values():
            array.reshape(-1).view(np.uint8)[::_PAGE_BYTES].sum()
        most_watched = np.argsort(-recommender.artifact.row_counts, kind="stable")[:_N_WARMING]
        history = one_person(most_watched, np.full(len(most_watched), np.nan), n_items=len(recommender.catalog))
        with contextlib.suppress(KonomiError):
            recommender.catalog.search("warm up", limit=1)
            recommender.recommend(history=history, k=1, franchise="once", variety=0.1, explain=True)
            recommender.similar_items(self.own_id(int(most_watched[0])), k=1)
            recommender.model.user_similarities(history)

    def own_id(self, index: int) -> Id:
        """The id of the item of this index, in the form that the recommender never takes for a title."""
        own: Id = self.recommender.catalog.items.ids[index].item()
        return f"id:{own}" if isinstance(own, str) else own

    @cached_property
    def scale(self) -> tuple[float, float] | None:
        """The lowest and the highest rating of the data, or None if it has no ratings."""
        levels = self.recommender.ratings.levels
        return (float(levels[1]), float(levels[-1])) if len(levels) > 1 else None


def rating_or_none(rating: float) -> float | None:
    """The rating with 4 decimals; None for NaN, which JSON cannot express."""
    return None if math.isnan(rating) else round(rating, 4)


def _finite(row: tuple[Any, ...]) -> list[Any]:
    """The values with 3 decimals; None for those that JSON cannot express."""
    return [
        (round(value, 3) if math.isfinite(value) else None) if isinstance(value, float) else value for value in row
    ]
