"""The map: every item in two dimensions, regions named by their genres, and where a history lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from konomi.errors import ConfigError
from konomi.kernels.pacmap import add_attraction, add_repulsion
from konomi.similarity import nearest

# Measured by benchmarks/bench_item_map.py: PaCMAP's own 10 near pairs chosen by local scale, and 20 further ones,
# keep clearly less of the neighbourhoods of item vectors.
_NEAR, _MID_NEAR, _FURTHER = 7, 5, 40
# Of how many random items the second nearest is a mid-near one.
_SAMPLED = 6
# Steps in each phase; weights of near, mid-near (from, to) and further pairs in it.
_PHASES = ((100, 2.0, 1000.0, 3.0, 1.0), (100, 3.0, 3.0, 3.0, 1.0), (250, 1.0, 0.0, 0.0, 2.0))
_LEARNING_RATE, _BETA1, _BETA2, _EPSILON = 1.0, 0.9, 0.999, 1e-7
_BLOCK = 2048

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
    """

    name: str
    x: float
    y: float
    n_items: int


def layout(vectors: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
    """float32 (n, 2): a place for each row so that rows of similar vectors lie near each other.

    vectors : float32 (n, dim), unit length; a zero row is like nothing and gets no place: NaN.
    seed    : of the random pairs; the same seed gives the same bits, whatever the number of threads.
    Places lie around the origin, the root mean square of their distance from it 1.
    Pairs of near rows (the 7 nearest), of mid-near ones (second nearest of 6 random rows) and of random further
    ones pull and push in three phases, with Adam on the whole gradient, from the first two principal components.
    Source: Wang, Huang, Rudin and Shaposhnik 2021, PaCMAP; distances are cosine.
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise ValueError(f"vectors are float32 (n, dim), got {vectors.dtype} {vectors.shape}")
    places = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    has_vector = np.flatnonzero(np.einsum("nd,nd->n", vectors, vectors) > 0)
    if len(has_vector) <= _NEAR:
        # Too few for neighbourhoods: around a circle, in row order.
        angle = 2 * np.pi * np.arange(len(has_vector)) / max(len(has_vector), 1)
        places[has_vector] = np.column_stack([np.cos(angle), np.sin(angle)])
        return places
    rows = np.ascontiguousarray(vectors[has_vector])
    rng = np.random.default_rng(seed)
    near = _near_pairs(rows)
    mid_near = _mid_near_pairs(rows, rng)
    further = _further_pairs(len(rows), near, rng)
    points = _start(rows)
    moment, square = np.zeros_like(points), np.zeros_like(points)
    step = 0
    for n_steps, near_weight, mid_from, mid_to, further_weight in _PHASES:
        for inner in range(n_steps):
            step += 1
            gradient = np.zeros_like(points)
            mid_weight = mid_from + (mid_to - mid_from) * inner / n_steps
            add_attraction(points, *near, np.float32(near_weight), np.float32(10), gradient)
            if mid_weight > 0:
                add_attraction(points, *mid_near, np.float32(mid_weight), np.float32(10_000), gradient)
            add_repulsion(points, *further, np.float32(further_weight), gradient)
            moment += (1 - _BETA1) * (gradient - moment)
            square += (1 - _BETA2) * (gradient**2 - square)
            rate = _LEARNING_RATE * np.sqrt(1 - _BETA2**step) / (1 - _BETA1**step)
            points -= np.float32(rate) * moment / (np.sqrt(square) + np.float32(_EPSILON))
    points -= points.mean(axis=0)
    places[has_vector] = points / max(float(np.sqrt((points**2).sum(axis=1).mean())), 1e-12)
    return places


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
    n_regions : how many clusters (k-means) are looked at; neighbouring ones of one name become one region.
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
            found.append(Region(name, float(middle[0]), float(middle[1]), len(group)))
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


Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]


def _near_pairs(rows: NDArray[np.float32]) -> Pairs:
    """For each row its nearest ones."""
    n = len(rows)
    second = nearest(rows, np.arange(n, dtype=np.int32), k=_NEAR).index
    return np.repeat(np.arange(n, dtype=np.int32), _NEAR), second.ravel()


def _mid_near_pairs(rows: NDArray[np.float32], rng: np.random.Generator) -> Pairs:
    """For each row, several times the second nearest of a few random ones."""
    n = len(rows)
    second = np.empty((n, _MID_NEAR), dtype=np.int32)
    for start in range(0, n, _BLOCK):
        block = np.arange(start, min(start + _BLOCK, n))
        for place in range(_MID_NEAR):
            # 1 ... n - 1 steps further, so never the row itself.
            others = (block[:, None] + rng.integers(1, n, (len(block), _SAMPLED))) % n
            similarity = np.einsum("bd,bsd->bs", rows[block], rows[others])
            chosen = np.argsort(-similarity, axis=1, kind="stable")[:, 1]
            second[block, place] = others[np.arange(len(block)), chosen]
    return np.repeat(np.arange(n, dtype=np.int32), _MID_NEAR), second.ravel()


def _further_pairs(n: int, near: Pairs, rng: np.random.Generator) -> Pairs:
    """For each row random ones that are not among its near ones."""
    first = np.repeat(np.arange(n, dtype=np.int64), _FURTHER)
    second = (first + rng.integers(1, n, len(first))) % n
    is_near = np.isin(first * n + second, near[0].astype(np.int64) * n + near[1])
    return first[~is_near].astype(np.int32), second[~is_near].astype(np.int32)


def _start(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (n, 2): the first two principal components, small, each with its largest entry positive."""
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    start = centred @ axes[:, ::-1][:, :2]
    if start.shape[1] < 2:
        start = np.column_stack([start, np.zeros(len(start))])
    largest = start[np.argmax(np.abs(start), axis=0), [0, 1]]
    return np.asarray(0.01 * start * np.where(largest < 0, -1, 1), dtype=np.float32)


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
