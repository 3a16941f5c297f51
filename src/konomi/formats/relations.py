"""Reads a table of relations between items: sequels, side stories and the like."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from konomi.data.relations import RelationKind, Relations, relation_kind
from konomi.errors import InputFileError
from konomi.formats.catalogs import all_rows, as_text
from konomi.formats.layout import Head, columns_needed, read_head
from konomi.formats.opening import Source
from konomi.formats.table import ITEM_COLUMNS

# Accepted column names, the preferred ones first, in the form of `comparable`.
_ITEM = (*ITEM_COLUMNS["item_id"], "source_id", "source", "from_id", "from")
_RELATED = (
    *("related_id", "related_item_id", "related_anime_id", "related_mal_id", "related_item", "related_anime"),
    *("related", "target_id", "target", "to_id", "to"),
)
_KIND = ("relation_type", "relation", "relation_kind", "kind", "type")
_NEEDED = (
    "relations need the ids of two items (item_id or anime_id, and related_id or related_anime_id), and may have a "
    "kind (relation_type: sequel, prequel, side story, ...): rename the columns"
)


@dataclass(frozen=True, eq=False)
class ReadRelations:
    """The relations of a file, and what was left out.

    relations     : each relation once, no item with itself.
    source        : the file.
    n_rows        : the number of rows of the file.
    without_id    : rows without two ids (integers, if the ratings name items by integers).
    self_relations: rows that relate an item to itself.
    repeats       : rows that an earlier row repeats.
    other_words   : the words for kinds that konomi does not know, with their numbers of rows. Such relations are
                    kept with the kind OTHER_SERIES.
    notes         : remarks about the file.
    """

    relations: Relations
    source: Source
    n_rows: int
    without_id: int
    self_relations: int
    repeats: int
    other_words: dict[str, int]
    notes: list[str]

    def counts(self) -> dict[str, Any]:
        """What the report says about the rows."""
        return {
            "kept": len(self.relations.kinds),
            "without_id": self.without_id,
            "self_relations": self.self_relations,
            "repeats": self.repeats,
            "unknown_kinds": self.other_words,
        }


def read_relations(source: Source, *, integer_ids: bool) -> ReadRelations:
    """The relations of a CSV, Parquet or packed table.

    Each row says what the related item is to the item: `related_id` is the sequel of `item_id`. A table without a
    column of kinds, or a row without one, says only that both belong to one series.
    integer_ids : whether the ratings name items by integers, else by strings.
    Raises InputFileError if the file is empty, or no table of relations.
    """
    head = read_head(source)
    columns = _columns(head)
    rows, notes = all_rows(head, has_header=True)
    if rows.height == 0:
        raise InputFileError(f"{source.name} has a header and no rows: give a file with relations")
    frame = as_text(rows).select(
        pl.col(rows.columns[index]).str.strip_chars().alias(name) for name, index in columns.items()
    )
    ids = [_id(name, integer_ids=integer_ids) for name in ("item", "related")]
    complete = frame.with_columns(ids).drop_nulls(["item", "related"])
    others = complete.filter(pl.col("item") != pl.col("related"))
    kinds, other_words = _kinds(others)
    numbered = others.select("item", "related").with_columns(pl.Series("kind", kinds, dtype=pl.UInt8))
    single = numbered.unique(maintain_order=True)
    dtype = np.int64 if integer_ids else np.str_
    relations = Relations(
        np.array(single["item"].to_list(), dtype=dtype),
        np.array(single["related"].to_list(), dtype=dtype),
        single["kind"].to_numpy().astype(np.uint8),
    )
    return ReadRelations(
        relations,
        source,
        n_rows=frame.height,
        without_id=frame.height - complete.height,
        self_relations=complete.height - others.height,
        repeats=others.height - single.height,
        other_words=other_words,
        notes=notes,
    )


def _columns(head: Head) -> dict[str, int]:
    """The index of each column, by `item`, `related` and, if there is one, `kind`."""
    related, item = head.index_of(*_RELATED), head.index_of(*_ITEM)
    if item is None or related is None:
        raise columns_needed(head, _NEEDED)
    kind = head.index_of(*_KIND)
    return {"item": item, "related": related} | ({} if kind is None else {"kind": kind})


def _id(name: str, *, integer_ids: bool) -> pl.Expr:
    text = pl.col(name)
    if integer_ids:
        return text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    return pl.when(text != "").then(text).alias(name)


def _kinds(rows: pl.DataFrame) -> tuple[list[RelationKind], dict[str, int]]:
    """The kind of each row, and how often each word occurs that names none."""
    if "kind" not in rows.columns:
        return [RelationKind.NOT_GIVEN] * rows.height, {}
    words = rows["kind"].to_list()
    found = {word: relation_kind(word) for word in set(words)}
    unknown = Counter(word for word in words if found[word] is None)
    kinds = [RelationKind.OTHER_SERIES if (kind := found[word]) is None else kind for word in words]
    return kinds, dict(unknown.most_common())
