"""Catalogs that no dense matrix fits: the spectral model, and neighbors exact and through indexes.

python benchmarks/bench_wide.py [--rows N] [--users N] [--items N] [--runs N]

Of each catalog: training from the stored dataset to the artifact; one item's ten neighbors, exactly, over some
hundred items at random; beside it usearch and faiss (HNSW) on the same vectors, one thread for a query, with what
building their index took and the share of the exact neighbors that they find.
"""

import tempfile
from pathlib import Path

import numpy as np

import konomi
from harness import (
    Measured,
    Report,
    Size,
    konomi_command,
    measure,
    measure_peer,
    measure_process,
    options,
    remove,
    scratch,
    stored,
)
from konomi.models.nearest import nearest

WIDE = (100_000, 1_000_000)
SMALL = Size(n_rows=20_000_000, n_users=60_000, n_items=max(WIDE))
N_QUERIES = 200
INDEXES = ("usearch", "faiss")


def main() -> None:
    asked = options(__doc__, runs=1, size=SMALL)
    report = Report("wide", asked.size)
    for n_items in [one for one in WIDE if one < asked.items] + [asked.items]:
        one_catalog(report, Size(asked.size.n_rows, asked.size.n_users, n_items), asked.runs)
    report.write()


def one_catalog(report: Report, size: Size, runs: int) -> None:
    data, out = stored(size), scratch() / "bench-wide.model"
    name = f"{size.n_items:,} items"
    found = []
    for _ in range(runs):
        remove(out)
        found.append(measure_process(konomi_command("train", data, "-o", out, "--model", "spectral")))
    report.add_runs(f"train spectral, {name}", found)
    recommender = konomi.load(out)
    rng = np.random.default_rng(0)
    watched = np.flatnonzero(recommender.ratings.row_counts() > 0)
    queries = rng.choice(watched, N_QUERIES, replace=False).astype(np.int32)
    ids = [recommender.ratings.items.ids[row].item() for row in queries]
    answered = measure(lambda: [recommender.similar_items(one, k=10) for one in ids])
    report.add(f"similar items, {name}", each(answered))
    vectors = np.ascontiguousarray(recommender.model.map_vectors())
    alone = measure(lambda: [nearest(vectors, queries[at : at + 1], k=10) for at in range(N_QUERIES)])
    report.add(f"neighbors, exact, {name}", each(alone))
    exact = nearest(vectors, queries, k=10).index
    with tempfile.TemporaryDirectory(prefix="konomi-wide-") as folder:
        np.save(Path(folder) / "vectors.npy", vectors)
        np.save(Path(folder) / "queries.npy", queries)
        np.save(Path(folder) / "exact.npy", exact)
        for index in INDEXES:
            peer = measure_peer("neighbors.py", folder, index)
            if peer is not None:
                report.versions[index] = peer.value["version"]
                figures = {key: peer.value[key] for key in ("recall", "build_seconds")}
                report.add(f"neighbors, {index}, {name}", peer, **figures)
    remove(out)


def each(measured: Measured) -> Measured:
    """Of one query, where a run asked all of them."""
    return Measured(
        seconds=tuple(one / N_QUERIES for one in measured.seconds),
        cpu_seconds=tuple(one / N_QUERIES for one in measured.cpu_seconds),
        peak_bytes=measured.peak_bytes,
    )


if __name__ == "__main__":
    main()
