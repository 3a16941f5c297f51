"""How well the map keeps neighborhoods, and how long it takes: konomi's layout beside peers that are installed.

    python benchmarks/bench_item_map.py [DATA] [--items N]

Vectors: the first 128 right singular vectors of X with unit columns (mal2016), of unit length.
Trustworthiness at 15 (Venna and Kaski 2001): 1 where no item's 15 neighbors on the map are strangers; over 2,000
items drawn by a fixed seed. Preserved: the share of the 15 nearest that are also among the 15 nearest on the map.
umap-learn and pacmap are measured where they can be imported; their first run also compiles.
`--items N` repeats rows with noise up to N, to time the reference dump's size.
"""

import argparse
import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from konomi.models.map_layout import layout

K, SAMPLE, DIM = 15, 2000, 128
ROOT = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--items", type=int, default=0)
    options = parser.parse_args()
    vectors = item_vectors(options.data / "mal2016")
    if options.items > len(vectors):
        rng = np.random.default_rng(0)
        more = vectors[rng.integers(0, len(vectors), options.items - len(vectors))]
        vectors = unit(np.concatenate([vectors, more + rng.normal(0, 0.05, more.shape)]).astype(np.float32))
    print(f"{len(vectors):,} items of {vectors.shape[1]} dimensions")
    layout(vectors[:200])  # compiles
    print(f"{'':24} {'seconds':>8} {'trustworthiness@15':>19} {'preserved@15':>13}")
    ways: dict[str, Callable[[], Any]] = {
        "konomi": lambda: layout(vectors, seed=0),
        "first two components": lambda: components(vectors),
        "umap-learn": lambda: peer("umap", "UMAP", metric="cosine", random_state=0).fit_transform(vectors),
        "pacmap": lambda: peer("pacmap", "PaCMAP", random_state=0).fit_transform(vectors),
    }
    for name, way in ways.items():
        start = time.perf_counter()
        try:
            places = np.asarray(way(), dtype=np.float32)
        except ImportError:
            continue
        seconds = time.perf_counter() - start
        trust, kept = quality(vectors, places)
        print(f"{name:24} {seconds:8.1f} {trust:19.3f} {kept:13.3f}")


def item_vectors(folder: Path) -> NDArray[np.float32]:
    rows = pl.read_csv(folder / "rating.csv")
    user = np.unique(rows["user_id"].to_numpy(), return_inverse=True)[1]
    item = np.unique(rows["anime_id"].to_numpy(), return_inverse=True)[1]
    X = sp.csc_array((np.ones(len(user), dtype=np.float32), (user, item)))
    X = X @ sp.diags_array(1 / np.sqrt(X.sum(axis=0)))
    _, values, right = svds(X, k=DIM, random_state=0)
    return unit((right * values[:, None]).T)


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def components(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    centered = vectors - vectors.mean(axis=0)
    return np.asarray(centered @ np.linalg.eigh(centered.T @ centered)[1][:, -2:], dtype=np.float32)


def peer(module: str, kind: str, **settings: Any) -> Any:
    return getattr(importlib.import_module(module), kind)(**settings)


def quality(vectors: NDArray[np.float32], places: NDArray[np.float32]) -> tuple[float, float]:
    n = len(vectors)
    sample = np.random.default_rng(0).choice(n, min(SAMPLE, n), replace=False)
    penalty, kept = 0.0, 0.0
    for row in sample.tolist():
        far = -(vectors @ vectors[row])
        near = ((places - places[row]) ** 2).sum(axis=1)
        far[row], near[row] = -np.inf, -np.inf
        rank = np.empty(n, dtype=np.int64)
        rank[np.argsort(far, kind="stable")] = np.arange(n)  # 0 is the row itself
        neighbors = np.argpartition(near, K + 1)[: K + 1]
        ranks = rank[neighbors[neighbors != row][:K]]
        penalty += float(np.maximum(ranks - K, 0).sum())
        kept += float(np.mean(ranks <= K))
    return 1 - 2 * penalty / (len(sample) * K * (2 * n - 3 * K - 1)), kept / len(sample)


if __name__ == "__main__":
    main()
