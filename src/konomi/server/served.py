"""Served: one artifact while it is served, with what is worked out once so that answers are quick."""

import contextlib
import math
from collections import OrderedDict
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
# Neighbors kept for questions asked before: about 0.7 kB each, so 14 MB when full.
N_KEPT_ANSWERS = 20_000
# A server's first question is about so many of the most watched titles.
_N_WARMING = 200
_PAGE_BYTES = 4096


Question = tuple[str, bytes]
"""The path and the query of an address."""


@dataclass(frozen=True, eq=False)
class KeptNeighbors:
    """An answer of `similar` in the fewest bytes; its items are written out again from their fragments."""

    head: bytes
    tail: bytes
    rows: NDArray[np.int32]
    similarity: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Served:
    """A recommender, and the JSON of each of its items.

    folder     : where its artifact stood when it was opened.
    generation : counts the artifacts taken up since the start, from 1.
    fragments  : the JSON of each item, in row order.
    made       : what is worked out on the first request for it.
    """

    recommender: Recommender
    folder: Path
    generation: int
    fragments: list[bytes]
    made: dict[str, Any] = field(default_factory=dict, repr=False)
    _kept: OrderedDict[Question, KeptNeighbors] = field(default_factory=OrderedDict, repr=False)

    @classmethod
    def of(cls, recommender: Recommender, folder: Path, generation: int) -> "Served":
        """Everything worked out, ready to answer."""
        catalog = recommender.catalog
        frame = catalog.frame.select(ITEM_COLUMNS)
        encoder = msgspec.json.Encoder()
        ids = catalog.items.ids.tolist()
        fragments = [
            encoder.encode(schemas.Item(item_id, *_finite(row)))
            for item_id, row in zip(ids, frame.iter_rows(), strict=True)
        ]
        # Made on first use otherwise, and the first to ask would wait.
        catalog.title_index()
        catalog.columns()
        return cls(recommender, folder, generation, fragments)

    def item(self, row: int) -> schemas.Item:
        """The item of this row, already encoded: whoever writes it out writes the fragment as it stands."""
        return cast(schemas.Item, msgspec.Raw(self.fragments[row]))

    def items(self, item_ids: NDArray[Any] | Sequence[Id]) -> list[schemas.Item]:
        """The items of these ids."""
        return [self.item(row) for row in self.recommender.catalog.items.indices_of(item_ids).tolist()]

    def kept(self, key: Question) -> bytes | None:
        """The JSON of a `similar` question that was answered before, or None."""
        answer = self._kept.get(key)
        if answer is None:
            return None
        self._kept.move_to_end(key)
        fragments = self.fragments
        places = zip(answer.rows.tolist(), answer.similarity.tolist(), strict=True)
        results = [
            b'{"rank":%d,"similarity":%.4f,"item":%b}' % (rank, similarity, fragments[row])
            for rank, (row, similarity) in enumerate(places, start=1)
        ]
        return answer.head + b",".join(results) + answer.tail

    def keep(self, key: Question, answer: KeptNeighbors) -> None:
        """Remember an answer of `similar`; the one longest unasked for makes room."""
        self._kept[key] = answer
        if len(self._kept) > N_KEPT_ANSWERS:
            self._kept.popitem(last=False)

    def famous(self, limit: int) -> list[int]:
        """Row numbers of the items with most members, or with most ratings where members are unknown."""
        rows: list[int] = self._by_fame[:limit].tolist()
        return rows

    @cached_property
    def _by_fame(self) -> NDArray[np.int64]:
        members = self.recommender.catalog.columns().members
        adult = self.recommender.catalog.columns().adult
        fame = np.where(np.isnan(members), self.recommender.artifact.row_counts, members)
        return np.argsort(np.where(adult, 1, -fame), kind="stable")

    def warm_up(self) -> None:
        """Read what is mapped and ask a question of each kind: the first person waits for no disk or compiler."""
        recommender = self.recommender
        for array in recommender.model.arrays().values():
            array.reshape(-1).view(np.uint8)[::_PAGE_BYTES].sum()
        famous = np.argsort(-recommender.artifact.row_counts, kind="stable")[:_N_WARMING]
        history = one_person(famous, np.full(len(famous), np.nan), n_items=len(recommender.catalog))
        with contextlib.suppress(KonomiError):
            recommender.catalog.search("warm up", limit=1)
            recommender.recommend(history=history, k=1, franchise="once", variety=0.1, explain=True)
            recommender.similar_items(self.own_id(int(famous[0])), k=1)
            recommender.model.user_similarities(history)

    def own_id(self, row: int) -> Id:
        """The id of this row as the library takes it: one that is text is never read as a title."""
        own: Id = self.recommender.catalog.items.ids[row].item()
        return f"id:{own}" if isinstance(own, str) else own

    @cached_property
    def scale(self) -> tuple[float, float] | None:
        """The lowest and the highest rating of the data, or None where nothing is rated."""
        levels = self.recommender.ratings.levels
        return (float(levels[1]), float(levels[-1])) if len(levels) > 1 else None


def rating_or_none(rating: float) -> float | None:
    """NaN, which JSON has no word for, as None."""
    return None if math.isnan(rating) else round(rating, 4)


def _finite(row: tuple[Any, ...]) -> list[Any]:
    return [None if isinstance(value, float) and not math.isfinite(value) else _short(value) for value in row]


def _short(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
