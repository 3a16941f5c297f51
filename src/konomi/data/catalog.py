"""Catalog: what is known of each item, one row for each column of the ratings matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.data.columns import CatalogColumns, Labels
from konomi.data.ids import Id, IdIndex
from konomi.data.titles import TitleIndex, fold
from konomi.errors import AmbiguousTitleError, UnknownTitleError

__all__ = ["COLUMNS", "TITLE_COLUMNS", "Catalog", "empty_frame", "fold"]

# What a catalog holds beside item_id; a file that lacks some of it leaves them null.
COLUMNS: dict[str, Any] = {
    "title": pl.String,
    "title_english": pl.String,
    "title_japanese": pl.String,
    "type": pl.String,
    "year": pl.Int32,
    "episodes": pl.Int32,
    "genres": pl.List(pl.String),
    "studios": pl.List(pl.String),
    "franchise": pl.String,
    "score": pl.Float32,
    "members": pl.Int64,
    "synopsis": pl.String,
    "adult": pl.Boolean,
}
TITLE_COLUMNS = ("title", "title_english", "title_japanese")


def empty_frame(n_rows: int) -> pl.DataFrame:
    """A frame of `COLUMNS` in which nothing is known."""
    return pl.DataFrame({name: pl.Series([None] * n_rows, dtype=kind) for name, kind in COLUMNS.items()})


@dataclass(frozen=True, eq=False)
class Catalog:
    """What is known of each item.

    items : the ids, in row order.
    frame : Polars, one row an item, the columns of `COLUMNS`; title is never null (an item that the
            catalog file lacks is called by its id), everything else may be.
    """

    items: IdIndex
    frame: pl.DataFrame

    def __post_init__(self) -> None:
        if dict(self.frame.schema) != COLUMNS:
            raise ValueError(f"a catalog has the columns {list(COLUMNS)}, got {dict(self.frame.schema)}")
        if self.frame.height != len(self.items):
            raise ValueError(f"{self.frame.height} rows for {len(self.items)} items")

    @classmethod
    def of(cls, items: IdIndex, known: pl.DataFrame | None = None) -> "Catalog":
        """The catalog of these items from a frame with `item_id` and any of `COLUMNS`.

        Rows of other items are left out; of rows with the same item_id the last counts.
        """
        if known is None:
            frame = empty_frame(len(items))
        else:
            known = known.unique("item_id", keep="last", maintain_order=True)
            missing = [
                pl.lit(None, dtype=kind).alias(name) for name, kind in COLUMNS.items() if name not in known.columns
            ]
            known = known.with_columns(missing).select(
                pl.col("item_id"), *(pl.col(n).cast(k) for n, k in COLUMNS.items())
            )
            rows = items.indices_of(known["item_id"].to_numpy())
            source = np.full(len(items), -1, dtype=np.int64)
            source[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
            index = pl.Series([None if r < 0 else int(r) for r in source], dtype=pl.UInt32)
            frame = known.drop("item_id")[index.fill_null(0)] if known.height else empty_frame(len(items))
            absent = pl.Series(source < 0)
            frame = frame.with_columns(
                pl.when(absent).then(None).otherwise(pl.col(name)).cast(kind).alias(name)
                for name, kind in COLUMNS.items()
            )
        named = pl.Series(_names(items), dtype=pl.String)
        return cls(items, frame.with_columns(pl.col("title").fill_null(named)))

    def __len__(self) -> int:
        return self.frame.height

    def is_unknown(self) -> NDArray[np.bool_]:
        """bool (n_items,): items of which only the id is known, and no title of their own either."""
        no_fact = pl.all_horizontal(pl.col(name).is_null() for name in COLUMNS if name != "title")
        no_title = pl.col("title") == pl.Series(_names(self.items), dtype=pl.String)
        return np.asarray(self.frame.select(no_fact & no_title).to_series().to_numpy(), dtype=np.bool_)

    def rows(self, order: NDArray[Any], items: IdIndex) -> "Catalog":
        """The catalog of these rows, in this order, whose ids are `items`; in memory of its own.

        A frame that Polars gathers shares the texts of all rows, and a file of it would hold those of the others.
        """
        taken = self.frame[order]
        columns = (pl.Series(name, taken[name].to_list(), dtype=kind) for name, kind in COLUMNS.items())
        return Catalog(items, pl.DataFrame(columns))

    @property
    def titles(self) -> list[str]:
        """The main title of each item, in row order."""
        return self.frame["title"].to_list()

    def row(self, item_index: int) -> dict[str, Any]:
        """All that is known of one item, with its `item_id`."""
        return {"item_id": self.items.ids[item_index].item(), **self.frame.row(item_index, named=True)}

    def titles_of(self, item_index: int) -> list[str]:
        """All titles of one item, the main one first."""
        columns = self.columns()
        named = (columns.titles[item_index], columns.english[item_index], columns.japanese[item_index])
        return [title for title in named if title]

    def index_of(self, item: Id) -> int:
        """The row number of an item given by id or by title ("id:86" is always an id).

        Raises UnknownIdError, UnknownTitleError, AmbiguousTitleError.
        """
        items = self.items
        if not isinstance(item, str):
            return items.index_of(item, hint="`similar-items` also takes a title")
        if item.startswith("id:"):
            return items.index_of(item[3:])
        as_id = int(items.indices_of([item])[0]) if not items.are_integers or item.isdecimal() else -1
        if as_id < 0:
            if item.isdecimal() and not self.indices_with_title(item):
                return items.index_of(item, hint="no title reads so either")
            return self.find(item)
        others = [row for row in self.indices_with_title(item) if row != as_id]
        if others:
            named = ", ".join(f"id:{items.ids[row]} ({self.frame['title'][row]})" for row in [as_id, *others])
            raise AmbiguousTitleError(
                f'"{item}" is the id of one item and the title of another; give one of: {named}'
            )
        return as_id

    def indices_of(self, items: Sequence[Id]) -> NDArray[np.int32]:
        """int32 (m,): `row_of` each id or title."""
        rows = self.items.indices_of(items) if all(isinstance(one, int) for one in items) else None
        if rows is None or (rows < 0).any():
            rows = np.array([self.index_of(one) for one in items], dtype=np.int32)
        return rows

    def find(self, title: str) -> int:
        """The row number of the item that bears this title: main, English or Japanese, case and width folded.

        Raises AmbiguousTitleError if several items do, UnknownTitleError if none does; never guesses.
        """
        rows = self.indices_with_title(title)
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise AmbiguousTitleError(
                f'"{title}" is the title of {len(rows)} items; give the id of one:\n'
                + self._listing(self._by_fame(rows))
            )
        near = self.search(title, limit=8)
        if not near:
            raise UnknownTitleError(
                f'no item is called "{title}", and nothing comes near; check the spelling or give an id'
            )
        raise UnknownTitleError(f'no item is called "{title}"; did you mean one of these?\n' + self._listing(near))

    def indices_with_title(self, title: str) -> list[int]:
        """Row numbers of all items that bear this title, case and width folded."""
        return self.title_index().indices_with_title(title)

    def search(self, query: str, *, limit: int = 10) -> list[int]:
        """Row numbers of the items whose titles fit what somebody types, best first.

        First exact titles, then titles that start so, then titles that hold the words; typos are forgiven
        where these give fewer than `limit`. Within each, the more members an item has the earlier it stands.
        """
        return self.title_index().search(query, limit=limit)

    def title_index(self) -> TitleIndex:
        """The index of all titles for search, built on the first call and then kept."""
        return self._title_index

    def columns(self) -> CatalogColumns:
        """The frame as plain lists and arrays, built on the first call and then kept."""
        return self._columns

    def studio_labels(self) -> Labels:
        """Which items are by which studio. Not kept: a large catalog has thousands of studios."""
        return Labels.of(self.frame["studios"].to_list())

    @cached_property
    def _title_index(self) -> TitleIndex:
        return TitleIndex.of([self.frame[name].to_list() for name in TITLE_COLUMNS], self._fame())

    @cached_property
    def _columns(self) -> CatalogColumns:
        return CatalogColumns.of(self.frame)

    def _fame(self) -> NDArray[np.int64]:
        return self.frame["members"].fill_null(0).to_numpy()

    def _by_fame(self, rows: list[int]) -> list[int]:
        fame = self._fame()
        return sorted(rows, key=lambda row: (-fame[row], row))

    def _listing(self, rows: list[int]) -> str:
        lines = []
        for row in rows:
            about = self.row(row)
            facts = ", ".join(str(about[name]) for name in ("type", "year") if about[name] is not None)
            lines.append(f"  {about['item_id']:>8}  {about['title']}" + (f" ({facts})" if facts else ""))
        return "\n".join(lines)


def _names(items: IdIndex) -> list[str]:
    """What items are called that have no title."""
    return [f"#{one}" for one in items.ids.tolist()]
