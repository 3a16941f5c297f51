"""Relations: which items a file names as parts of one series, and which part comes before which."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from konomi.data.ids import IdIndex


class RelationKind(IntEnum):
    """What the related item is to the item."""

    NOT_GIVEN = 0
    SEQUEL = 1
    PREQUEL = 2
    EXTRA = 3
    """A side story or a summary of the item."""
    MAIN_STORY = 4
    """The story that the item adds to or sums up."""
    SAME_SERIES = 5
    """A part of the series without an order: an alternative version, a spin-off."""
    OTHER_SERIES = 6
    """A shared character, a guest, the printed original: it does not join series."""


# The words of MyAnimeList, AniList and AniDB, without space and punctuation.
_KIND_OF = {
    "sequel": RelationKind.SEQUEL,
    "prequel": RelationKind.PREQUEL,
    "sidestory": RelationKind.EXTRA,
    "summary": RelationKind.EXTRA,
    "compilation": RelationKind.EXTRA,
    "parent": RelationKind.MAIN_STORY,
    "parentstory": RelationKind.MAIN_STORY,
    "fullstory": RelationKind.MAIN_STORY,
    "alternative": RelationKind.SAME_SERIES,
    "alternativeversion": RelationKind.SAME_SERIES,
    "alternativesetting": RelationKind.SAME_SERIES,
    "samesetting": RelationKind.SAME_SERIES,
    "remake": RelationKind.SAME_SERIES,
    "spinoff": RelationKind.SAME_SERIES,
    "character": RelationKind.OTHER_SERIES,
    "other": RelationKind.OTHER_SERIES,
    "adaptation": RelationKind.OTHER_SERIES,
    "source": RelationKind.OTHER_SERIES,
    "contains": RelationKind.OTHER_SERIES,
    "musicvideo": RelationKind.OTHER_SERIES,
}


def relation_kind(word: str | None) -> RelationKind | None:
    """The kind that a word names; NOT_GIVEN for an empty one, None for a word that is not known.

    Case, space, hyphens and underscores do not matter: "Side story", "SIDE_STORY" and "side-story" are equal.
    """
    plain = re.sub(r"[\W_]+", "", word or "").casefold()
    return _KIND_OF.get(plain) if plain else RelationKind.NOT_GIVEN


@dataclass(frozen=True, eq=False)
class Relations:
    """Directed relations between items: `related_ids[i]` is what `kinds[i]` says of `item_ids[i]`.

    item_ids, related_ids : int64 (m,) or unicode (m,), no item with itself.
    kinds : uint8 (m,), values of RelationKind.
    """

    item_ids: NDArray[Any]
    related_ids: NDArray[Any]
    kinds: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not (self.item_ids.shape == self.related_ids.shape == self.kinds.shape) or self.kinds.ndim != 1:
            raise ValueError("item_ids, related_ids and kinds are (m,)")
        if self.kinds.dtype != np.uint8 or (self.kinds > max(RelationKind)).any():
            raise ValueError("kinds are uint8 values of RelationKind")
        if (self.item_ids == self.related_ids).any():
            raise ValueError("an item is not related to itself")

    def among(self, items: IdIndex) -> "RelatedItems":
        """The relations in the indices of `items`. Ids that are not among them become further nodes."""
        named = np.concatenate([self.item_ids, self.related_ids])
        found = items.indices_of(named).astype(np.int64)
        unknown, number = np.unique(named[found < 0], return_inverse=True)
        found[found < 0] = len(items) + number.ravel()
        first, second = np.split(found, 2)
        return RelatedItems(first, second, self.kinds, len(items), len(unknown))


@dataclass(frozen=True, eq=False)
class RelatedItems:
    """Relations between items that are given by index.

    item, related : int64 (m,), 0 ... n_items - 1, or from n_items on for ids that are no items.
    kinds         : uint8 (m,), values of RelationKind.
    n_unknown     : the number of ids that are no items.
    """

    item: NDArray[np.int64]
    related: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    n_items: int
    n_unknown: int

    def named(self) -> NDArray[np.bool_]:
        """bool (n_items,): the items that are in a relation."""
        return self._in_any(np.ones(len(self.kinds), dtype=np.bool_))

    def with_kind(self) -> NDArray[np.bool_]:
        """bool (n_items,): the items in a relation of a given kind that joins a series."""
        return self._in_any((self.kinds != RelationKind.NOT_GIVEN) & self._joins())

    def series(self) -> NDArray[np.int64]:
        """int64 (n_items,): the number of each item's series.

        A series is a connected component of all relations, except those of the kind OTHER_SERIES. Items are also
        joined through an id that is no item.
        """
        n_nodes = self.n_items + self.n_unknown
        kept = self._joins()
        edges = (np.ones(int(kept.sum()), dtype=np.int8), (self.item[kept], self.related[kept]))
        graph = sp.coo_array(edges, shape=(n_nodes, n_nodes))
        return connected_components(graph, directed=False)[1][: self.n_items].astype(np.int64)

    def prequels(self) -> list[list[int]]:
        """Of each item, the items whose sequel it is, ascending."""
        return self._sources(RelationKind.SEQUEL, RelationKind.PREQUEL)

    def main_stories(self) -> list[list[int]]:
        """Of each item, the items that it is a side story or a summary of, ascending."""
        return self._sources(RelationKind.EXTRA, RelationKind.MAIN_STORY)

    def _sources(self, forward: RelationKind, backward: RelationKind) -> list[list[int]]:
        ahead, back = self.kinds == forward, self.kinds == backward
        first = np.concatenate([self.item[ahead], self.related[back]])
        second = np.concatenate([self.related[ahead], self.item[back]])
        known = (first < self.n_items) & (second < self.n_items)
        found: list[set[int]] = [set() for _ in range(self.n_items)]
        for a, b in zip(first[known].tolist(), second[known].tolist(), strict=True):
            found[b].add(a)
        return [sorted(others) for others in found]

    def _joins(self) -> NDArray[np.bool_]:
        return np.asarray(self.kinds != RelationKind.OTHER_SERIES, dtype=np.bool_)

    def _in_any(self, of: NDArray[np.bool_]) -> NDArray[np.bool_]:
        ends = np.concatenate([self.item[of], self.related[of]])
        inside = np.zeros(self.n_items, dtype=np.bool_)
        inside[ends[ends < self.n_items]] = True
        return inside
