"""How long the ten nearest of 17,560 vectors of 128 numbers take, for one query and for all.

    python benchmarks/bench_similarity.py [N_ITEMS] [DIM]

Warm; median and range. The peer is what the notebook does: NumPy's product with all vectors, then a full sort.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from konomi.models.nearest import k_best, nearest, similarity_to


def main(n: int, dim: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(n, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    query = vectors[7]
    everything = np.arange(n, dtype=np.int32)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cpus; {n:,} x {dim}, k = 10")
    show("one query, nearest", lambda: nearest(vectors, everything[7:8], k=10), 300, 1)
    show("one query, matvec and k_best", lambda: k_best(similarity_to(vectors, query), 10), 300, 1)
    show("one query, NumPy and sort", lambda: np.argsort(vectors @ query)[-10:], 300, 1)
    show("all queries, nearest", lambda: nearest(vectors, everything, k=10), 3, n)


def show(name: str, way: Callable[[], object], n_runs: int, n_queries: int) -> None:
    way()
    took = []
    for _ in range(n_runs):
        start = time.perf_counter()
        way()
        took.append(1e3 * (time.perf_counter() - start) / n_queries)
    print(f"{name:30} {statistics.median(took):7.3f} ms a query ({min(took):.3f}-{max(took):.3f}, {n_runs} runs)")


if __name__ == "__main__":
    main(*(int(one) for one in (sys.argv[1:] or ["17560", "128"])))
