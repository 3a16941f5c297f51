"""Franchises: the items that are parts of one work, and the order of the parts."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.data.franchise_order import predecessors, related_predecessors, stored_predecessors
from konomi.data.franchise_titles import infer_franchises
from konomi.data.ids import IdIndex
from konomi.data.numbered import numbered
from konomi.data.relations import RelatedItems, Relations

__all__ = [
    "Franchises",
    "NamedFranchises",
    "franchise_numbers",
    "infer_franchises",
    "named_franchises",
    "names_of",
    "predecessors",
    "with_franchises",
    "with_relations",
]


@dataclass(frozen=True, eq=False)
class Franchises:
    """The franchise of each item, and the part that comes before it.

    number      : int32 (n_items,), the number of the franchise, 0 ... n_franchises - 1, in the order of the first
                  item of each franchise.
    predecessor : int32 (n_items,), the part to watch before this one; -1 for a first part.
    """

    number: NDArray[np.int32]
    predecessor: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.number.dtype != np.int32 or self.predecessor.dtype != np.int32:
            raise ValueError("number and predecessor are int32")
        if self.number.ndim != 1 or self.number.shape != self.predecessor.shape:
            raise ValueError(f"number and predecessor are (n_items,), got {self.number.shape}")

    @classmethod
    def of(cls, catalog: Catalog) -> "Franchises":
        """The franchises that a catalog names. Parts are in the order of its relations, or else of the years."""
        number = franchise_numbers(catalog)
        return cls(number, stored_predecessors(catalog, number))


@dataclass(frozen=True, eq=False)
class NamedFranchises:
    """A catalog with franchises from relations.

    catalog      : with the columns `franchise` and `follows` filled in.
    n_unknown    : ids of the relations of which the catalog has nothing.
    n_joined     : items that are in a franchise of two or more and in a relation.
    n_franchises : the franchises of these items.
    n_rings      : relations that were left out of the order because they would form a ring.
    """

    catalog: Catalog
    n_unknown: int
    n_joined: int
    n_franchises: int
    n_rings: int


def named_franchises(catalog: Catalog) -> NDArray[np.int32] | None:
    """int32 (n_items,): the number of the franchise that the catalog names for each item; None if it names none.

    An item without a franchise has a number of its own. The numbers are 0, 1, ... in the order of the first items.
    """
    return franchise_numbers(catalog) if any(catalog.frame["franchise"].to_list()) else None


def franchise_numbers(catalog: Catalog) -> NDArray[np.int32]:
    """As `named_franchises`, but if the catalog names no franchise, every item has a number of its own."""
    return numbered(name or f"\0{row}" for row, name in enumerate(catalog.frame["franchise"].to_list()))


def with_franchises(catalog: Catalog) -> Catalog:
    """The catalog with a franchise column inferred from titles, or unchanged if it names any franchise.

    The name of a franchise is the title of its first part. An item alone has no franchise. Only items of which the
    catalog has more than the id are compared, in the order of their ids: the names do not depend on ratings.
    """
    if any(catalog.frame["franchise"].to_list()):
        return catalog
    compared = _known_in_order_of_ids(catalog)
    entries = _entries(catalog, compared)
    return _with_columns(catalog, compared, franchise=names_of(entries, infer_franchises(entries)))


def with_relations(catalog: Catalog, relations: Relations) -> NamedFranchises:
    """The catalog with the franchises that relations give, and the order of their parts.

    Relations decide about the items that they name. Each other item keeps the company that the catalog names or, if
    it names none, that its title suggests: it joins the series that most of these items are in.
    As with `with_franchises`, only items of which the catalog has more than the id take part. `follows` is filled
    in for all items of a franchise if a relation of one of them has a kind.
    """
    compared = _known_in_order_of_ids(catalog)
    entries = _entries(catalog, compared)
    related = relations.among(entries.items)
    own = named_franchises(entries)
    number = _joined(infer_franchises(entries) if own is None else own, related)
    before, n_rings = related_predecessors(entries, number, related)

    ids = [str(one) for one in entries.items.ids.tolist()]
    size = np.bincount(number) if len(number) else np.zeros(0, dtype=np.int64)
    ordered = np.isin(number, number[related.with_kind()]) & (size[number] > 1)
    follows = [
        (ids[part] if part >= 0 else "") if is_ordered else None
        for part, is_ordered in zip(before.tolist(), ordered.tolist(), strict=True)
    ]
    named = _with_columns(catalog, compared, franchise=names_of(entries, number), follows=follows)
    joined = related.named() & (size[number] > 1)
    return NamedFranchises(named, related.n_unknown, int(joined.sum()), len(np.unique(number[joined])), n_rings)


def names_of(catalog: Catalog, number: NDArray[np.int32]) -> list[str | None]:
    """The name of each item's franchise: the title of its first part, made unique. None for an item alone.

    number : int32 (n_items,), the number of each item's franchise.
    """
    first = np.flatnonzero(predecessors(catalog, number) < 0)
    titles = catalog.titles
    name = {int(number[row]): titles[row] for row in first}
    n_named: dict[str, int] = {}
    for franchise, title in name.items():  # two franchises with equal titles get different names
        n_named[title] = n_named.get(title, 0) + 1
        name[franchise] = title if n_named[title] == 1 else f"{title} ({n_named[title]})"
    size = np.bincount(number)
    return [name[franchise] if size[franchise] > 1 else None for franchise in number.tolist()]


def _joined(number: NDArray[np.int32], related: RelatedItems) -> NDArray[np.int32]:
    """int32 (n_items,): the series of the related items; every other item in the series of most of its company.

    number : int32 (n_items,), the franchise of each item as it is without the relations.
    """
    series, is_related = related.series(), related.named()
    franchises = int(number.max(initial=-1)) + 1
    pairs = np.column_stack([number, series])[is_related]
    pairs, counts = np.unique(pairs, axis=0, return_counts=True)
    # Labels that cannot meet: series are 0, 1, ..., franchises without a related item are -1, -2, ...
    label_of = -1 - np.arange(franchises, dtype=np.int64)
    smallest_last = np.lexsort((-pairs[:, 1], counts))  # so the largest is written last, of equals the first series
    label_of[pairs[smallest_last, 0]] = pairs[smallest_last, 1]
    return numbered(np.where(is_related, series, label_of[number]).tolist())


def _known_in_order_of_ids(catalog: Catalog) -> NDArray[np.int64]:
    known = np.flatnonzero(~catalog.is_unknown())
    return known[np.argsort(catalog.items.ids[known], kind="stable")]


def _entries(catalog: Catalog, rows: NDArray[np.int64]) -> Catalog:
    return catalog.rows(rows, IdIndex(catalog.items.ids[rows], "item"))


def _with_columns(catalog: Catalog, rows: NDArray[np.int64], **columns: list[str | None]) -> Catalog:
    """The catalog with these texts in these rows, and null in all others."""
    filled = []
    for name, texts in columns.items():
        cells = np.full(len(catalog), None, dtype=object)
        cells[rows] = texts
        filled.append(pl.Series(name, cells.tolist(), dtype=pl.String))
    return Catalog(catalog.items, catalog.frame.with_columns(filled))
