"""How long the k best of each row take: `kernels/topk.py` beside NumPy's argpartition and its stable sort.

    python benchmarks/bench_topk.py [N_ITEMS]

Warm; median and range of 20 runs; rows of standard normal scores, half of 200 columns of each passed over.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from konomi.kernels.topk import top_k_of_rows

N_ROWS = 256
N_RUNS = 20


def main(n_items: int) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(N_ROWS, n_items)).astype(np.float32)
    offsets = np.arange(N_ROWS + 1, dtype=np.int64) * 100
    blocked = np.concatenate([np.sort(rng.permutation(200)[:100]) for _ in range(N_ROWS)]).astype(np.int32)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cpus; {N_ROWS} rows of {n_items:,}")
    print(f"{'k':>4} {'method':>14} {'us a row':>9} {'range':>16}")
    for k in (10, 100):
        column = np.empty((N_ROWS, k), dtype=np.int32)
        value = np.empty((N_ROWS, k), dtype=np.float32)
        ways: dict[str, Callable[[], object]] = {
            "konomi": lambda c=column, v=value: top_k_of_rows(scores, offsets, blocked, np.float32(1), c, v),
            "argpartition": lambda k=k: np.argpartition(scores, n_items - k, axis=1),
            "stable sort": lambda: np.argsort(-scores, axis=1, kind="stable"),
        }
        for name, way in ways.items():
            took = timed(way)
            per_row = [1e6 * seconds / N_ROWS for seconds in took]
            print(f"{k:>4} {name:>14} {statistics.median(per_row):>9.1f} {min(per_row):>7.1f}-{max(per_row):.1f}")


def timed(way: Callable[[], object]) -> list[float]:
    way()
    took = []
    for _ in range(N_RUNS):
        start = time.perf_counter()
        way()
        took.append(time.perf_counter() - start)
    return took


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 17_560)
