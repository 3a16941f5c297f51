"""Ideas beside the linear model by the whole inverse, on validation users: what each one would add, or take away.

python benchmarks/bench_ideas.py [--data ../shared/data] [--seeds 3 4] [--only NAME...]

Weights of people and rows in G; blends with the spectral model; pairs of titles as further columns; rows of F for
genres, studios and years; weights of fewer `predictors` (512 with a ridge of 25 is the default), and
more or less of them pruned; a second step through the weights; a G that lacks its weak pairs, as a wide
catalog would need. Each line is the model by the whole inverse with that much changed. The difference from it
is taken person by person over all seeds, with its 95% interval. Ratings are those of mal2016, the catalog is
mal2020's, which knows studios and years; its franchises are read off titles.

Of rows of F a second table tells what they do for the newest twentieth of the titles, of which nobody's ratings
train: ranked among themselves, and among all titles.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

import konomi
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.franchises import infer_franchises
from konomi.data.ratings import Histories
from konomi.errors import TrainingError
from konomi.evaluation.entrants import Trained
from konomi.evaluation.intervals import compare
from konomi.evaluation.metrics import hits_of, metric_of
from konomi.evaluation.pairs import franchises_from, pair_recall, read_pairs
from konomi.evaluation.protocol import rank
from konomi.evaluation.splits import Split, Targets, newest_split, strong_split
from konomi.models import spectral
from konomi.models.evidence import values_of
from konomi.models.gram import Gram
from konomi.models.linear import model as linear
from konomi.models.linear.genres import genre_vectors
from konomi.models.linear.inverse import inverse_of
from konomi.models.linear.ridged import RidgedGram
from konomi.models.linear.strong_inverse import StrongInverse
from konomi.models.linear.weights import sharpened, similarity_table, weights_of_inverse
from konomi.models.weighting import Weighting

METRIC = "ndcg@10"
TARGETS: tuple[Targets, ...] = ("watched", "liked")
# The pairs of titles that are columns of their own: those that most people watched both of.
N_PAIRS = 2_000
SPECTRAL_DIM = 256
BASE = "the whole inverse"
# What the ideas are added to: the whole inverse, with the ridge that suits it.
WHOLE = {"predictors": 0, "regularization": 50.0}
DEFAULT = {"predictors": 512, "regularization": 25.0}
PREDICTORS: tuple[dict[str, float], ...] = (
    {"predictors": 256},
    {"predictors": 512},
    {"predictors": 800},
    {"predictors": 384, "regularization": 25.0},
    {"predictors": 512, "regularization": 25.0},
    {"predictors": 640, "regularization": 25.0},
    {"predictors": 512, "regularization": 12.0},
    {"predictors": 512, "regularization": 25.0, "dropout": 0.4},
    {"predictors": 512, "regularization": 25.0, "dropout": 0.6},
    {"predictors": 512, "regularization": 25.0, "sharpness": 1.2},
    {"predictors": 512, "regularization": 25.0, "sharpness": 1.4},
)


@dataclass(frozen=True, eq=False)
class Trial:
    """What one seed's training users give: the model by the whole inverse, and what its variants are made from."""

    split: Split
    model: linear.LinearModel
    gram: Gram
    spectral: spectral.SpectralModel


@dataclass(frozen=True, eq=False)
class Scorer:
    """Anything that gives scores, where `rank` expects a model."""

    score: Callable[[Histories], NDArray[np.float32]]

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        del users
        return self.score(histories)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 4])
    parser.add_argument("--only", nargs="+", help="only the ideas whose name begins so")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"{asked.data} is not here: give the folder of the real data sets with --data")
    dataset = konomi.ingest(
        asked.data / "mal2016" / "rating.csv", items=asked.data / "mal2020" / "anime.csv", keep_bots=True
    ).with_min_ratings(10, rated_items_only=True)
    if asked.only is None or "similarity" in asked.only:
        similarity(dataset, asked.data / "mal2016")
    if asked.only == ["similarity"]:
        return
    print(f"konomi {konomi.__version__}, NumPy {np.__version__}, validation users of seeds {asked.seeds}")
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = {}
    for seed in asked.seeds:
        splits = {one: strong_split(dataset, targets=one, role="validation", seed=seed) for one in TARGETS}
        trial = prepared(splits["watched"])
        for name, scorer in ideas(trial, asked.only):
            row = found.setdefault(name, {target: [] for target in TARGETS})
            for target, split in splits.items():
                row[target].append(quality(scorer, split))
            print(f"  seed {seed}, {name}: {[round(row[one][-1].mean(), 4) for one in TARGETS]}", file=sys.stderr)
    show(found, TARGETS)
    newest: dict[str, dict[str, list[NDArray[np.float64]]]] = {}
    for seed in asked.seeds:
        cold = newest_split(dataset, role="validation", seed=seed)
        trial = prepared(cold.split)
        for name, scorer in ideas(trial, ["rows of"]):
            row = newest.setdefault(name, {"among themselves": [], "among all": []})
            row["among themselves"].append(quality(scorer, cold.split, among=cold.newest))
            row["among all"].append(quality(scorer, cold.split))
    show(newest, ("among themselves", "among all"))


def similarity(dataset: Dataset, folder: Path) -> None:
    """How well similar items are found with fewer eigenpairs than the default, and by the exact inverse."""
    config, items = linear.LinearConfig(), dataset.ratings.items
    people = read_pairs(folder / "user_recommendations.csv", items)
    related = read_pairs(folder / "related.csv", items)
    asked = ((people, None), (people, franchises_from(related)), (related, None))
    gram, franchise = Gram.of(dataset.ratings), infer_franchises(dataset.catalog)
    ridge, weight = config.similarity_ridge * gram.n_users, linear.FRANCHISE_PER_USER * gram.n_users
    A = RidgedGram.of(gram, ridge=ridge, franchise=franchise, franchise_weight=weight)
    inverses: dict[str, Any] = {"the exact inverse": inverse_of(A)}
    for dim in (64, 128, 256):
        inverses[f"{dim} eigenpairs"] = StrongInverse.of(A, dim=dim)
    print("\n| similarity by | people's pairs | franchises folded | franchise edges |\n|---" + "|---:" * 3 + "|")
    for name, inverse in inverses.items():
        table = similarity_table(inverse, genre_vectors(dataset.catalog), kept=config.kept_neighbors)
        S = sp.csr_array((table.values, table.items.astype(np.int32), table.offsets), (gram.n_items,) * 2)
        found = [
            pair_recall(
                lambda item, S=S: S[[item]].toarray()[0], pairs, dataset.ratings.row_counts(), franchise=folded
            ).recall.mean
            for pairs, folded in asked
        ]
        print(f"| {name} | " + " | ".join(f"{one:.4f}" for one in found) + " |", flush=True)


def prepared(split: Split) -> Trial:
    config = linear.LinearConfig(**WHOLE, keep_update=False)
    gram = Gram.of(split.training.ratings)
    other = spectral.train(split.training, spectral.SpectralConfig(embedding_dim=SPECTRAL_DIM))
    return Trial(split, linear.train(split.training, config), gram, other)


def ideas(trial: Trial, only: list[str] | None) -> Iterator[tuple[str, Scorer]]:
    """Each idea's name and what scores by it, the whole inverse first."""
    named: dict[str, Callable[[], Scorer]] = {}
    for power in (0.2, 0.4):
        named[f"people by length, power {power}"] = lambda p=power: weighted(trial, Weighting(length_power=p))
    for weight in (0.5, 0.0):
        named[f"poor rows count {weight}"] = lambda w=weight: weighted(trial, Weighting(poor_weight=w))
    for share in (0.05, 0.1, 0.2, 0.4):
        named[f"blend with spectral, {share}"] = lambda s=share: blended(trial, s)
    for changed in PREDICTORS:
        name = ", ".join(f"{key} {value:g}" for key, value in changed.items())
        named[f"weights learned with {name}"] = lambda c=changed: learned_with(trial, c)
    for share in (0.0, 0.002, 0.01, 0.02):
        named[f"the default, weights under {share:g} pruned"] = lambda s=share: learned_with(
            trial, DEFAULT, min_share=s
        )
    for kept in (4096, 2048, 1024):
        named[f"the default, of G each title's {kept:,} strongest pairs"] = lambda k=kept: strongest_pairs(trial, k)
    for share in (0.1, 0.3):
        named[f"second step, {share}"] = lambda s=share: second_step(trial, s)
    named[f"pairs of titles, {N_PAIRS:,}"] = lambda: with_pairs(trial)
    for column in ("genres", "studios", "year"):
        for weight in (0.5, 2.0, 8.0):
            named[f"rows of {column}, weight {weight}"] = lambda c=column, w=weight: with_rows(trial, c, w)
    yield BASE, Scorer(trial.model.scores)
    for name, made in named.items():
        if only is None or any(name.startswith(one) for one in only):
            try:
                yield name, made()
            except TrainingError as error:
                print(f"  {name}: {error}", file=sys.stderr)


def weighted(trial: Trial, weighting: Weighting) -> Scorer:
    gram = Gram.of(trial.split.training.ratings, weighting=weighting)
    weights, _ = linear.weights_of(gram, trial.model.franchise, trial.model.config)
    return Scorer(replace(trial.model, weights=weights).scores)


def learned_with(trial: Trial, changed: dict[str, Any], *, min_share: float = linear.MIN_WEIGHT_SHARE) -> Scorer:
    config = replace(trial.model.config, **changed)
    weights, _ = linear.weights_of(trial.gram, trial.model.franchise, config, min_share=min_share)
    return Scorer(replace(trial.model, weights=weights, config=config).scores)


def strongest_pairs(trial: Trial, kept: int) -> Scorer:
    """The default, G's entries 0 but for so many of each row: those that alone would explain most."""
    config, counts = linear.LinearConfig(), trial.gram.counts
    diagonal = counts.diagonal() / (1 - config.dropout) + config.regularization
    gain = np.square(counts, dtype=np.float32) / diagonal
    np.fill_diagonal(gain, np.inf)
    listed = np.zeros(counts.shape, dtype=np.bool_)
    np.put_along_axis(listed, np.argpartition(-gain, kept, axis=1)[:, :kept], True, axis=1)
    gram = replace(trial.gram, counts=np.where(listed | listed.T, counts, 0).astype(np.int32))
    weights, _ = linear.weights_of(gram, trial.model.franchise, config)
    return Scorer(replace(trial.model, weights=weights, config=config).scores)


def blended(trial: Trial, share: float) -> Scorer:
    """Both scores divided by their spread over the items, person by person."""

    def score(histories: Histories) -> NDArray[np.float32]:
        ours, theirs = trial.model.scores(histories), trial.spectral.scores(histories)
        spreads = [np.maximum(one.std(axis=1, keepdims=True), 1e-9) for one in (ours, theirs)]
        return np.asarray((1 - share) * ours / spreads[0] + share * theirs / spreads[1], dtype=np.float32)

    return Scorer(score)


def second_step(trial: Trial, share: float) -> Scorer:
    """What the weights lead to from the person's twenty best scores, added to the scores themselves."""
    table = trial.model.weights
    W = sp.csr_array((table.values, table.items.astype(np.int32), table.offsets), (trial.model.n_items,) * 2)

    def score(histories: Histories) -> NDArray[np.float32]:
        first = trial.model.scores(histories)
        bar = -np.partition(-first, 20, axis=1)[:, 20:21]
        best = sp.csr_array(np.where(first > bar, first, 0))
        return np.asarray(first + np.float32(share) * (best @ W).toarray(), dtype=np.float32)

    return Scorer(score)


def with_pairs(trial: Trial) -> Scorer:
    """Further columns, 1 for whoever watched both titles of a pair; only titles are scored."""
    counts, n = trial.gram.counts, trial.gram.n_items
    upper = np.triu(counts, 1)
    best = np.argpartition(-upper.ravel(), N_PAIRS)[:N_PAIRS]
    left, right = np.unravel_index(best, upper.shape)

    def both(X: sp.csr_array) -> sp.csr_array:
        ones = X.astype(bool).astype(np.float32)
        return sp.csr_array(ones[:, left].multiply(ones[:, right]))

    X = trial.split.training.ratings.histories().watched().matrix()
    Z = both(X)
    cross = np.rint((X.T @ Z).toarray()).astype(np.int32)
    among = np.rint((Z.T @ Z).toarray()).astype(np.int32)
    wide = np.block([[counts, cross], [cross.T, among]])
    config = trial.model.config
    ridge = config.regularization + config.dropout / (1 - config.dropout) * wide.diagonal().astype(np.float64)
    alone = trial.model.franchise.max() + 1 + np.arange(N_PAIRS, dtype=np.int32)
    franchise = np.concatenate([trial.model.franchise, alone]).astype(np.int32)
    gram = Gram(wide, wide.diagonal().astype(np.int64), trial.gram.n_users)
    A = RidgedGram.of(gram, ridge=ridge, franchise=franchise, franchise_weight=config.franchise_weight)
    P = inverse_of(A).matrix
    B = -P[:, :n] / P.diagonal()[:n]
    for item in np.union1d(left, right):
        # A title is told neither by itself nor by a pair that holds it: e - P[:, S] P[S, S]⁻¹ e is 0 on all of S.
        told = np.concatenate([[item], n + np.flatnonzero((left == item) | (right == item))])
        first = np.zeros(len(told))
        first[0] = 1
        B[:, item] = -P[:, told] @ np.linalg.solve(P[np.ix_(told, told)].astype(np.float64), first)
        B[told, item] = 0
    B[np.arange(n), np.arange(n)] = 0
    W = sp.csr_array(np.sign(B) * np.abs(B) ** np.float32(config.sharpness))

    def score(histories: Histories) -> NDArray[np.float32]:
        seen = histories.watched()
        value = values_of(seen, trial.model.spread, trial.model.config.rating_weight)
        x = sp.hstack([seen.matrix(value), both(seen.matrix())], format="csr")
        return np.asarray((x @ W).toarray(), dtype=np.float32)

    return Scorer(score)


def with_rows(trial: Trial, column: str, weight: float) -> Scorer:
    """Rows of F for each value of a column of the catalog."""
    rows = group_rows(trial.split.training.catalog, column)
    config, gram = trial.model.config, trial.gram
    ridge = config.regularization + config.dropout / (1 - config.dropout) * gram.watch_counts
    # Counts are whole numbers, so G is taken a thousand times.
    added = np.rint(1000 * weight * (rows.T @ rows).toarray()).astype(np.int32)
    A = RidgedGram.of(
        Gram(gram.counts * np.int32(1000) + added, gram.watch_counts, gram.n_users),
        ridge=1000 * ridge,
        franchise=trial.model.franchise,
        franchise_weight=1000 * config.franchise_weight,
    )
    weights = sharpened(weights_of_inverse(inverse_of(A).matrix, kept=config.kept_weights), config.sharpness)
    return Scorer(replace(trial.model, weights=weights).scores)


def group_rows(catalog: Catalog, column: str) -> sp.csr_array:
    """A row for each value of two or more items, its entries falling with the root of how many they are."""
    values = catalog.frame[column].to_list()
    members: dict[Any, list[int]] = {}
    for item, value in enumerate(values):
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                members.setdefault(one, []).append(item)
    groups = [one for one in members.values() if len(one) > 1]
    item = np.concatenate([np.asarray(one) for one in groups])
    group = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    entry = np.repeat([1 / np.sqrt(len(one) / 2) for one in groups], [len(one) for one in groups])
    return sp.csr_array((entry, (group, item)), (len(groups), len(values)))


def quality(scorer: Scorer, split: Split, *, among: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """float64 (m,): NDCG@10 of each validation user, of these titles only where given."""
    ranked = rank(Trained(scorer, None, None), split, depth=10, among=among)  # type: ignore[arg-type]
    hits = hits_of(ranked, split.hidden_offsets, split.hidden_items, split.n_items)
    return metric_of(METRIC, hits, split.n_hidden())


def show(found: dict[str, dict[str, list[NDArray[np.float64]]]], columns: Sequence[str]) -> None:
    print("\n| idea | " + " | ".join(f"{one} | difference" for one in columns) + " |\n|---" + "|---:" * 4 + "|")
    for name, row in found.items():
        cells = []
        for target in columns:
            ours, default = np.concatenate(row[target]), np.concatenate(found[BASE][target])
            cells.append(f"{ours.mean():.4f}")
            if name == BASE:
                cells.append("")
            else:
                away = compare(ours, default)
                cells.append(f"{away.mean:+.4f} ({away.low:+.4f} to {away.high:+.4f})")
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
