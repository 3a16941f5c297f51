"""How far each stage is from the wall it meets: the file's bytes, BLAS, population counts in the first cache, ...

python benchmarks/bench_walls.py [--rows N] [--users N] [--items N] [--runs N]

A wall is what the machine gives: a small loop that does one thing and nothing else, on all cores, the best of the
runs. How much of that thing a stage does follows from the data; at the wall it would take work / ceiling seconds.
`distance` is how many times longer the stage took, run once: 1 would be perfect. What is done one after the other
adds up; of what is done at once, the slower is the wall. "At random" is drawn from the data: each item as often as
people have it. Ceilings that each core has for itself are reckoned from processor time, which other work on the
machine does not lengthen; a stage it does make longer. `cpu_distance` is the distance in processor time, blind to
such work and to cores left idle.
"""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from harness import Measured, Report, konomi_command, measure, measure_process, options, scratch, stand_in, stored
from konomi.data.dataset import Dataset
from konomi.data.ratings import Ratings, Status
from konomi.kernels.gram import _population
from konomi.models.embedding import _MOST_USERS, Basis
from konomi.models.gram import _BLOCK, Gram, _dense, _steps
from konomi.models.linear.config import LinearConfig
from konomi.models.linear.inverse import inverse_of
from konomi.models.linear.model import weights_of
from konomi.models.linear.ridged import RidgedGram
from konomi.models.spectral import SpectralConfig
from konomi.progress import Silent

THREADS = os.cpu_count() or 1
# Far more than a last cache holds, and 8 kB, a quarter of a small first cache.
MEMORY_BYTES, N_WORDS = 1 << 29, 1024
SIDE, DIM, N_PLACES = 4096, 64, 1 << 15
READ_BYTES, FILE_BYTES = 1 << 20, 1 << 30
COUNTING, ADDING, GATHERING = 200_000, 4096, 256
# A block of scores of the batch.
SLAB_BYTES = 64 << 20

# How much is done in all, and the part of it that each thread does.
Loop = tuple[float, Callable[[int], Any]]


@dataclass(frozen=True)
class Wall:
    """How much of one thing all cores together do in a second."""

    name: str
    per_second: float


class Products(Silent):
    """Counts the vectors that Lanczos multiplied with."""

    total = 0

    def advance(self, amount: int = 1, figures: str = "") -> None:
        del figures
        self.total += amount


def main() -> None:
    asked = options(__doc__, runs=7)
    report = Report("walls", asked.size)
    ratings = Dataset.open(stored(asked.size)).ratings
    csv, items = stand_in(asked.size)

    def wall(name: str, unit: str, loop: Loop, *, shared: bool = False) -> Wall:
        """`shared` by the cores: then two of them are not twice as fast as one, and only the clock tells."""
        work, part = loop
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(THREADS) as threads:
            found = measure(lambda: list(threads.map(part, range(THREADS))), runs=asked.runs)
        per_second = work / min(found.seconds) if shared else work * THREADS / min(found.cpu_seconds)
        report.add(f"ceiling: {name}", found, **{f"{unit}_a_second": per_second / 1e9})
        return Wall(name, per_second)

    def stage(work: str, found: Measured, *parts: tuple[Wall, float]) -> None:
        """`parts` are done one after the other."""
        seconds = {one.name: amount / one.per_second for one, amount in parts}
        each = (f"{name} {part:.2g} s" for name, part in seconds.items())
        remark, least = ", ".join(seconds if len(seconds) == 1 else each), sum(seconds.values())
        distances = {"distance": found.median / least, "cpu_distance": found.cpu / THREADS / least}
        report.add(work, found, remark=remark, at_the_wall=least, **distances)

    file = wall("bytes of the file", "GB", _reading(csv), shared=True)
    memory = wall("memory", "GB", _summing(), shared=True)
    blas = wall("BLAS", "GFLOP", _multiplying())
    counts = wall("population counts", "G_words", _counting())
    places = np.array(ratings.item_index[np.random.default_rng(0).integers(0, ratings.n_rows, N_PLACES)])
    adds = wall("adding at random", "G_steps", _adding(places, ratings.n_items))
    rows = wall(f"rows of {DIM} at random", "G_rows", _gathering(places, ratings.n_items))

    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        command = konomi_command("ingest", csv, "--items", items, "-o", Path(folder) / "data", "--keep-bots")
        found = measure_process(command)
    stage("ingest", found, (file, csv.stat().st_size + items.stat().st_size))

    config = LinearConfig()
    alone = np.arange(ratings.n_items, dtype=np.int32)
    few = ratings.keep_users(np.arange(min(64, ratings.n_users)))
    weights_of(Gram.of(few), alone, config)  # compiles, like the next
    Basis.of(few, dim=1, seed=0)

    gram, found = _once(lambda: Gram.of(ratings))
    n_words, n_steps = _words_and_steps(ratings)
    stage("who watched both", found, (counts, n_words), (adds, n_steps))

    (table, _), found = _once(lambda: weights_of(gram, alone, config))
    # A Cholesky factor of that size for each title; n³ where all is inverted.
    cube = float(gram.n_items) ** 3
    flops = cube if config.inverts(gram.n_items) else gram.n_items * float(config.predictors) ** 3 / 3
    stage(f"weights, {config.predictors} predictors each", found, (blas, flops))

    ridge = config.regularization + config.dropout / (1 - config.dropout) * gram.watch_counts
    A = RidgedGram.of(gram, ridge=ridge, franchise=alone, franchise_weight=0)
    _, found = _once(lambda: inverse_of(A).residual)
    stage("inverse of the whole", found, (blas, cube))

    dim, products = min(SpectralConfig().embedding_dim, ratings.n_items), Products()
    _, found = _once(lambda: Basis.of(ratings, dim=dim, seed=0, progress=products))
    n_gathered, flops = _rows_and_flops(ratings, dim, products.total)
    stage(f"spectral basis, {dim} dimensions", found, (rows, n_gathered), (blas, flops))

    slab = max(1, min(ratings.n_users, SLAB_BYTES // (4 * ratings.n_items)))
    seen = ratings.histories(np.arange(slab) * ratings.n_users // slab).watched()
    value = np.ones(len(seen.item_index), dtype=np.float32)
    found = measure(lambda: float(table.sums(seen, value)[0, 0]), runs=asked.runs)
    n_added = float(np.diff(table.offsets)[seen.item_index].sum())
    at_once = (adds, n_added), (memory, n_added * (table.items.itemsize + table.values.itemsize))
    stage(f"scores of {slab:,} people", found, max(at_once, key=lambda part: part[1] / part[0].per_second))
    report.write()


def _once(call: Callable[[], Any]) -> tuple[Any, Measured]:
    """What the call returns, and what it took."""
    kept: list[Any] = []
    found = measure(lambda: kept.append(call()), runs=1, warm=0)
    return kept[0], found


def _words_and_steps(ratings: Ratings) -> tuple[float, float]:
    """Words counted for the pairs of items that are rows of bits; steps along the lists of the others."""
    steps = _steps(ratings.blocks(_BLOCK), ratings.n_items)
    dense = _dense(steps, ratings.n_users)
    n_words = sum(-(-len(block) // 64) for block in ratings.blocks(_BLOCK))
    return len(dense) * (len(dense) + 1) / 2 * n_words, float(steps.sum() - steps[dense].sum())


def _rows_and_flops(ratings: Ratings, dim: int, n_products: int) -> tuple[float, float]:
    """What Lanczos with blocks of DIM vectors needs at least.

    Each row of X takes one of V and changes one of the image. Each image meets all vectors so far four times, each
    new block those before it twice; at the end the eigenvectors are put together.
    """
    if ratings.n_users > _MOST_USERS:
        ratings = ratings.keep_users(np.arange(_MOST_USERS) * ratings.n_users // _MOST_USERS)
    n_rows = np.count_nonzero(ratings.status != Status.PLANNED)
    before = n_products * (n_products - DIM) / 2
    met = 4 * (before + DIM * n_products) + 2 * before + n_products * dim
    return 2 * n_rows * n_products / DIM, 2 * ratings.n_items * met


def _reading(path: Path) -> Loop:
    size = path.stat().st_size
    passes = max(1, FILE_BYTES // size)
    edges = [size * thread // THREADS for thread in range(THREADS + 1)]

    def part(thread: int) -> None:
        first, last = edges[thread : thread + 2]
        buffer = memoryview(bytearray(READ_BYTES))
        with path.open("rb", buffering=0) as file:
            for _ in range(passes):
                for at in range(first, last, READ_BYTES):
                    os.preadv(file.fileno(), [buffer[: last - at]], at)

    return float(size * passes), part


def _summing() -> Loop:
    parts = np.array_split(np.ones(MEMORY_BYTES // 8, dtype=np.int64), THREADS)
    return float(MEMORY_BYTES), lambda thread: parts[thread].sum()


def _multiplying() -> Loop:
    left, right = np.random.default_rng(0).random((2, SIDE, SIDE), dtype=np.float32)
    parts = np.array_split(left, THREADS)
    return 2.0 * SIDE**3, lambda thread: parts[thread] @ right


def _counting() -> Loop:
    words, masks = np.random.default_rng(0).integers(0, 1 << 63, (2, N_WORDS)).astype(np.uint64)
    return 4.0 * N_WORDS * COUNTING * THREADS, lambda _: _count_bits(words, *masks[:4], COUNTING)


def _adding(places: NDArray[Any], n_items: int) -> Loop:
    sums = np.zeros((THREADS, n_items), dtype=np.int32)
    return 1.0 * N_PLACES * ADDING * THREADS, lambda thread: _add_at(places, sums[thread], np.int32(1), ADDING)


def _gathering(places: NDArray[Any], n_items: int) -> Loop:
    table, total = np.ones((n_items, DIM), dtype=np.float32), np.zeros((THREADS, DIM), dtype=np.float32)
    return 1.0 * N_PLACES * GATHERING * THREADS, lambda thread: _sum_rows(places, table, total[thread], GATHERING)


@nb.njit(nogil=True, error_model="numpy")
def _count_bits(words: Any, a: Any, b: Any, c: Any, d: Any, passes: Any) -> Any:
    """A word is read once for four masks in registers: with two rows of words, reading them would be the wall."""
    in_a = in_b = in_c = in_d = np.int64(0)
    for _ in range(passes):
        for w in range(len(words)):
            in_a += _population(words[w] & a)
            in_b += _population(words[w] & b)
            in_c += _population(words[w] & c)
            in_d += _population(words[w] & d)
    return in_a + in_b + in_c + in_d


@nb.njit(nogil=True, error_model="numpy")
def _add_at(places: Any, sums: Any, step: Any, passes: Any) -> None:
    for _ in range(passes):
        for k in range(len(places)):
            sums[places[k]] += step


@nb.njit(nogil=True, error_model="numpy")
def _sum_rows(places: Any, table: Any, total: Any, passes: Any) -> None:
    """Four rows a time: with one, adding to `total` would be the wall."""
    for _ in range(passes):
        for p in range(0, len(places) - 3, 4):
            i, j, m, o = places[p], places[p + 1], places[p + 2], places[p + 3]
            for k in range(len(total)):
                total[k] += (table[i, k] + table[j, k]) + (table[m, k] + table[o, k])


if __name__ == "__main__":
    main()
