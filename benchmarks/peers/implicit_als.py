"""implicit's ALS on a stored dataset: fit, then recommendations for some users.

    python implicit_als.py DATASET ITERATIONS USERS_TO_RECOMMEND

128 factors. The fit alone counts for "seconds"; the time of `recommend` for that many users is in the object too.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

folder, iterations, n_batch = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
offsets = np.load(folder / "offsets.npy")
item_index = np.load(folder / "item_index.npy").astype(np.int32)
watched = np.load(folder / "status.npy") != 6
n_items = len(np.load(folder / "item_ids.npy"))
before = np.concatenate([[0], np.cumsum(watched)])
indptr, item_index = before[offsets], item_index[watched]
X = sp.csr_matrix(
    (np.ones(len(item_index), dtype=np.float32), item_index, indptr), shape=(len(offsets) - 1, n_items)
)

import implicit  # noqa: E402
from implicit.als import AlternatingLeastSquares  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

threadpool_limits(1, "blas")
model = AlternatingLeastSquares(factors=128, iterations=iterations, random_state=0)
start, cpu_start = time.perf_counter(), time.process_time()
model.fit(X, show_progress=False)
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start

users = np.arange(min(n_batch, X.shape[0]))
start = time.perf_counter()
for first in range(0, len(users), 1000):
    block = users[first : first + 1000]
    model.recommend(block, X[block], N=10, filter_already_liked_items=True)
print(
    json.dumps(
        {
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "iterations": iterations,
            "recommend_seconds": time.perf_counter() - start,
            "recommended_users": len(users),
            "implicit": implicit.__version__,
        }
    )
)
