"""Quality on real ratings: konomi's models and what each part of the default adds, three seeds, one table.

python benchmarks/bench_quality.py [--data ../shared/data] [--seeds 0 1 2] [--parts]
                                   [--only mal2016|mal2020|newest|movielens]

Test users are held out whole; a fifth of each one's titles is to be found among all unseen ones. Plain EASE has the
best ridge of three, chosen on validation users of the same seed; konomi's own models run on their defaults.

mal2020 : models of all of mal2016 are measured on people of another dump, of whom nothing was chosen. Plain EASE
          has the ridge of the first seed; seeds only draw what is hidden. Those people's rows are all scored.
newest  : nobody's rows of the newest twentieth of the titles train, which test users are to find by what the
          catalog tells; "among all" ranks them among all unseen titles.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import konomi
from konomi.data.dataset import Dataset
from konomi.data.franchises import infer_franchises
from konomi.data.ids import IdIndex
from konomi.data.ratings import Histories
from konomi.evaluation.entrants import Entrant, entrants_of
from konomi.evaluation.intervals import bootstrap, compare
from konomi.evaluation.pairs import franchises_from, pair_recall, read_pairs
from konomi.evaluation.protocol import measure
from konomi.evaluation.splits import MIN_TITLES, Split, Targets, newest_split, strong_split
from konomi.evaluation.transfer import transfer_split
from konomi.evaluation.twins import split_twins, twin_retrieval
from konomi.models import linear
from konomi.models.kind import ModelKind
from konomi.models.nearest import k_best

PLAIN = {
    "predictors": 0,
    "dropout": 0.0,
    "franchise_weight": 0.0,
    "sharpness": 1.0,
    "rating_weight": 0.0,
    "prior_weight": 0.0,
    "keep_update": False,
}
RIDGES = (50.0, 100.0, 200.0)
# The default with one part taken away each.
PARTS: dict[str, dict[str, Any]] = {
    "without sharpness": {"sharpness": 1.0},
    "without franchises": {"franchise_weight": 0.0},
    "without dropout": {"dropout": 0.0},
    "without ratings": {"rating_weight": 0.0},
    "without a prior for short histories": {"prior_weight": 0.0},
    "by the whole inverse, at its own ridge": {"predictors": 0, "regularization": 50.0},
}
METRIC = "ndcg@10"
TARGETS: tuple[Targets, ...] = ("watched", "liked")
NEWEST_METRICS = ("ndcg@10", "recall@20")
# The dumps number their people each from 0 or 1 on.
FIRST_ID_OF_OTHERS = 10_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--parts", action="store_true", help="also the default with one part taken away each")
    parser.add_argument("--only", choices=["mal2016", "mal2020", "newest", "movielens"])
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"{asked.data} is not here: give the folder of the real data sets with --data")
    print(f"konomi {konomi.__version__}, NumPy {np.__version__}, seeds {asked.seeds}")
    folder = asked.data / "mal2016"
    if asked.only in (None, "mal2016", "mal2020"):
        dataset = of_2016(folder, folder / "anime.csv")
        if asked.only != "mal2020":
            ranking("mal2016", dataset, asked.seeds, folder / "related.csv", parts=asked.parts)
            similarity(dataset, folder, asked.seeds)
        if asked.only != "mal2016":
            later_people(dataset, asked.data / "mal2020" / "animelist.first301users.csv", asked.seeds)
    if asked.only in (None, "newest"):
        newest_titles(of_2016(folder, asked.data / "mal2020" / "anime.csv"), asked.seeds)
    if asked.only in (None, "movielens"):
        folder = asked.data / "movielens" / "ml-latest-small"
        dataset = konomi.ingest(folder / "ratings.csv", items=folder / "movies.csv")
        ranking("movielens", dataset, asked.seeds, None, parts=asked.parts)


def of_2016(folder: Path, items: Path) -> Dataset:
    """mal2016's ratings with this catalog: users with 10 titles or more, and the titles that they rated."""
    dataset = konomi.ingest(folder / "rating.csv", items=items, keep_bots=True)
    return dataset.with_min_ratings(MIN_TITLES, rated_items_only=True)


def ranking(name: str, dataset: Dataset, seeds: list[int], related: Path | None, *, parts: bool) -> None:
    """Print NDCG@10 of each model for both targets, and the share of its hits that are sequels."""
    ratings = dataset.ratings
    print(f"\n{name}: {ratings.n_users:,} users, {ratings.n_items:,} items, {ratings.n_rows:,} rows")
    franchise = None if related is None else franchises_from(read_pairs(related, ratings.items))
    found: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        for entrant in entrants(dataset, seed, parts=parts):
            once = Once(entrant)
            row = found.setdefault(entrant.label, {})
            for targets in TARGETS:
                split = strong_split(dataset, targets=targets, seed=seed)
                result = measure(once.entrant(), split, metrics=(METRIC,), franchise=franchise)
                row.setdefault(targets, []).append(result.intervals[METRIC].mean)
                if franchise is not None and result.shown.sequel_hits is not None:
                    row.setdefault(f"{targets}, sequels' share of hits", []).append(result.shown.sequel_hits.mean)
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
    known = (dataset.digest(), seed)
    if known not in _BEST:
        validation = strong_split(dataset, role="validation", seed=seed)
        scores = {}
        for ridge in RIDGES:
            (plain,) = entrants_of([("linear", {**PLAIN, "regularization": ridge})])
            scores[ridge] = measure(plain, validation, metrics=(METRIC,)).intervals[METRIC].mean
        _BEST[known] = max(scores, key=lambda ridge: scores[ridge])
        print(f"seed {seed}: plain EASE prefers a ridge of {_BEST[known]:g}", flush=True)
    named: list[tuple[str, str, dict[str, Any]]] = [
        ("linear", "linear", {"keep_update": False}),
        ("plain EASE, tuned", "linear", {**PLAIN, "regularization": _BEST[known]}),
        ("spectral", "spectral", {}),
        ("item-knn", "item-knn", {}),
        ("user-knn", "user-knn", {}),
        ("popularity", "popularity", {}),
    ]
    if parts:
        named += [(label, "linear", {**changed, "keep_update": False}) for label, changed in PARTS.items()]
    made = entrants_of([(kind, settings) for _, kind, settings in named])
    return [Entrant(label, one.kind, one.config) for (label, _, _), one in zip(named, made, strict=True)]


_BEST: dict[tuple[str, int], float] = {}


def similarity(dataset: Dataset, folder: Path, seeds: list[int]) -> None:
    """Print how well the default model's similarity of items and users agrees with people."""
    items = dataset.ratings.items
    related = read_pairs(folder / "related.csv", items)
    people = read_pairs(folder / "user_recommendations.csv", items)
    franchise = franchises_from(related)
    counts = dataset.ratings.row_counts()
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


def later_people(training: Dataset, path: Path, seeds: list[int]) -> None:
    """Print NDCG@10 on people of another dump, with intervals, and how linear and plain EASE differ."""
    others = konomi.ingest(path, keep_bots=True)
    users = IdIndex(others.ratings.users.ids + FIRST_ID_OF_OTHERS, "user")
    others = Dataset(replace(others.ratings, users=users), others.catalog)
    theirs = others.ratings
    unknown = training.ratings.items.indices_of(theirs.items.ids)[theirs.item_index] < 0
    print(f"\nmal2020: {theirs.n_users:,} people, {theirs.n_rows:,} rows, all scored")
    n_titles = len(np.unique(theirs.item_index[unknown]))
    print(f"left out: {unknown.sum():,} rows of {n_titles:,} titles that mal2016 lacks")
    models = {entrant.label: Once(entrant) for entrant in entrants(training, seeds[0], parts=False)}
    found: dict[Targets, dict[str, NDArray[np.float64]]] = {}
    for targets in TARGETS:
        splits = [transfer_split(training, others, targets=targets, seed=seed) for seed in seeds]
        if any(split.user_index.tolist() != splits[0].user_index.tolist() for split in splits):
            raise ValueError("the seeds measure different people")
        found[targets] = {
            label: np.mean(
                [measure(once.entrant(), split, metrics=(METRIC,)).per_person[METRIC] for split in splits], axis=0
            )
            for label, once in models.items()
        }
        print(f"{targets}: {len(splits[0]):,} people with {MIN_TITLES} of the other titles or more are measured")
    print("| model | " + " | ".join(TARGETS) + " |\n|---|" + "---|" * len(TARGETS))
    for label in models:
        sure = [bootstrap(found[targets][label]) for targets in TARGETS]
        print(
            f"| {label} | " + " | ".join(f"{one.mean:.4f} ({one.low:.4f} to {one.high:.4f})" for one in sure) + " |"
        )
    for targets in TARGETS:
        more = compare(found[targets]["linear"], found[targets]["plain EASE, tuned"])
        print(
            f"{targets}: linear less plain EASE {more.mean:+.4f} ({more.low:+.4f} to {more.high:+.4f}), "
            f"p = {more.p_value:.4f}"
        )


def newest_titles(dataset: Dataset, seeds: list[int]) -> None:
    """Print how well titles are found of which training knows no rating, only the catalog."""
    year = dataset.catalog.frame["year"]
    print(f"\nnewest: {len(dataset.catalog):,} titles, {year.null_count():,} of no known year")
    found: dict[str, list[list[float]]] = {}
    for seed in seeds:
        parts = newest_split(dataset, seed=seed)
        since = parts.split.training.catalog.frame["year"].to_numpy()[parts.newest].min()
        each = parts.split.n_hidden().mean()
        print(f"seed {seed}: {parts.newest.sum():,} newest titles, from {since:.0f} on; ", end="")
        print(f"{len(parts.split):,} people look for {each:.1f} each", flush=True)
        for entrant in [*newest_entrants(), *orders(parts.split, seed)]:
            once = Once(entrant).entrant()
            row = [
                measure(once, parts.split, metrics=NEWEST_METRICS, among=among).intervals[metric].mean
                for among in (parts.newest, None)
                for metric in NEWEST_METRICS
            ]
            found.setdefault(entrant.label, []).append(row)
    columns = [f"{metric}{where}" for where in ("", ", among all") for metric in NEWEST_METRICS]
    print("| model | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for label, rows in found.items():
        means, spreads = np.mean(rows, axis=0), np.std(rows, axis=0)
        print(
            f"| {label} | " + " | ".join(f"{m:.4f} ± {s:.4f}" for m, s in zip(means, spreads, strict=True)) + " |"
        )


def newest_entrants() -> list[Entrant]:
    """The default model, and without what it knows of franchises."""
    named = {"linear": {}, "linear without franchises": {"franchise_weight": 0.0}}
    made = entrants_of([("linear", {"keep_update": False, **changed}) for changed in named.values()])
    return [replace(one, label=label) for label, one in zip(named, made, strict=True)]


@dataclass(frozen=True, eq=False)
class Order:
    """Scores that nothing was learned for, where a model is expected."""

    score: Callable[[Histories], NDArray[np.float32]]

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        del users
        return self.score(histories)


def orders(split: Split, seed: int) -> list[Entrant]:
    """By how many of the history's titles are of the same franchise, as linear sees franchises; and at random."""
    franchise = infer_franchises(split.training.catalog)
    rng = np.random.default_rng(seed)

    def same_franchise(histories: Histories) -> NDArray[np.float32]:
        counts = [
            np.bincount(franchise[histories.person(p).item_index], minlength=franchise.max() + 1)[franchise]
            for p in range(len(histories))
        ]
        return np.array(counts, dtype=np.float32)

    def at_random(histories: Histories) -> NDArray[np.float32]:
        return rng.random((len(histories), histories.n_items), dtype=np.float32)

    return [unlearned("titles of the same franchise", same_franchise), unlearned("at random", at_random)]


def unlearned(label: str, score: Callable[[Histories], NDArray[np.float32]]) -> Entrant:
    kind = ModelKind(
        name=label, summary="", config_type=type(None), model_type=Order, train=lambda *_, **__: Order(score)
    )
    return Entrant(label, kind, None)


if __name__ == "__main__":
    main()
