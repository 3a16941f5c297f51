"""How much of a user's list can be read off the titles that few watched, and what keeping it private costs.

python benchmarks/bench_k_anonymity.py [--data ../shared/data] [--seeds 1 2] [--titles 300]

The ratings of mal2016. The first table takes titles by how many watched them (at most --titles of each, drawn)
and lists what is nearest to each, and what is recommended for it alone. It shows which share of the lists one
watcher has seen, the mean over titles and watchers, next to the share of all rated titles that the watcher has
seen; and how many of the pairs that members wrote are found among the ten nearest. The second table shows what
leaving such titles out costs: NDCG@10 on held-out users, its difference from a model that learns from every
title, user by user over all seeds, with the 95% interval.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import konomi
from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Ratings
from konomi.evaluation.entrants import Entrant, Trained, train_entrant
from konomi.evaluation.intervals import compare
from konomi.evaluation.metrics import hits_of, metric_of
from konomi.evaluation.pairs import pair_recall, read_pairs
from konomi.evaluation.protocol import rank
from konomi.evaluation.splits import Split, Targets, strong_split
from konomi.models import by_name
from konomi.models.gram import Gram
from konomi.models.linear import LinearModel
from konomi.models.linear.packed import unpack
from konomi.models.table import Table

WATCHERS = (1, 2, 3, 4, 5, 8)
TARGETS: tuple[Targets, ...] = ("watched", "liked")
METRIC = "ndcg@10"
EVERY_TITLE = {"min_watchers": 1}
QUALITY: tuple[dict[str, int], ...] = (
    EVERY_TITLE,
    {"min_watchers": 2},
    {"min_watchers": 3},
    {"min_watchers": 5},
    {"min_watchers": 10},
    {"min_item_ratings": 2},
    {"min_item_ratings": 3},
    {"min_item_ratings": 5},
)
COMMON = 5


@dataclass(frozen=True)
class Read:
    """Shares of the first 10 and 20 that one watcher has seen: of similar titles, and of recommended ones."""

    similar: tuple[float, float]
    recommended: tuple[float, float]
    chance: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--titles", type=int, default=300)
    asked = parser.parse_args()
    folder = asked.data / "mal2016"
    dataset = konomi.ingest(folder / "rating.csv", items=folder / "anime.csv")
    counts = dataset.ratings.row_counts()
    few = ", ".join(f"{np.sum(counts == n):,} by {n}" for n in WATCHERS)
    print(f"konomi {konomi.__version__}; {np.sum(counts > 0):,} rated titles, of which watched: {few}\n")
    pairs = read_pairs(folder / "user_recommendations.csv", dataset.ratings.items)
    print("| model | watchers | titles | similar, 10 | 20 | recommended, 10 | 20 | of all titles | pairs |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, model in models(dataset):
        found = pair_recall(model.item_similarities, pairs, counts).recall.mean
        for n_watchers in WATCHERS:
            titles = drawn(np.flatnonzero(counts == n_watchers), asked.titles)
            read = what_can_be_read(model, dataset.ratings, titles)
            shares = (*read.similar, *read.recommended, read.chance)
            cells = " | ".join(f"{share:.2f}" for share in shares)
            print(f"| {name} | {n_watchers} | {len(titles)} | {cells} | {found:.4f} |", flush=True)
    print(
        f"\n| linear, seeds {asked.seeds} | watched | difference | liked | difference |\n|---" + "|---:" * 4 + "|"
    )
    cost(dataset.with_min_ratings(10, rated_items_only=True), asked.seeds)


def models(dataset: Dataset) -> Iterator[tuple[str, Any]]:
    """Each model's name and itself, trained on everything."""
    for least in (1, 3, 5):
        model = trained(dataset, "linear", {"min_watchers": least}).model
        yield f"linear, min_watchers={least}", model
        if least == 1:
            yield (
                f"linear, every title, similar ones with {COMMON} common watchers or a franchise",
                with_common(model),
            )
    for name in ("spectral", "item-knn"):
        yield name, trained(dataset, name, {}).model


def with_common(model: LinearModel) -> LinearModel:
    """The model, its similar titles and weights left out where few watched both and they share no franchise."""
    assert model.packed_gram is not None
    gram = Gram(unpack(model.packed_gram, model.n_items), model.watch_counts, len(model.user_vectors))

    def supported(table: Table) -> Table:
        row = np.repeat(np.arange(model.n_items), np.diff(table.offsets))
        kept = (gram.counts[row, table.items] >= COMMON) | (model.franchise[row] == model.franchise[table.items])
        offsets = np.concatenate([[0], np.cumsum(kept)])[table.offsets].astype(np.int64)
        return Table(offsets, table.items[kept], table.values[kept])

    return replace(model, weights=supported(model.weights), similar=supported(model.similar))


def trained(dataset: Dataset, name: str, settings: dict[str, int]) -> Trained:
    kind = by_name(name)
    return train_entrant(Entrant(name, kind, kind.config_type(**settings)), dataset)


def drawn(titles: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(0).permutation(titles)[:most])


def what_can_be_read(model: Any, ratings: Ratings, titles: NDArray[np.int64]) -> Read:
    """The means over these titles and their watchers."""
    X = ratings.histories().watched().matrix().tocsc()
    n_rated = int(np.sum(np.diff(X.indptr) > 0))
    rows = []
    for title in titles.tolist():
        alone = Histories(
            np.array([0, 1]),
            np.array([title], dtype=np.int32),
            np.array([np.nan], dtype=np.float32),
            np.zeros(1, dtype=np.uint8),
            ratings.n_items,
        )
        near, best = first(model.item_similarities(title), title), first(model.scores(alone)[0], title)
        for user in X.indices[X.indptr[title] : X.indptr[title + 1]]:
            seen = np.zeros(ratings.n_items, dtype=np.bool_)
            seen[ratings.history(int(user)).item_index] = True
            seen[title] = False
            shares = [seen[listed[:k]].mean() for listed in (near, best) for k in (10, 20)]
            rows.append([*shares, seen.sum() / (n_rated - 1)])
    near_10, near_20, best_10, best_20, chance = np.mean(rows, axis=0)
    return Read((near_10, near_20), (best_10, best_20), chance)


def first(values: NDArray[np.float32], title: int) -> NDArray[np.int64]:
    """The twenty largest, the title itself left out, ties by lower column."""
    values = values.copy()
    values[title] = -np.inf
    return np.argsort(-values, kind="stable")[:20]


def cost(dataset: Dataset, seeds: list[int]) -> None:
    """The second table."""
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = {}
    for seed in seeds:
        splits = {one: strong_split(dataset, targets=one, seed=seed) for one in TARGETS}
        for settings in QUALITY:
            name = ", ".join(f"{key}={value}" for key, value in settings.items())
            model = trained(splits["watched"].training, "linear", settings)
            for target, split in splits.items():
                found.setdefault(name, {one: [] for one in TARGETS})[target].append(quality(model, split))
    base = {target: np.concatenate(each) for target, each in next(iter(found.values())).items()}
    for name, by_target in found.items():
        cells = []
        for target, each in by_target.items():
            own = np.concatenate(each)
            against = compare(own, base[target], seed=0)
            cells += [f"{own.mean():.4f}", f"{against.mean:+.4f} ({against.low:+.4f} to {against.high:+.4f})"]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def quality(model: Trained, split: Split) -> NDArray[np.float64]:
    hits = hits_of(rank(model, split, depth=10), split.hidden_offsets, split.hidden_items, split.n_items)
    return metric_of(METRIC, hits, split.n_hidden())


if __name__ == "__main__":
    main()
