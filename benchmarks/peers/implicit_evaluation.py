"""implicit's own evaluator: ALS-128 (one iteration), a fifth of some users' rows hidden, ten best of all items.

    python implicit_evaluation.py DATASET TEST_USERS

Only `ranking_metrics_at_k` counts for "seconds".
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

folder, n_test = Path(sys.argv[1]), int(sys.argv[2])
offsets = np.load(folder / "offsets.npy")
item_index = np.load(folder / "item_index.npy").astype(np.int32)
watched = np.load(folder / "status.npy") != 6
n_items = len(np.load(folder / "item_ids.npy"))
rng = np.random.default_rng(0)
n_users = len(offsets) - 1
is_test = np.zeros(n_users, dtype=bool)
is_test[rng.choice(n_users, min(n_test, n_users), replace=False)] = True
hidden = watched & np.repeat(is_test, np.diff(offsets)) & (rng.random(len(watched)) < 0.2)


def matrix(kept: np.ndarray) -> sp.csr_matrix:
    indptr = np.concatenate([[0], np.cumsum(kept)])[offsets]
    ones = np.ones(int(indptr[-1]), dtype=np.float32)
    return sp.csr_matrix((ones, item_index[kept], indptr), shape=(n_users, n_items))


train, test = matrix(watched & ~hidden), matrix(hidden)

import implicit  # noqa: E402
from implicit.als import AlternatingLeastSquares  # noqa: E402
from implicit.evaluation import ranking_metrics_at_k  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

threadpool_limits(1, "blas")
model = AlternatingLeastSquares(factors=128, iterations=1, random_state=0)
model.fit(train, show_progress=False)
start, cpu_start = time.perf_counter(), time.process_time()
found = ranking_metrics_at_k(model, train, test, K=10, show_progress=False, num_threads=0)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - cpu_start,
            "users": int(np.sum(np.diff(test.indptr) > 0)),
            "ndcg": float(found["ndcg"]),
            "implicit": implicit.__version__,
        }
    )
)
