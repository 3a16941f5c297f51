"""The map of items: regions named by their genres, and the position of a history among all items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from konomi.answers.person import Person
from konomi.answers.results import ItemColumns, ItemRows
from konomi.data.catalog import Catalog
from konomi.data.filters import Filters, FiltersLike
from konomi.data.ratings import Histories
from konomi.errors import ConfigError
from konomi.tables import Column, table

# A cluster with fewer items is no region. A genre names a region if its share there is this many times its share of
# all items.
_MIN_REGION_SIZE = 12
_MIN_LIFT = 1.15
# With this many rated items or more, the better rated half of a history decides where it is.
_ENOUGH_RATED = 4
# The medoid of a longer history is computed from this many of its items, evenly spaced.
_MEDOID_SAMPLE = 500


@dataclass(frozen=True)
class Region:
    """A part of the map.

    name    : the one or two genres that are most typical of it; "" if none is.
    x, y    : its center, the median of the positions of its items.
    n_items : the number of its items.
    members : int64 (n_items,), their indices among the items of the map.
    """

    name: str
    x: float
    y: float
    n_items: int
    members: NDArray[np.intp] = field(compare=False, repr=False)


class MapItem(NamedTuple):
    """An item and its position; `region` is None outside the named regions."""

    item_id: Any
    title: str
    x: float
    y: float
    region: str | None


@dataclass(frozen=True, eq=False)
class ItemMap(ItemRows):
    """Items in two dimensions, similar ones near each other; the most watched item comes first.

    query     : the question, as plain values.
    items     : the columns of the items on the map.
    positions : float32 (n, 2), x and y of each item.
    regions   : the named regions, largest first.
    yours     : int64 (m,), the indices in `items` of the items of a history; None if no history was given.
    you       : x and y of the history; None if no history was given or none of its items is on the map.
    notes     : remarks on this answer, for its reader.
    """

    query: dict[str, Any]
    items: ItemColumns
    positions: NDArray[np.float32]
    regions: list[Region]
    yours: NDArray[np.intp] | None = None
    you: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, positions: NDArray[np.float32], items: ItemColumns) -> "ItemMap":
        """The map of these items at these positions, without a history."""
        return cls({}, items, positions, [region for region in regions(positions, items.genres) if region.name])

    def marked(self, history: Histories) -> "ItemMap":
        """The same map with the watched items of one user."""
        item_index = self.items.item_index
        yours = np.flatnonzero(np.isin(item_index, history.item_index))
        ratings = np.full(history.n_items, np.nan, dtype=np.float32)
        ratings[history.item_index] = history.rating
        notes = self.notes if len(yours) else (*self.notes, "none of these titles is on the map")
        return replace(
            self, yours=yours, you=position_of(self.positions[yours], ratings[item_index[yours]]), notes=notes
        )

    def __iter__(self) -> Iterator[MapItem]:
        region_names: list[str | None] = [None] * len(self)
        for region in self.regions:
            for member in region.members.tolist():
                region_names[member] = region.name
        columns = (self.item_ids.tolist(), self.titles, *self.positions.T.tolist(), region_names)
        return (MapItem(*row) for row in zip(*columns, strict=True))

    def __str__(self) -> str:
        yours = set() if self.yours is None else set(self.yours.tolist())
        n_yours = [len(yours.intersection(region.members.tolist())) for region in self.regions]
        order = sorted(range(len(n_yours)), key=lambda number: -n_yours[number])
        shown = [self.regions[number] for number in order]
        columns = [
            Column("region", [region.name for region in shown], wide=True),
            Column("titles", [f"{region.n_items:,}" for region in shown]),
        ]
        if self.yours is not None:
            columns.append(Column("yours", [f"{n_yours[number]:,}" for number in order]))
        best_known = ["; ".join(self.titles[item] for item in self._best_known(region)) for region in shown]
        return table([*columns, Column("best known there", best_known, wide=True)], notes=self.notes)

    def _best_known(self, region: Region, n: int = 3) -> list[int]:
        """The n most watched items of a region; those that lack fewer of the region's genres come first."""
        wanted = set(region.name.split(" & "))
        genres = self.items.genres
        # The most watched item has the lowest index, and the sort is stable.
        return sorted(sorted(region.members.tolist()), key=lambda item: len(wanted.difference(genres[item] or ())))[
            :n
        ]


def map_of(
    positions: NDArray[np.float32],
    row_counts: NDArray[np.int64],
    catalog: Catalog,
    *,
    person: Person | None = None,
    where: FiltersLike = None,
) -> ItemMap:
    """The map of the items that pass the filters, with the items and the position of a person if one is given.

    positions  : float32 (n_items, 2), NaN for an item that is not on the map.
    row_counts : int64 (n_items,), the number of rows of each item.
    Raises ConfigError if no item is left.
    """
    on_map = Filters.of(where).allowed(catalog) & np.isfinite(positions).all(axis=1)
    most_watched = np.argsort(-row_counts, kind="stable")
    shown = most_watched[on_map[most_watched]]
    if len(shown) == 0:
        raise ConfigError("no title on the map passes these filters: loosen one of them")
    drawn = ItemMap.of(positions[shown], ItemColumns.of(catalog, shown))
    if person is None:
        return drawn
    return replace(drawn, query=person.query, notes=person.notes).marked(person.evidence)


def regions(
    positions: NDArray[np.float32],
    genres: Sequence[list[str] | None],
    *,
    n_regions: int = 24,
    seed: int = 0,
) -> list[Region]:
    """The regions of a map, largest first.

    positions : float32 (n, 2), NaN for an item that is not on the map.
    genres    : of each item, None if unknown.
    n_regions : the number of clusters; neighboring clusters of the same name become one region.
    seed      : of the choice of the first centers.
    Clusters come from k-means with k-means++ (Arthur and Vassilvitskii 2007). The name of a region is the genre
    with the largest share * log(share / overall share), and a second genre if that has at least half as much.
    Raises ConfigError if n_regions is under 1.
    """
    if n_regions < 1:
        raise ConfigError(f"n_regions={n_regions} is out of range: give at least 1")
    on_map = np.flatnonzero(np.isfinite(positions).all(axis=1))
    if len(on_map) < _MIN_REGION_SIZE:
        return []
    names, has_genre = _genre_table([genres[item] or () for item in on_map.tolist()])
    points = positions[on_map].astype(np.float64)
    n_clusters = min(n_regions, len(points) // _MIN_REGION_SIZE)
    # k-means++ needs a distinct point for each center.
    n_clusters = min(n_clusters, len(np.unique(points, axis=0)))
    _, cluster = kmeans2(points, n_clusters, minit="++", rng=np.random.default_rng(seed))
    members: dict[tuple[str, int], list[int]] = {}
    for number in range(n_clusters):
        inside = np.flatnonzero(cluster == number)
        if len(inside) >= _MIN_REGION_SIZE:
            name = _name(has_genre, inside, names)
            members[name, number if not name else -1] = members.get((name, -1), []) + inside.tolist()
    found = []
    for (name, _), inside_rows in members.items():
        for group in _near_each_other(inside_rows, cluster, points):
            center = np.median(points[group], axis=0)
            found.append(Region(name, float(center[0]), float(center[1]), len(group), on_map[group]))
    return sorted(found, key=lambda region: (-region.n_items, region.name, region.x))


def position_of(positions: NDArray[np.float32], ratings: NDArray[np.float32]) -> tuple[float, float] | None:
    """x and y of a history: the medoid of its better rated half; None if none of its items is on the map.

    positions : float32 (m, 2), the positions of the items of the history, NaN for an item that is not on the map.
    ratings   : float32 (m,), NaN = not rated.
    Of n rated items on the map, n >= 4, the best rated ceil(n / 2) count, otherwise all items. The medoid is the
    item with the least sum of distances to the others; the mean of two separate tastes would be an empty spot.
    """
    on_map = np.isfinite(positions).all(axis=1)
    points, ratings = positions[on_map].astype(np.float64), ratings[on_map]
    n_rated = int((~np.isnan(ratings)).sum())
    if n_rated >= _ENOUGH_RATED:
        best_first = np.argsort(-ratings, kind="stable")  # NaN comes last
        points = points[best_first[: -(-n_rated // 2)]]
    if len(points) == 0:
        return None
    points = points[:: 1 + len(points) // _MEDOID_SAMPLE]
    total = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2)).sum(axis=1)
    x, y = points[int(np.argmin(total))].tolist()
    return x, y


def _genre_table(genres: Sequence[Sequence[str]]) -> tuple[list[str], NDArray[np.bool_]]:
    """The names of the genres, sorted, and bool (n_items, n_genres): whether an item has a genre."""
    names = sorted({name for cell in genres for name in cell})
    column = {name: number for number, name in enumerate(names)}
    has_genre = np.zeros((len(genres), len(names)), dtype=np.bool_)
    for row, cell in enumerate(genres):
        has_genre[row, [column[name] for name in cell]] = True
    return names, has_genre


def _name(has_genre: NDArray[np.bool_], inside: NDArray[np.intp], names: list[str]) -> str:
    """The name of the region that holds the items `inside`; "" if no genre is typical of it."""
    if not names:
        return ""
    overall = np.maximum(has_genre.mean(axis=0), 1e-12)
    share = has_genre[inside].mean(axis=0)
    lift = np.maximum(share, 1e-12) / overall
    weight = np.where(lift >= _MIN_LIFT, share * np.log(lift), 0)
    first_two = np.argsort(-weight, kind="stable")[:2]
    largest = weight[first_two[0]]
    return " & ".join(names[genre] for genre in first_two if weight[genre] > 0 and 2 * weight[genre] >= largest)


def _near_each_other(
    rows: list[int], cluster: NDArray[np.int32], points: NDArray[np.float64]
) -> list[NDArray[np.intp]]:
    """The items of the clusters of one name, joined where two centers are no farther apart than both widths."""
    groups: list[NDArray[np.intp]] = []
    for number in np.unique(cluster[rows]):
        group = np.flatnonzero(cluster == number)
        for index, other in enumerate(groups):
            between = np.linalg.norm(points[group].mean(axis=0) - points[other].mean(axis=0))
            if between <= points[group].std() + points[other].std():
                groups[index] = np.concatenate([other, group])
                break
        else:
            groups.append(group)
    return groups
