"""Layout: items in two dimensions, those of similar vectors near each other."""

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.pacmap import add_attraction, add_repulsion
from konomi.models.nearest import nearest

# Measured by benchmarks/bench_item_map.py: PaCMAP's own 10 near pairs chosen by local scale, and 20 further ones,
# keep clearly less of the neighborhoods of item vectors.
_NEAR, _MID_NEAR, _FURTHER = 7, 5, 40
# Of how many random items the second nearest is a mid-near one.
_SAMPLED = 6
# Steps in each phase; weights of near, mid-near (from, to) and further pairs in it.
_PHASES = ((100, 2.0, 1000.0, 3.0, 1.0), (100, 3.0, 3.0, 3.0, 1.0), (250, 1.0, 0.0, 0.0, 2.0))
_LEARNING_RATE, _BETA1, _BETA2, _EPSILON = 1.0, 0.9, 0.999, 1e-7
_BLOCK = 2048
# The number of items that can be distinguished on a screen, and laid out in half a minute.
_MOST_PLACED = 50_000


def places_of(vectors: NDArray[np.float32], row_counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """float32 (n_items, 2): the layout of a catalog; of a wide one only the 50,000 most watched get a place.

    vectors     : as in `layout`, but of any length.
    row_counts : int64 (n_items,), the rows of each item.
    """
    kept = np.asarray(vectors, dtype=np.float32)
    if len(kept) > _MOST_PLACED:
        placed = np.argsort(-row_counts, kind="stable")[:_MOST_PLACED]
        kept = np.zeros_like(kept)
        kept[placed] = vectors[placed]
    return layout(kept)


def layout(vectors: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
    """float32 (n, 2): coordinates of each row, so that rows with similar vectors are near each other.

    vectors : float32 (n, dim), unit length; a zero row is like nothing and gets no place: NaN.
    seed    : of the random pairs; the same seed gives the same bits, whatever the number of threads.
    The center is the origin; the root mean square of the distances from it is 1.
    Pairs of near rows (the 7 nearest), of mid-near ones (second nearest of 6 random rows) and of random further
    ones pull and push in three phases, with Adam on the whole gradient, from the first two principal components.
    Source: Wang, Huang, Rudin and Shaposhnik 2021, PaCMAP; distances are cosine.
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise ValueError(f"vectors are float32 (n, dim), got {vectors.dtype} {vectors.shape}")
    places = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    has_vector = np.flatnonzero(np.einsum("nd,nd->n", vectors, vectors) > 0)
    if len(has_vector) <= _NEAR:
        # Too few for neighborhoods: around a circle, in row order.
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
    centered = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centered.T @ centered)
    start = centered @ axes[:, ::-1][:, :2]
    if start.shape[1] < 2:
        start = np.column_stack([start, np.zeros(len(start))])
    largest = start[np.argmax(np.abs(start), axis=0), [0, 1]]
    return np.asarray(0.01 * start * np.where(largest < 0, -1, 1), dtype=np.float32)
