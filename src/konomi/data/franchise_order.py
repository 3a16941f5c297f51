"""The part of a franchise that comes before each other part: by year, or as relations say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.data.relations import RelatedItems

# The types that continue a story. The first of these that a franchise has is its main type.
_MAIN_TYPES = ("TV", "Movie", "ONA", "OVA")
_UNKNOWN_YEAR = 9999


def predecessors(catalog: Catalog, number: NDArray[np.int32]) -> NDArray[np.int32]:
    """int32 (n_items,): the part that comes before each item in its franchise, by year; -1 for a first part.

    The main parts of a franchise are those of type TV or, if it has none, of the first type that it has among
    Movie, ONA and OVA. They are ordered by year (unknown last) and then by id, and each follows the one before.
    Any other part follows the last main part of an earlier or the same year, or else the first main part.
    """
    kinds = catalog.frame["type"].to_list()
    years = _years(catalog)
    in_order = np.lexsort((_id_rank(catalog), years, number))
    starts = np.flatnonzero(np.diff(number[in_order], prepend=-1))
    before = np.full(len(catalog), -1, dtype=np.int32)
    for members in np.split(in_order, starts[1:]):
        if len(members) == 1:
            continue
        main_type = next((kind for kind in _MAIN_TYPES if any(kinds[m] == kind for m in members)), None)
        main = [m for m in members if main_type is None or kinds[m] == main_type]
        before[main[1:]] = main[:-1]
        for part in set(members.tolist()) - set(map(int, main)):
            earlier = [m for m in main if years[m] <= years[part] and years[m] < _UNKNOWN_YEAR]
            before[part] = earlier[-1] if earlier else main[0]
    return before


def related_predecessors(
    catalog: Catalog, number: NDArray[np.int32], related: RelatedItems
) -> tuple[NDArray[np.int32], int]:
    """int32 (n_items,), the part that comes before each item; and the number of relations that would form a ring.

    An item follows its latest prequel; if it has none, the latest story that it is a side story or summary of. An
    item of which relations say neither is a first part if they say what else it is (a spin-off, say), and otherwise
    follows the item that `predecessors` gives. Latest is by year (unknown last), then by id. Items with the latest
    years choose first, and none follows an item that already follows it, so a ring is opened at its earliest part.
    """
    rank = np.empty(len(catalog), dtype=np.int64)
    rank[np.lexsort((_id_rank(catalog), _years(catalog)))] = np.arange(len(catalog))
    by_year = predecessors(catalog, number)
    described = related.with_kind()
    prequels, main_stories = related.prequels(), related.main_stories()
    before = np.full(len(catalog), -1, dtype=np.int32)
    n_refused = 0
    for item in np.argsort(-rank, kind="stable").tolist():
        for choices in (prequels[item], main_stories[item]):
            open_choices = [other for other in choices if not _comes_after(before, other, item)]
            n_refused += len(choices) - len(open_choices)
            if open_choices and before[item] < 0:
                before[item] = max(open_choices, key=lambda other: rank[other])
    for item in np.flatnonzero((before < 0) & ~described & (by_year >= 0)).tolist():
        if not _comes_after(before, int(by_year[item]), item):
            before[item] = by_year[item]
    return before, n_refused


def stored_predecessors(catalog: Catalog, number: NDArray[np.int32]) -> NDArray[np.int32]:
    """int32 (n_items,): the part that the column `follows` names; where it is null, what `predecessors` gives."""
    by_year = predecessors(catalog, number)
    follows = catalog.frame["follows"].to_list()
    if not any(one is not None for one in follows):
        return by_year
    index_of = {str(one): index for index, one in enumerate(catalog.items.ids.tolist())}
    named = np.array([-1 if one is None else index_of.get(one, -1) for one in follows], dtype=np.int32)
    return np.where([one is None for one in follows], by_year, named)


def _comes_after(before: NDArray[np.int32], part: int, item: int) -> bool:
    """Whether `part` is `item` or follows it, directly or through other parts."""
    while part >= 0 and part != item:
        part = int(before[part])
    return part == item


def _years(catalog: Catalog) -> NDArray[np.int64]:
    years: Sequence[int | None] = catalog.frame["year"].to_list()
    return np.array([_UNKNOWN_YEAR if year is None else year for year in years], dtype=np.int64)


def _id_rank(catalog: Catalog) -> NDArray[np.int64]:
    """int64 (n_items,): the position of each id among the sorted ids."""
    rank = np.empty(len(catalog), dtype=np.int64)
    rank[np.argsort(catalog.items.ids, kind="stable")] = np.arange(len(catalog))
    return rank
