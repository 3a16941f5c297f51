"""Counting who watched both, over random lists of Zipf-like titles; beside it SciPy's sparse product.

python benchmarks/bench_gram.py [--users N] [--items N] [--runs N]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numba import get_num_threads

from konomi.data.ids import IdIndex
from konomi.data.ratings import Ratings
from konomi.models.gram import Gram

# More rows than this, and SciPy would take minutes.
_MOST_FOR_SCIPY = 12_000_000


def lists(n_users: int, n_items: int) -> Ratings:
    """Lists of log-normal length (mean about 260) of items drawn by rank^-1.05."""
    rng = np.random.default_rng(0)
    chance = 1 / (np.arange(n_items) + 30) ** 1.05
    edges = np.cumsum(chance / chance.sum())
    name = rng.permutation(n_items)
    lengths = np.minimum(rng.lognormal(5.2, 1.1, n_users), 3000).astype(int) + 1
    drawn = [np.unique(np.searchsorted(edges, rng.random(n)).clip(0, n_items - 1)) for n in lengths]
    item_index = name[np.concatenate(drawn)].astype(np.uint16 if n_items <= 1 << 16 else np.int32)
    return Ratings(
        np.concatenate([[0], np.cumsum([len(one) for one in drawn])]).astype(np.int64),
        item_index,
        np.zeros(len(item_index), dtype=np.uint8),
        np.array([np.nan], dtype=np.float32),
        np.full(len(item_index), 2, dtype=np.uint8),
        IdIndex(np.arange(n_users), "user"),
        IdIndex(np.arange(n_items), "item"),
    )


def seconds(call: Callable[[], object], runs: int) -> str:
    """Median wall and processor seconds of the runs."""
    wall, processor = [], []
    for _ in range(runs):
        started, before = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - before)
    return f"{statistics.median(wall):.1f} s wall, {statistics.median(processor):.1f} s of processors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=32_768)
    parser.add_argument("--items", type=int, default=17_562)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    Gram.of(lists(200, 500))  # compiled or loaded now
    ratings = lists(asked.users, asked.items)
    print(f"{asked.users:,} users, {asked.items:,} items, {ratings.n_rows:,} rows, {get_num_threads()} threads")
    print("konomi:", seconds(lambda: Gram.of(ratings), asked.runs), flush=True)
    if ratings.n_rows <= _MOST_FOR_SCIPY:
        X = ratings.histories().matrix().astype(np.int32)
        print("SciPy: ", seconds(lambda: X.T @ X, 1))


if __name__ == "__main__":
    main()
