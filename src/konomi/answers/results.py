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
    rank: int
    item_id: Any
    title: str
    similarity: float
    genres: list[str] | None
    type: str | None
    year: int | None
    synopsis: str | None


class SimilarUser(NamedTuple):
    rank: int
    user_id: Any
    similarity: float


class Recommendation(NamedTuple):
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
    """What the catalog says of the items of an answer, column by column, best item first.

    item_index : int32 (k,), the items' row numbers: the way to all else that the catalog knows of them.
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
        """The columns for these row numbers."""
        columns, rows = catalog.columns(), item_index.tolist()
        return cls(
            item_index.astype(np.int32),
            catalog.items.ids[item_index],
            [columns.titles[row] for row in rows],
            [columns.genres[row] for row in rows],
            [columns.types[row] for row in rows],
            [columns.years[row] for row in rows],
            [columns.synopses[row] for row in rows],
        )


class Rows(Iterable[Any]):
    """An answer that iterates as named tuples."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries of plain values."""
        return [row._asdict() for row in self]

    def to_frame(self) -> pl.DataFrame:
        """The rows as a Polars frame."""
        return pl.DataFrame(self.to_dicts(), infer_schema_length=None)


class ItemRows(Rows):
    """An answer with one row for each item of `items`."""

    items: ItemColumns

    @property
    def item_ids(self) -> NDArray[Any]:
        return self.items.item_ids

    @property
    def titles(self) -> list[str]:
        return self.items.titles


@dataclass(frozen=True, eq=False)
class SimilarItems(ItemRows):
    """Items like one item, best first (or least alike first).

    query      : what was asked, as plain values.
    items      : the items' columns.
    similarity : float32 (k,), in [-1, 1].
    notes      : what the reader should know about this answer.
    """

    query: dict[str, Any]
    items: ItemColumns
    similarity: NDArray[np.float32]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.similarity)

    def __iter__(self) -> Iterator[SimilarItem]:
        columns = (self.items.genres, self.items.types, self.items.years, self.items.synopses)
        rows = zip(self.item_ids.tolist(), self.titles, self.similarity.tolist(), *columns, strict=True)
        return (SimilarItem(rank, *row) for rank, row in enumerate(rows, start=1))

    def __str__(self) -> str:
        return table(
            [
                Column("#", [row.rank for row in self]),
                Column("alike", [f"{row.similarity:.3f}" for row in self]),
                Column("title", self.titles, wide=True),
                Column("type", self.items.types),
                Column("year", self.items.years),
                Column("genres", [", ".join(one or []) for one in self.items.genres], wide=True),
                Column("id", self.item_ids.tolist()),
            ],
            notes=self.notes,
        )


@dataclass(frozen=True, eq=False)
class SimilarUsers(Rows):
    """Users like one user, best first (or least alike first).

    query      : what was asked.
    user_ids   : (k,).
    similarity : float32 (k,), in [-1, 1].
    """

    query: dict[str, Any]
    user_ids: NDArray[Any]
    similarity: NDArray[np.float32]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.similarity)

    def __iter__(self) -> Iterator[SimilarUser]:
        rows = zip(self.user_ids.tolist(), self.similarity.tolist(), strict=True)
        return (SimilarUser(rank, *row) for rank, row in enumerate(rows, start=1))

    def __str__(self) -> str:
        return table(
            [
                Column("#", [row.rank for row in self]),
                Column("alike", [f"{row.similarity:.3f}" for row in self]),
                Column("user", self.user_ids.tolist()),
            ],
            notes=self.notes,
        )


@dataclass(frozen=True, eq=False)
class Recommendations(ItemRows):
    """What somebody may like next, best first.

    query   : what was asked.
    items   : the items' columns.
    scores  : float32 (k,), the model's own; a knob (niche, variety) changes the order, not these.
    because : for each item the titles of the history that add most to its score, or None if not asked for.
    shares  : float32 (n_people, k), each person's own standardized score, if the answer is for several people.
    """

    query: dict[str, Any]
    items: ItemColumns
    scores: NDArray[np.float32]
    because: list[tuple[Reason, ...]] | None = None
    notes: tuple[str, ...] = ()
    shares: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Recommendation]:
        nothing: list[None] = [None] * len(self)
        because: list[Any] = nothing if self.because is None else list(self.because)
        shares: list[Any] = nothing if self.shares is None else [tuple(one) for one in self.shares.T.tolist()]
        columns = (self.items.genres, self.items.types, self.items.years, self.items.synopses, because, shares)
        rows = zip(self.item_ids.tolist(), self.titles, self.scores.tolist(), *columns, strict=True)
        return (Recommendation(rank, *row) for rank, row in enumerate(rows, start=1))

    def to_dicts(self) -> list[dict[str, Any]]:
        rows = [row._asdict() for row in self]
        for row in rows:
            if row["because"] is None:
                del row["because"]
            else:
                row["because"] = [reason._asdict() for reason in row["because"]]
            if row["shares"] is None:
                del row["shares"]
            else:
                row["shares"] = list(row["shares"])
        return rows

    def __str__(self) -> str:
        columns = [
            Column("#", [row.rank for row in self]),
            Column("score", [f"{row.score:.3f}" for row in self]),
            Column("title", self.titles, wide=True),
        ]
        if self.because is None:  # reasons need the room more
            columns += [Column("type", self.items.types), Column("year", self.items.years)]
        for person, share in enumerate(self.shares if self.shares is not None else (), start=1):
            columns.insert(1 + person, Column(f"for {person}", [f"{one:.2f}" for one in share.tolist()]))
        if self.because is None:
            columns.append(Column("genres", [", ".join(one or []) for one in self.items.genres], wide=True))
        else:
            reasons = [_told(one, float(score)) for one, score in zip(self.because, self.scores, strict=True)]
            columns.append(Column("because you liked", reasons, wide=True))
        columns.append(Column("id", self.item_ids.tolist()))
        return table(columns, notes=self.notes)


def _told(reasons: tuple[Reason, ...], score: float) -> str:
    """The three strongest reasons, each with its share of the score."""
    return "; ".join(f"{one.title} {one.contribution / score if score else 0:.0%}" for one in reasons[:3])
