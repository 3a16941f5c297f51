"""The map: regions named by their genres, and where a history lies among all items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from konomi.answers.results import ItemColumns, Rows
from konomi.errors import ConfigError
from konomi.tables import Column, table

# Fewer items than this make no region; a genre must be this much more common in a region than anywhere to name it.
_SMALLEST_REGION = 12
_LEAST_LIFT = 1.15
# A long history's middle is sought among so many of its items, evenly spaced.
_MEDOID_OF = 500


@dataclass(frozen=True)
class Region:
    """A part of the map and what stands out there.

    name    : one genre or two, "" where none stands out.
    x, y    : its middle (median of its items).
    n_items : how many items lie in it.
    rows    : int64 (n_items,), their rows in the places.
    """

    name: str
    x: float
    y: float
    n_items: int
    rows: NDArray[np.intp] = field(compare=False, repr=False)


class Place(NamedTuple):
    """Where an item lies; region is None where nothing stands out."""

    item_id: Any
    title: str
    x: float
    y: float
    region: str | None


@dataclass(frozen=True, eq=False)
class ItemMap(Rows):
    """Items in two dimensions, alike ones near each other, the most watched first.

    query   : what was asked.
    items   : the columns of the items that have a place.
    places  : float32 (n, 2), x and y.
    regions : those with a name, largest first; their rows count in `items`.
    yours   : int64 (m,), the rows in `items` that are in the history; None if none was given.
    you     : where the history lies, x and y; None if none was given or none of it has a place.
    """

    query: dict[str, Any]
    items: ItemColumns
    places: NDArray[np.float32]
    regions: list[Region]
    yours: NDArray[np.intp] | None = None
    you: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, places: NDArray[np.float32], items: ItemColumns) -> "ItemMap":
        """The map of these items, whose places these are."""
        return cls({}, items, places, [one for one in regions(places, items.genres) if one.name])

    def marked(self, yours: NDArray[np.intp]) -> "ItemMap":
        """The same with the rows of a history, and where it lies."""
        nowhere = () if len(yours) else ("none of these titles is on the map",)
        you = whereabouts(self.places, yours.astype(np.int32))
        return replace(self, yours=yours, you=you, notes=(*self.notes, *nowhere))

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Place]:
        named: list[str | None] = [None] * len(self)
        for region in self.regions:
            for row in region.rows.tolist():
                named[row] = region.name
        columns = (self.items.item_ids.tolist(), self.items.titles, *self.places.T.tolist(), named)
        return (Place(*row) for row in zip(*columns, strict=True))

    def __str__(self) -> str:
        yours = set() if self.yours is None else set(self.yours.tolist())
        counts = [len(yours.intersection(region.rows.tolist())) for region in self.regions]
        order = sorted(range(len(counts)), key=lambda one: -counts[one])
        shown = [self.regions[one] for one in order]
        columns = [
            Column("region", [region.name for region in shown], wide=True),
            Column("titles", [f"{region.n_items:,}" for region in shown]),
        ]
        if self.yours is not None:
            columns.append(Column("yours", [f"{counts[one]:,}" for one in order]))
        known = ["; ".join(self.items.titles[row] for row in self._best_known(region)) for region in shown]
        return table([*columns, Column("best known there", known, wide=True)], notes=self.notes)

    def _best_known(self, region: Region, n: int = 3) -> list[int]:
        """The rows of the region's most watched items, those that bear its genres before all others."""
        named = set(region.name.split(" & "))
        genres = self.items.genres
        # Items come most watched first; the sort keeps that order where as many genres are missing.
        return sorted(sorted(region.rows.tolist()), key=lambda row: len(named.difference(genres[row] or ())))[:n]


def regions(
    places: NDArray[np.float32],
    genres: Sequence[list[str] | None],
    *,
    n_regions: int = 24,
    seed: int = 0,
) -> list[Region]:
    """The regions of a map, largest first.

    places : as `layout` gives them.
    genres : of each item, None where unknown.
    n_regions : how many clusters (k-means) are looked at; neighboring ones of one name become one region.
    A region is called by the genre with the largest share * log(share / share overall), and by a second one if that
    reaches half as much.
    Raises ConfigError if n_regions is under 1.
    """
    if n_regions < 1:
        raise ConfigError(f"n_regions={n_regions} is out of range: give at least 1")
    placed = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(placed) < _SMALLEST_REGION:
        return []
    known = [genres[row] or () for row in placed.tolist()]
    names = sorted({name for cell in known for name in cell})
    place_of = {name: place for place, name in enumerate(names)}
    bears = np.zeros((len(placed), len(names)), dtype=np.bool_)
    for number, cell in enumerate(known):
        for name in cell:
            bears[number, place_of[name]] = True
    points = places[placed].astype(np.float64)
    k = min(n_regions, len(placed) // _SMALLEST_REGION)
    _, cluster = kmeans2(points, _spread_out(points, k, seed), minit="matrix")
    members: dict[tuple[str, int], list[int]] = {}
    for number in range(k):
        inside = np.flatnonzero(cluster == number)
        if len(inside) >= _SMALLEST_REGION:
            name = _name(bears, inside, names)
            members[name, number if not name else -1] = members.get((name, -1), []) + inside.tolist()
    found = []
    for (name, _), inside_rows in members.items():
        for group in _near_each_other(inside_rows, cluster, points):
            middle = np.median(points[group], axis=0)
            found.append(Region(name, float(middle[0]), float(middle[1]), len(group), placed[group]))
    return sorted(found, key=lambda region: (-region.n_items, region.name, region.x))


def whereabouts(places: NDArray[np.float32], item_index: NDArray[np.int32]) -> tuple[float, float] | None:
    """Where a history lies: the item of it with the least sum of distances to the others; None if none has a place.

    Its own middle may be an empty spot between two tastes, the medoid never is.
    """
    points = places[item_index]
    points = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    if len(points) == 0:
        return None
    some = points[:: 1 + len(points) // _MEDOID_OF]
    distance = np.sqrt(((some[:, None] - some[None]) ** 2).sum(axis=2)).sum(axis=1)
    x, y = some[int(np.argmin(distance))].tolist()
    return x, y


def _spread_out(points: NDArray[np.float64], k: int, seed: int) -> NDArray[np.float64]:
    """k of the points, each far from those before it (k-means++)."""
    rng = np.random.default_rng(seed)
    chosen = [int(rng.integers(len(points)))]
    distance = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < k:
        total = float(distance.sum())
        if total == 0:
            break
        place = min(int(np.searchsorted(np.cumsum(distance), rng.random() * total)), len(points) - 1)
        chosen.append(place)
        distance = np.minimum(distance, ((points - points[place]) ** 2).sum(axis=1))
    return points[chosen]


def _name(bears: NDArray[np.bool_], inside: NDArray[np.intp], names: list[str]) -> str:
    if not names:
        return ""
    overall = np.maximum(bears.mean(axis=0), 1e-12)
    share = bears[inside].mean(axis=0)
    lift = np.maximum(share, 1e-12) / overall
    weight = np.where(lift >= _LEAST_LIFT, share * np.log(lift), 0)
    order = np.argsort(-weight, kind="stable")[:2]
    told = [names[place] for place in order if weight[place] > 0 and 2 * weight[place] >= weight[order[0]]]
    return " & ".join(told)


def _near_each_other(
    rows: list[int], cluster: NDArray[np.int32], points: NDArray[np.float64]
) -> list[NDArray[np.intp]]:
    """The clusters of one name, those joined whose middles are as near as the widths of both."""
    groups: list[NDArray[np.intp]] = []
    for number in np.unique(cluster[rows]):
        group = np.flatnonzero(cluster == number)
        for place, other in enumerate(groups):
            between = np.linalg.norm(points[group].mean(axis=0) - points[other].mean(axis=0))
            if between <= points[group].std() + points[other].std():
                groups[place] = np.concatenate([other, group])
                break
        else:
            groups.append(group)
    return groups
