"""Answers: frozen dataclasses of arrays that iterate as rows, print as a table and turn into a Polars frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.tables import Column, table

ReasonKind = Literal["watched", "disliked", "popularity"]
_SIMILARITY_SCALE = "similarity is from -1 to 1; higher is more similar"
_SCORE_SCALE = "a higher score is better; scores are comparable only within this list"


class Reason(NamedTuple):
    """One term of a score: a title of the history and how much it adds, below 0 if it speaks against.

    kind : "watched"; "disliked" for a title that the person disliked and that lowers the score; "popularity" for
           what the number of watchers adds, which has no `item_id`.
    """

    item_id: Any
    title: str
    contribution: float
    kind: ReasonKind = "watched"


class SimilarItem(NamedTuple):
    """One row of SimilarItems; rank 1 is the first."""

    rank: int
    item_id: Any
    title: str
    similarity: float
    genres: list[str] | None
    type: str | None
    year: int | None
    synopsis: str | None


class SimilarUser(NamedTuple):
    """One row of SimilarUsers; rank 1 is the first."""

    rank: int
    user_id: Any
    similarity: float


class Recommendation(NamedTuple):
    """One row of Recommendations; rank 1 is the best."""

    rank: int
    item_id: Any
    title: str
    score: float
    genres: list[str] | None
    type: str | None
    year: int | None
    synopsis: str | None
    because: tuple[Reason, ...] | None
    shares: tuple[float, ...] | None


@dataclass(frozen=True, eq=False)
class ItemColumns:
    """The catalog's values for the items of an answer: one entry for each item, in the order of the answer.

    item_index : int32 (k,), the items' indices in the catalog.
    item_ids   : (k,), their ids.
    The other fields are lists of length k; None is an unknown value.
    """

    item_index: NDArray[np.int32]
    item_ids: NDArray[Any]
    titles: list[str]
    genres: list[list[str] | None]
    types: list[str | None]
    years: list[int | None]
    synopses: list[str | None]

    @classmethod
    def of(cls, catalog: Catalog, item_index: NDArray[Any]) -> "ItemColumns":
        """The columns of these items: any integers (k,), indices in the catalog."""
        known, items = catalog.columns(), item_index.tolist()
        lists: list[Any] = [known.titles, known.genres, known.types, known.years, known.synopses]
        taken = ([values[item] for item in items] for values in lists)
        return cls(item_index.astype(np.int32), catalog.items.ids[item_index], *taken)

    def __len__(self) -> int:
        return len(self.item_index)


class Rows(Iterable[Any]):
    """An answer that iterates as named tuples.

    query : the question, as plain values.
    notes : remarks on this answer, for its reader.
    """

    query: dict[str, Any]
    notes: tuple[str, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries of plain values."""
        return [row._asdict() for row in self]

    def to_frame(self) -> pl.DataFrame:
        """The rows as a Polars frame."""
        return pl.DataFrame(self.to_dicts(), infer_schema_length=None)

    def _as_table(self, columns: list[Column], scale: str) -> str:
        """The rows as text, then the scale of their numbers and the notes."""
        ranks = [row.rank for row in self]
        if not ranks:
            return "\n".join(f"Note: {note}" for note in self.notes)
        return table([Column("#", ranks), *columns], notes=(scale, *self.notes))


class ItemRows(Rows):
    """An answer with one row for each item of `items`."""

    items: ItemColumns

    @property
    def item_ids(self) -> NDArray[Any]:
        """(k,), the ids of the items."""
        return self.items.item_ids

    @property
    def titles(self) -> list[str]:
        """The titles of the items."""
        return self.items.titles

    def __len__(self) -> int:
        return len(self.items)

    def _rows(self, values: NDArray[np.float32]) -> Iterator[tuple[Any, ...]]:
        """rank, item_id, title, value, genres, type, year and synopsis of each item."""
        items = self.items
        facts = (items.genres, items.types, items.years, items.synopses)
        ranks = range(1, len(items) + 1)
        return zip(ranks, items.item_ids.tolist(), items.titles, values.tolist(), *facts, strict=True)

    def _item_table(self, numbers: list[Column], scale: str, reasons: Column | None = None) -> str:
        """The rows as text: these numbers, the title, the id, and the reasons or else the catalog's values."""
        items = self.items
        genres = Column("genres", [", ".join(names or []) for names in items.genres], wide=True)
        facts = [Column("type", items.types), Column("year", items.years), genres]
        title, item_id = Column("title", items.titles, wide=True), Column("id", items.item_ids.tolist())
        return self._as_table([*numbers, title, *([reasons] if reasons else facts), item_id], scale)


@dataclass(frozen=True, eq=False)
class SimilarItems(ItemRows):
    """The items most similar to one item, most similar first; or the least similar ones, least similar first.

    query      : the question, as plain values.
    items      : the catalog's values for the items.
    similarity : float32 (k,), in [-1, 1].
    notes      : remarks on this answer, for its reader.
    """

    query: dict[str, Any]
    items: ItemColumns
    similarity: NDArray[np.float32]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[SimilarItem]:
        return (SimilarItem(*row) for row in self._rows(self.similarity))

    def __str__(self) -> str:
        return self._item_table([Column("similarity", _decimals(self.similarity, 3))], _SIMILARITY_SCALE)


@dataclass(frozen=True, eq=False)
class SimilarUsers(Rows):
    """The users most similar to one person, most similar first; or the least similar ones, least similar first.

    query      : the question, as plain values.
    user_ids   : (k,).
    similarity : float32 (k,), in [-1, 1].
    notes      : remarks on this answer, for its reader.
    """

    query: dict[str, Any]
    user_ids: NDArray[Any]
    similarity: NDArray[np.float32]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.user_ids)

    def __iter__(self) -> Iterator[SimilarUser]:
        rows = zip(self.user_ids.tolist(), self.similarity.tolist(), strict=True)
        return (SimilarUser(rank, *row) for rank, row in enumerate(rows, start=1))

    def __str__(self) -> str:
        similarity = Column("similarity", _decimals(self.similarity, 3))
        return self._as_table([similarity, Column("user", self.user_ids.tolist())], _SIMILARITY_SCALE)


@dataclass(frozen=True, eq=False)
class Recommendations(ItemRows):
    """The items that rank highest for one person or for several, best first.

    query   : the question, as plain values.
    items   : the catalog's values for the items.
    scores  : float32 (k,), the model's own; a knob (niche, variety) changes the order, not these.
    because : for each item the titles of the history that add most to its score, or None if not asked for.
    notes   : remarks on this answer, for its reader.
    shares  : float32 (n_people, k), each person's own standardized score, if the answer is for several people.
    """

    query: dict[str, Any]
    items: ItemColumns
    scores: NDArray[np.float32]
    because: list[tuple[Reason, ...]] | None = None
    notes: tuple[str, ...] = ()
    shares: NDArray[np.float32] | None = None

    def __iter__(self) -> Iterator[Recommendation]:
        absent = [None] * len(self)
        because = absent if self.because is None else self.because
        shares = absent if self.shares is None else map(tuple, self.shares.T.tolist())
        rows = zip(self._rows(self.scores), zip(because, shares, strict=True), strict=True)
        return (Recommendation._make((*row, *optional)) for row, optional in rows)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries of plain values, without `because` and `shares` where there are none."""
        rows = super().to_dicts()
        for row in rows:
            because, shares = row.pop("because"), row.pop("shares")
            if because is not None:
                row["because"] = [reason._asdict() for reason in because]
            if shares is not None:
                row["shares"] = list(shares)
        return rows

    def __str__(self) -> str:
        people = enumerate(self.shares if self.shares is not None else (), start=1)
        shares = [Column(f"person {number}", _decimals(share, 2)) for number, share in people]
        reasons = None
        if self.because is not None:
            pairs = zip(self.because, self.scores.tolist(), strict=True)
            reasons = Column("because you liked", [_in_words(*pair) for pair in pairs], wide=True)
        return self._item_table([Column("score", _decimals(self.scores, 3)), *shares], _SCORE_SCALE, reasons)


def _decimals(values: NDArray[np.float32], n: int) -> list[str]:
    return [f"{value:.{n}f}" for value in values.tolist()]


def _in_words(reasons: tuple[Reason, ...], score: float) -> str:
    """The three largest reasons, each with its share of the score."""
    return "; ".join(f"{one.title} {one.contribution / score if score else 0:.0%}" for one in reasons[:3])
