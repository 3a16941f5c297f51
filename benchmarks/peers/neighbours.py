"""Ten neighbors of some rows through an index of another library, against the exact ones.

    python neighbors.py FOLDER usearch|faiss

FOLDER holds vectors.npy (float32, unit length), queries.npy and exact.npy (m, 10). "seconds" is one query's.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

folder, library = Path(sys.argv[1]), sys.argv[2]
vectors, queries, exact = (np.load(folder / f"{name}.npy") for name in ("vectors", "queries", "exact"))
threads = os.cpu_count() or 1
started = time.perf_counter()
# HNSW with each library's usual 16 neighbors; the search is as wide as finds nine of ten or more.
if library == "usearch":
    import usearch
    from usearch.index import Index

    version = usearch.__version__
    index = Index(ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=16, expansion_search=128)
    index.add(np.arange(len(vectors)), vectors, threads=threads)

    def ask(row: int) -> np.ndarray:
        return np.asarray(index.search(vectors[row], 11, threads=1).keys)

else:
    import faiss

    version = faiss.__version__
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(vectors.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 128
    index.add(vectors)
    faiss.omp_set_num_threads(1)

    def ask(row: int) -> np.ndarray:
        return index.search(vectors[row : row + 1], 11)[1][0]


build_seconds = time.perf_counter() - started
ask(int(queries[0]))
started = time.perf_counter()
answers = [ask(int(row)) for row in queries]
seconds = (time.perf_counter() - started) / len(queries)
hits = sum(len(np.intersect1d(own, one[one != row])) for own, one, row in zip(exact, answers, queries, strict=True))
about = {"seconds": seconds, "recall": hits / exact.size, "build_seconds": build_seconds, "version": version}
print(json.dumps(about))
