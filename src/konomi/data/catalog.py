"""Catalog: the titles, genres and other facts of each item."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.data.columns import CatalogColumns, Labels
from konomi.data.ids import Id, IdIndex
from konomi.data.titles import TitleIndex, fold
from konomi.errors import AmbiguousTitleError, ConfigError, UnknownTitleError

__all__ = ["COLUMNS", "TITLE_COLUMNS", "Catalog", "empty_frame", "fold"]

# The columns of a catalog, next to item_id. A column that the file lacks is null.
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
    "follows": pl.String,
}
TITLE_COLUMNS = ("title", "title_english", "title_japanese")
TitleLanguage = Literal["main", "english", "japanese"]


def empty_frame(n_rows: int) -> pl.DataFrame:
    """A frame of `COLUMNS` with only null values."""
    return pl.DataFrame({name: pl.Series([None] * n_rows, dtype=dtype) for name, dtype in COLUMNS.items()})


@dataclass(frozen=True, eq=False)
class Catalog:
    """The facts about each item.

    items : the ids of the items, in index order.
    frame : Polars frame with the columns of `COLUMNS`, one row for each item. The title is never null: an item
            that the catalog file lacks has "#" and its id as title. All other values may be null. `follows` is the
            id, as text, of the part of the franchise to watch before the item: empty for a first part, null where
            only the years tell.
    """

    items: IdIndex
    frame: pl.DataFrame

    def __post_init__(self) -> None:
        if dict(self.frame.schema) != COLUMNS:
            raise ValueError(f"a catalog has the columns {list(COLUMNS)}, got {dict(self.frame.schema)}")
        if self.frame.height != len(self.items):
            raise ValueError(f"{self.frame.height} rows for {len(self.items)} items")

    @classmethod
    def of(cls, items: IdIndex, facts: pl.DataFrame | None = None) -> "Catalog":
        """The catalog of these items from a frame with `item_id` and any of `COLUMNS`.

        Rows of other items are left out. Of several rows with the same item_id the last counts.
        """
        if facts is None:
            frame = empty_frame(len(items))
        else:
            facts = facts.unique("item_id", keep="last", maintain_order=True)
            missing = [
                pl.lit(None, dtype=dtype).alias(name)
                for name, dtype in COLUMNS.items()
                if name not in facts.columns
            ]
            facts = facts.with_columns(missing).select(
                pl.col("item_id"), *(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
            )
            item_index = items.indices_of(facts["item_id"].to_numpy())
            source_row = np.full(len(items), -1, dtype=np.int64)
            source_row[item_index[item_index >= 0]] = np.flatnonzero(item_index >= 0)
            rows = pl.Series(np.maximum(source_row, 0), dtype=pl.UInt32)
            frame = facts.drop("item_id")[rows] if facts.height else empty_frame(len(items))
            absent = pl.Series(source_row < 0)
            frame = frame.with_columns(
                pl.when(absent).then(None).otherwise(pl.col(name)).cast(dtype).alias(name)
                for name, dtype in COLUMNS.items()
            )
        default_titles = pl.Series(_default_titles(items), dtype=pl.String)
        return cls(items, frame.with_columns(pl.col("title").fill_null(default_titles)))

    def __len__(self) -> int:
        return self.frame.height

    def is_unknown(self) -> NDArray[np.bool_]:
        """bool (n_items,): the items of which only the id is known. A title made of the id does not count."""
        no_fact = pl.all_horizontal(pl.col(name).is_null() for name in COLUMNS if name != "title")
        no_title = pl.col("title") == pl.Series(_default_titles(self.items), dtype=pl.String)
        return np.asarray(self.frame.select(no_fact & no_title).to_series().to_numpy(), dtype=np.bool_)

    def rows(self, order: NDArray[Any], items: IdIndex) -> "Catalog":
        """The catalog of these rows, in this order, whose ids are `items`, copied into new memory.

        Without the copy, the frame would share the texts of all rows, and a file of it would contain those of the
        other rows.
        """
        taken = self.frame[order]
        if taken["follows"].null_count() < taken.height:
            taken = taken.with_columns(self._follows_among(taken["follows"].to_list(), items))
        columns = (pl.Series(name, taken[name].to_list(), dtype=dtype) for name, dtype in COLUMNS.items())
        return Catalog(items, pl.DataFrame(columns))

    def _follows_among(self, follows: list[str | None], items: IdIndex) -> pl.Series:
        """The column `follows` of fewer items: a part that is not among them is replaced by the one before it."""
        left = {str(one) for one in items.ids.tolist()}
        before = dict(zip(map(str, self.items.ids.tolist()), self.frame["follows"].to_list(), strict=True))
        found = []
        for part in follows:
            passed: set[str] = set()
            while part and part not in left and part not in passed:  # a damaged file may hold a ring
                passed.add(part)
                part = before.get(part) or ""
            found.append("" if part in passed else part)
        return pl.Series("follows", found, dtype=pl.String)

    def with_titles(self, language: TitleLanguage) -> "Catalog":
        """The catalog whose main titles are those of the language, where known.

        A title that gives way takes the column of that language, so that it is still found.
        Raises ConfigError if no item has a title of the language.
        """
        if language == "main":
            return self
        column = f"title_{language}"
        if self.frame[column].is_null().all():
            raise ConfigError(f"this catalog has no {language.capitalize()} titles: use the main titles")
        other, main = pl.col(column), pl.col("title")
        swapped = self.frame.with_columns(
            pl.coalesce(other, main).alias("title"), pl.when(other.is_not_null()).then(main).alias(column)
        )
        return Catalog(self.items, swapped)

    @property
    def titles(self) -> list[str]:
        """The main title of each item, in index order."""
        return self.frame["title"].to_list()

    def row(self, item_index: int) -> dict[str, Any]:
        """The row of one item, and its `item_id`."""
        return {"item_id": self.items.ids[item_index].item(), **self.frame.row(item_index, named=True)}

    def titles_of(self, item_index: int) -> list[str]:
        """All titles of one item, the main one first."""
        columns = self.columns()
        titles = (columns.titles[item_index], columns.english[item_index], columns.japanese[item_index])
        return [title for title in titles if title]

    def index_of(self, item: Id) -> int:
        """The index of an item that is given by id or by title. "id:86" is always an id.

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
                return items.index_of(item, hint="no item has this title either")
            return self.find(item)
        others = [index for index in self.indices_with_title(item) if index != as_id]
        if others:
            choices = ", ".join(f"id:{items.ids[i]} ({self.frame['title'][i]})" for i in [as_id, *others])
            raise AmbiguousTitleError(
                f'"{item}" is the id of one item and the title of another: give one of {choices}'
            )
        return as_id

    def indices_of(self, items: Sequence[Id]) -> NDArray[np.int32]:
        """int32 (m,): the index of each item, given by id or by title; see `index_of`."""
        indices = self.items.indices_of(items) if all(isinstance(item, int) for item in items) else None
        if indices is None or (indices < 0).any():
            indices = np.array([self.index_of(item) for item in items], dtype=np.int32)
        return indices

    def find(self, title: str) -> int:
        """The index of the item with this main, English or Japanese title. Case and width do not matter.

        Raises AmbiguousTitleError if several items have it, UnknownTitleError if none has.
        """
        indices = self.indices_with_title(title)
        if len(indices) == 1:
            return indices[0]
        if indices:
            raise AmbiguousTitleError(
                f'"{title}" is the title of {len(indices)} items; give the id of one:\n'
                + self._listing(self._by_members(indices))
            )
        near = self.search(title, limit=8)
        if not near:
            raise UnknownTitleError(
                f'no item has the title "{title}" or a similar one: check the spelling, or give an id'
            )
        raise UnknownTitleError(
            f'no item has the title "{title}"; did you mean one of these?\n' + self._listing(near)
        )

    def indices_with_title(self, title: str) -> list[int]:
        """The indices of all items with this title. Case and width do not matter."""
        return self.title_index().indices_with_title(title)

    def search(self, query: str, *, limit: int = 10) -> list[int]:
        """The indices of the items whose titles match what a user types, best first, at most `limit`.

        First the titles equal to the query, then those that start with it, then those that contain its words. If
        these are fewer than `limit`, similar titles follow, so that typing errors do not matter. Within each group
        the items with the most members come first.
        """
        return self.title_index().search(query, limit=limit)

    def title_index(self) -> TitleIndex:
        """The index of all titles for search, built on the first call and then kept."""
        return self._title_index

    def columns(self) -> CatalogColumns:
        """The frame as plain lists and arrays, built on the first call and then kept."""
        return self._columns

    def studio_labels(self) -> Labels:
        """The items of each studio. Computed on each call: a large catalog has thousands of studios."""
        return Labels.of(self.frame["studios"].to_list())

    @cached_property
    def _title_index(self) -> TitleIndex:
        return TitleIndex.of([self.frame[name].to_list() for name in TITLE_COLUMNS], self._members())

    @cached_property
    def _columns(self) -> CatalogColumns:
        return CatalogColumns.of(self.frame)

    def _members(self) -> NDArray[np.int64]:
        return self.frame["members"].fill_null(0).to_numpy()

    def _by_members(self, indices: list[int]) -> list[int]:
        members = self._members()
        return sorted(indices, key=lambda index: (-members[index], index))

    def _listing(self, indices: list[int]) -> str:
        lines = []
        for index in indices:
            about = self.row(index)
            facts = ", ".join(str(about[name]) for name in ("type", "year") if about[name] is not None)
            lines.append(f"  {about['item_id']:>8}  {about['title']}" + (f" ({facts})" if facts else ""))
        return "\n".join(lines)


def _default_titles(items: IdIndex) -> list[str]:
    """The titles of items without a title: "#" and the id."""
    return [f"#{item_id}" for item_id in items.ids.tolist()]
