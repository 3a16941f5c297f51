"""How well franchises inferred from titles match MyAnimeList's own relations: precision and recall of pairs.

    python benchmarks/bench_franchises.py [DATA]

DATA holds mal2016/ (default ../shared/data). Truth: the connected components of related.csv. The relations between
early works and crossovers make huge components (One Piece with Dragon Ball), so recall of direct edges says more of
what a person would miss than recall of pairs. The weights were fitted to these relations.
"""

import html
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from konomi.data.catalog import Catalog
from konomi.data.franchises import infer_franchises
from konomi.data.ids import IdIndex


def main(data: Path) -> None:
    known = pl.read_csv(data / "anime.csv", infer_schema_length=None)
    titles = [html.unescape(name) for name in known["name"].to_list()]
    items = IdIndex(known["anime_id"].to_numpy(), "item")
    catalog = Catalog.of(items, pl.DataFrame({"item_id": items.ids, "title": titles}))
    related = pl.read_csv(data / "related.csv")
    first, second = (items.indices_of(related[name].to_numpy()) for name in related.columns)
    both = (first >= 0) & (second >= 0)
    edges = np.unique(np.sort(np.column_stack([first, second])[both], axis=1), axis=0)
    truth = components(edges, len(items))

    print(
        f"{len(items):,} titles, {len(edges):,} relations, {pairs(truth):,} pairs in {truth.max() + 1:,} franchises"
    )
    print(f"{'from':28} {'precision':>9} {'recall':>7} {'direct':>7} {'franchises':>10} {'seconds':>8}")
    start = time.perf_counter()
    number = infer_franchises(catalog)
    report("titles", number, truth, edges, time.perf_counter() - start)
    two_words = np.unique([" ".join(title.casefold().split()[:2]) for title in titles], return_inverse=True)[1]
    report("the first two words", two_words, truth, edges, 0.0)


def report(
    name: str, number: NDArray[np.int64], truth: NDArray[np.int64], edges: NDArray[np.int64], s: float
) -> None:
    found = np.unique(np.column_stack([number, truth]), axis=0, return_inverse=True)[1].ravel()
    precision, recall = pairs(found) / pairs(number), pairs(found) / pairs(truth)
    direct = float(np.mean(number[edges[:, 0]] == number[edges[:, 1]]))
    print(f"{name:28} {precision:9.3f} {recall:7.3f} {direct:7.3f} {number.max() + 1:10,} {s:8.1f}")


def pairs(labels: NDArray[np.int64]) -> int:
    size = np.bincount(labels)
    return int((size * (size - 1) // 2).sum())


def components(edges: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    graph = sp.coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
    main(root / "mal2016")
