"""One peer tuned on validation users and trained for test users; its lists of ten are written to be measured.

    python quality.py FOLDER PEER TRIALS SEED...

FOLDER holds matrices of zeros and ones as .npz: tuning.training, SEED.training, and for each target of a role
ROLE.TARGET.given and ROLE.TARGET.hidden, where ROLE is tuning or a seed. The same training serves both targets.
The TRIALS settings of a peer stand with it below; each target takes the one with the highest NDCG@10. Written is
FOLDER/PEER.lists.npz, "SEED.TARGET": int32 (m, 10), best first, -1 where a list ends.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

# Before the imports: irspack's threads are its own, BLAS has as many, and neither runs inside the other.
THREADS = os.cpu_count() or 1
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "IRSPACK_NUM_THREADS_DEFAULT"):
    os.environ.setdefault(_name, str(THREADS))

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402

TARGETS = ("watched", "liked")
K = 10
BLOCK = 512


def main() -> None:
    folder, peer, trials, seeds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    train, package, settings = PEERS[peer]
    tried, seconds = [], []
    for setting in settings(trials):
        started = time.perf_counter()
        lists = train(read(folder, "tuning.training"), setting)
        found = {}
        for target in TARGETS:
            given, hidden = read(folder, f"tuning.{target}.given"), read(folder, f"tuning.{target}.hidden")
            found[target] = ndcg(lists(given), hidden)
        seconds.append(time.perf_counter() - started)
        tried.append({"settings": setting, **found})
        print(f"{peer} {setting} {found} {seconds[-1]:.1f} s", file=sys.stderr, flush=True)
    best = {target: max(tried, key=lambda one: one[target])["settings"] for target in TARGETS}
    written = {}
    for seed in seeds:
        trained: dict[str, Callable[[Any], Any]] = {}
        for target in TARGETS:
            name = json.dumps(best[target])
            if name not in trained:
                trained[name] = train(read(folder, f"{seed}.training"), best[target])
            written[f"{seed}.{target}"] = trained[name](read(folder, f"{seed}.{target}.given"))
    np.savez(folder / f"{peer}.lists.npz", **written)
    # irspack's progress bars leave a line of standard output open.
    print()
    about = {"settings": best, "tried": tried, "seconds_of_trials": seconds}
    print(json.dumps({**about, "package": package, "version": metadata.version(package)}))


def read(folder: Path, name: str) -> sp.csr_matrix:
    return sp.csr_matrix(sp.load_npz(folder / f"{name}.npz"))


def ndcg(ranked: np.ndarray, hidden: sp.csr_matrix) -> float:
    """The mean NDCG@10 of lists, relevance 0 or 1; for tuning only."""
    discounts = 1 / np.log2(np.arange(2, K + 2))
    found = []
    for p in range(len(ranked)):
        sought = hidden.indices[hidden.indptr[p] : hidden.indptr[p + 1]]
        found.append(discounts[np.isin(ranked[p], sought)].sum() / discounts[: len(sought)].sum())
    return float(np.mean(found))


def best_unseen(scores: np.ndarray, given: sp.csr_matrix) -> np.ndarray:
    """int32 (m, 10): the best columns that were not given, ties by lower column."""
    scores = np.array(scores, dtype=np.float32)
    scores[given.nonzero()] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :K].astype(np.int32)


def irspack_linear(name: str) -> Callable[..., Any]:
    """Training of irspack's EASE or EDLAE, its inverse found in the space of users where those are fewer.

    With D its diagonal ridge, (XᵀX + D)⁻¹ = D⁻¹ - YᵀY, where Y = L⁻¹ X D⁻¹ and L Lᵀ = I + X D⁻¹ Xᵀ (Woodbury): the
    same weights but for rounding, in a part of the time.
    """

    def train(training: sp.csr_matrix, settings: dict[str, Any]) -> Callable[[Any], Any]:
        import irspack.recommenders

        model = getattr(irspack.recommenders, name)(training.astype(np.float64), **settings)
        if training.shape[0] >= training.shape[1]:
            model.learn()
        else:
            model._W = weights_by_users(training, settings["reg"], settings.get("dropout_p", 0.0))
        return irspack_lists(model)

    return train


def weights_by_users(training: sp.csr_matrix, reg: float, dropout: float) -> np.ndarray:
    from scipy.linalg import blas, cholesky, solve_triangular

    X = training.astype(np.float32)
    ridge = reg + dropout / (1 - dropout) * np.asarray(X.sum(axis=0)).ravel()
    scaled = X.multiply(1 / ridge).tocsr().astype(np.float32)
    among = (scaled @ X.T).toarray() + np.eye(X.shape[0], dtype=np.float32)
    Y = solve_triangular(cholesky(among, lower=True), scaled.toarray(), lower=True, check_finite=False)
    # Only the upper triangle is computed: half the work.
    weights = -blas.ssyrk(1.0, Y, trans=1)
    rows = np.arange(len(weights))
    weights[rows, rows] += (1 / ridge).astype(np.float32)
    for start in range(0, len(weights), BLOCK):
        block = slice(start, start + BLOCK)
        weights[block, :start] = weights[:start, block].T
        weights[block, block] = np.triu(weights[block, block]) + np.triu(weights[block, block], 1).T
    weights /= -np.diag(weights)[None, :].copy()
    weights[rows, rows] = 0
    return weights


def irspack(name: str) -> Callable[..., Any]:
    """Training of one of irspack's recommenders, scores of somebody new being its own `get_score_cold_user`."""

    def train(training: sp.csr_matrix, settings: dict[str, Any]) -> Callable[[Any], Any]:
        import irspack.recommenders

        return irspack_lists(getattr(irspack.recommenders, name)(training.astype(np.float64), **settings).learn())

    return train


def irspack_lists(model: Any) -> Callable[[Any], Any]:
    def lists(given: sp.csr_matrix) -> np.ndarray:
        parts = []
        for start in range(0, given.shape[0], BLOCK):
            block = given[start : start + BLOCK].astype(np.float64)
            parts.append(best_unseen(model.get_score_cold_user(block), block))
        return np.concatenate(parts)

    return lists


def implicit_als(training: sp.csr_matrix, settings: dict[str, Any]) -> Callable[[Any], Any]:
    """implicit's ALS; somebody new is folded in by `recalculate_user`."""
    from implicit.cpu.als import AlternatingLeastSquares

    return implicit_lists(AlternatingLeastSquares(random_state=0, num_threads=THREADS, **settings), training)


def implicit_knn(name: str) -> Callable[..., Any]:
    """Training of one of implicit's item neighborhoods."""

    def train(training: sp.csr_matrix, settings: dict[str, Any]) -> Callable[[Any], Any]:
        import implicit.nearest_neighbors

        model = getattr(implicit.nearest_neighbors, name)(num_threads=THREADS, **settings)
        return implicit_lists(model, training)

    return train


def implicit_lists(model: Any, training: sp.csr_matrix) -> Callable[[Any], Any]:
    from threadpoolctl import threadpool_limits

    # implicit has threads of its own, each of which calls BLAS.
    with threadpool_limits(1, "blas"):
        model.fit(training.astype(np.float32), show_progress=False)

    def lists(given: sp.csr_matrix) -> np.ndarray:
        with threadpool_limits(1, "blas"):
            people = np.arange(given.shape[0])
            ids, _ = model.recommend(people, given.astype(np.float32), N=K, recalculate_user=True)
        # A neighborhood that reaches fewer than ten items fills its list with given ones.
        filler = given.astype(bool).tocsr()[people[:, None], ids].toarray()
        return np.where(filler, -1, ids).astype(np.int32)

    return lists


def grid(**values: list[Any]) -> Callable[[int], list[dict[str, Any]]]:
    """The values side by side, at most as many as there are trials."""
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    return lambda trials: rows[:trials]


# From the most promising outwards, so that fewer trials leave out the ends. They hold values of the papers or the
# libraries' defaults, and were moved once to where validation users of mal2016's first seed wanted them, since some
# of the best settings of a first run were the outermost.
PEERS: dict[str, tuple[Callable[..., Any], str, Callable[[int], list[dict[str, Any]]]]] = {
    "irspack TopPop": (irspack("TopPopRecommender"), "irspack", lambda _: [{}]),
    "irspack EASE": (
        irspack_linear("DenseSLIMRecommender"),
        "irspack",
        grid(reg=[100.0, 200.0, 50.0, 400.0, 140.0, 70.0]),
    ),
    "irspack EDLAE": (
        irspack_linear("EDLAERecommender"),
        "irspack",
        grid(dropout_p=[0.2, 0.5, 0.1, 0.3, 0.7, 0.2], reg=[50.0, 50.0, 100.0, 100.0, 50.0, 20.0]),
    ),
    "irspack SLIM": (
        irspack("SLIMRecommender"),
        "irspack",
        grid(
            alpha=[0.005, 0.01, 0.05, 0.002, 0.2, 0.005],
            l1_ratio=[0.1, 0.01, 0.01, 0.1, 0.01, 0.01],
            n_iter=[20, 20, 20, 20, 20, 20],
        ),
    ),
    "irspack iALS": (
        irspack("IALSRecommender"),
        "irspack",
        grid(
            n_components=[512, 256, 512, 128, 128, 1024],
            alpha0=[1.0, 1.0, 0.3, 3.0, 0.1, 1.0],
            reg=[1e-3, 1e-3, 3e-3, 3e-4, 1e-2, 1e-3],
        ),
    ),
    "irspack RP3beta": (
        irspack("RP3betaRecommender"),
        "irspack",
        grid(
            alpha=[1.0, 1.0, 1.0, 1.0, 0.7, 1.0],
            beta=[0.0, 0.05, 0.0, 0.2, 0.0, 0.6],
            top_k=[50, 100, 20, 100, 100, 500],
        ),
    ),
    "implicit ALS": (
        implicit_als,
        "implicit",
        grid(
            factors=[512, 256, 512, 128, 128, 1024],
            regularization=[10.0, 10.0, 10.0, 10.0, 1.0, 10.0],
            alpha=[1.0, 2.0, 3.0, 0.5, 40.0, 1.0],
        ),
    ),
    "implicit cosine": (implicit_knn("CosineRecommender"), "implicit", grid(K=[5, 20, 100, 3, 200, 50])),
    "implicit BM25": (
        implicit_knn("BM25Recommender"),
        "implicit",
        grid(
            K=[5, 5, 200, 100, 20, 3],
            K1=[0.3, 0.1, 0.1, 1.2, 0.2, 0.3],
            B=[0.75, 1.0, 0.8, 0.75, 0.75, 0.9],
        ),
    ),
}

if __name__ == "__main__":
    main()
