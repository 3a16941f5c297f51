"""Quality on real ratings: konomi's models and what each part of the default adds, three seeds, one table.

python benchmarks/bench_quality.py [--data ../shared/data] [--seeds 0 1 2] [--parts] [--only mal2016|movielens]

Test users are held out whole; a fifth of each one's titles is to be found among all unseen ones. Plain EASE has the
best ridge of three, chosen on validation users of the same seed; konomi's own models run on their defaults.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import konomi
from konomi.dataset import Dataset
from konomi.evaluation.entrants import Entrant, entrants_of
from konomi.evaluation.pairs import franchises_from, pair_recall, read_pairs
from konomi.evaluation.protocol import measure
from konomi.evaluation.splits import Split, Targets, strong_split
from konomi.evaluation.twins import split_twins, twin_retrieval
from konomi.models import linear
from konomi.similarity import k_best

PLAIN = {"dropout": 0.0, "franchise_weight": 0.0, "sharpness": 1.0, "rating_weight": 0.0, "keep_update": False}
RIDGES = (50.0, 100.0, 200.0)
# The default with one part taken away each.
PARTS: dict[str, dict[str, Any]] = {
    "without sharpness": {"sharpness": 1.0},
    "without franchises": {"franchise_weight": 0.0},
    "without dropout": {"dropout": 0.0},
    "without ratings": {"rating_weight": 0.0},
    "every weight kept": {"kept_weights": 100_000},
}
METRIC = "ndcg@10"
TARGETS: tuple[Targets, ...] = ("watched", "liked")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--parts", action="store_true", help="also the default with one part taken away each")
    parser.add_argument("--only", choices=["mal2016", "movielens"])
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"{asked.data} is not here: give the folder of the real data sets with --data")
    print(f"konomi {konomi.__version__}, NumPy {np.__version__}, seeds {asked.seeds}")
    if asked.only != "movielens":
        folder = asked.data / "mal2016"
        dataset = konomi.ingest(folder / "rating.csv", items=folder / "anime.csv", keep_bots=True)
        dataset = dataset.with_min_ratings(10, rated_items_only=True)
        ranking("mal2016", dataset, asked.seeds, folder / "related.csv", parts=asked.parts)
        similarity(dataset, folder, asked.seeds)
    if asked.only != "mal2016":
        folder = asked.data / "movielens" / "ml-latest-small"
        dataset = konomi.ingest(folder / "ratings.csv", items=folder / "movies.csv")
        ranking("movielens", dataset, asked.seeds, None, parts=asked.parts)


def ranking(name: str, dataset: Dataset, seeds: list[int], related: Path | None, *, parts: bool) -> None:
    """Print NDCG@10 of each model for both targets, and the share of its hits that are sequels."""
    ratings = dataset.ratings
    print(f"\n{name}: {ratings.n_users:,} users, {ratings.n_items:,} items, {ratings.n_rows:,} rows")
    franchise = None if related is None else franchises_from(read_pairs(related, ratings.items))
    _BEST.clear()
    found: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        for entrant in entrants(dataset, seed, parts=parts):
            once = Once(entrant)
            row = found.setdefault(entrant.label, {})
            for targets in TARGETS:
                split = strong_split(dataset, targets=targets, seed=seed)
                result = measure(once.entrant(), split, metrics=(METRIC,), franchise=franchise)
                row.setdefault(targets, []).append(result.intervals[METRIC].mean)
                if franchise is not None and result.sequels is not None:
                    row.setdefault(f"{targets}, sequels' share of hits", []).append(result.sequels.mean)
                    row.setdefault(f"{targets}, new franchises", []).append(discovery(once.model, split, franchise))
    columns = list(next(iter(found.values())))
    print("| model | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for label, row in found.items():
        print(f"| {label} | " + " | ".join(f"{np.mean(row[c]):.4f} ± {np.std(row[c]):.4f}" for c in columns) + " |")


def discovery(model: Any, split: Split, franchise: NDArray[np.int32]) -> float:
    """NDCG@10 where all titles of franchises that somebody has begun are neither shown nor sought."""
    discounts = 1 / np.log2(np.arange(2, 12))
    found = []
    for p in range(len(split)):
        given = split.given.person(p)
        begun = franchise[given.item_index]
        allowed = ~np.isin(franchise, begun[begun >= 0])
        allowed[given.item_index] = False
        sought = split.hidden_items[split.hidden_offsets[p] : split.hidden_offsets[p + 1]]
        sought = sought[allowed[sought]]
        if len(sought):
            shown = k_best(model.scores(given, np.array([-1]))[0], 10, allowed)
            hits = np.isin(shown, sought)
            found.append(discounts[: len(shown)][hits].sum() / discounts[: len(sought)].sum())
    return float(np.mean(found))


class Once:
    """An entrant that is trained at its first use only: both targets of a seed leave the same users to train on."""

    def __init__(self, entrant: Entrant) -> None:
        self._entrant = entrant
        self._users: NDArray[Any] | None = None
        self.model: Any = None

    def entrant(self) -> Entrant:
        return replace(self._entrant, kind=replace(self._entrant.kind, train=self._train))

    def _train(self, training: Dataset, config: Any, **options: Any) -> Any:
        users = training.ratings.users.ids
        if self._users is None:
            self.model, self._users = self._entrant.kind.train(training, config, **options), users
        if not np.array_equal(self._users, users):
            raise ValueError("the targets leave different users to train on")
        return self.model


def entrants(dataset: Dataset, seed: int, *, parts: bool) -> list[Entrant]:
    """The models of one seed, plain EASE with the ridge that its validation users prefer."""
    if seed not in _BEST:
        validation = strong_split(dataset, role="validation", seed=seed)
        scores = {}
        for ridge in RIDGES:
            (plain,) = entrants_of([("linear", {**PLAIN, "regularization": ridge})])
            scores[ridge] = measure(plain, validation, metrics=(METRIC,)).intervals[METRIC].mean
        _BEST[seed] = max(scores, key=lambda ridge: scores[ridge])
        print(f"seed {seed}: plain EASE prefers a ridge of {_BEST[seed]:g}", flush=True)
    named: list[tuple[str, str, dict[str, Any]]] = [
        ("linear", "linear", {"keep_update": False}),
        ("plain EASE, tuned", "linear", {**PLAIN, "regularization": _BEST[seed]}),
        ("spectral", "spectral", {}),
        ("item-knn", "item-knn", {}),
        ("user-knn", "user-knn", {}),
        ("popularity", "popularity", {}),
    ]
    if parts:
        named += [(label, "linear", {**changed, "keep_update": False}) for label, changed in PARTS.items()]
    made = entrants_of([(kind, settings) for _, kind, settings in named])
    return [Entrant(label, one.kind, one.config) for (label, _, _), one in zip(named, made, strict=True)]


_BEST: dict[int, float] = {}


def similarity(dataset: Dataset, folder: Path, seeds: list[int]) -> None:
    """Print how well the default model's similarity of items and users agrees with people."""
    items = dataset.ratings.items
    related = read_pairs(folder / "related.csv", items)
    people = read_pairs(folder / "user_recommendations.csv", items)
    franchise = franchises_from(related)
    counts = dataset.ratings.item_counts()
    config = linear.LinearConfig(keep_update=False)
    model = linear.train(dataset, config)
    for what, pairs, folded in (
        ("people's pairs", people, None),
        ("people's pairs, franchises folded", people, franchise),
        ("franchise edges", related, None),
    ):
        score = pair_recall(model.item_similarities, pairs, counts, franchise=folded)
        print(f"recall@10 of {what}: {score.recall.mean:.4f} ({score.n_queries:,} titles)", flush=True)
    found = []
    for seed in seeds:
        twins = split_twins(dataset, seed=seed)
        score_ = twin_retrieval(linear.train(twins.training, config).user_similarities, twins)
        found.append((score_.first.mean, score_.in_ten.mean))
    first, in_ten = np.mean(found, axis=0)
    print(f"twins found first: {first:.3f}, in the first ten: {in_ten:.3f}")


if __name__ == "__main__":
    main()
