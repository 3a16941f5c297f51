"""How well new users are served who tell only a few titles: linear beside popularity, item cosine and plain EASE.

    python benchmarks/bench_newcomers.py --data ../shared/data --seed 11

Test users of `strong_split` were never trained on. Of the titles given, only n are told: the n with the most
watchers (what people type), or n at random. Hidden are the same titles as in the full protocol, and no given
title may be listed, told or not, so popularity is the same in every row. A third table has the people whose whole
list has 2 to 9 titles, of which at least one is hidden. The last column is linear minus the best other model,
with a 95% bootstrap interval over people.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import konomi
from konomi.data.ratings import Histories
from konomi.evaluation.entrants import Trained, entrants_of, train_entrant
from konomi.evaluation.intervals import compare
from konomi.evaluation.metrics import hits_of, ndcg
from konomi.evaluation.splits import Split, strong_split
from konomi.kernels.topk import top_k_of_rows

TOLD = (1, 2, 3, 5, 10)
K = 10
MODELS = {
    "linear": ("linear", {}),
    "linear, no prior": ("linear", {"prior_weight": 0.0}),
    "plain EASE": (
        "linear",
        {
            "predictors": 0,
            "regularization": 100.0,
            "dropout": 0.0,
            "franchise_weight": 0.0,
            "sharpness": 1.0,
            "rating_weight": 0.0,
            "prior_weight": 0.0,
        },
    ),
    "item cosine": ("item-knn", {"shrinkage": 0.0, "kept_neighbors": 10_000}),
    "item-knn": ("item-knn", {}),
    "popularity": ("popularity", {}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds mal2016/")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    folder = options.data / "mal2016"
    dataset = konomi.ingest(folder / "rating.csv", items=folder / "anime.csv")

    split = strong_split(dataset, seed=options.seed)
    trained = train_all(split)
    watchers = split.training.ratings.watch_counts()
    rng = np.random.default_rng(options.seed)
    ways = {
        "the best known titles": watchers[split.given.item_index].astype(np.float64),
        "random titles": rng.random(len(split.given.item_index)),
    }
    print(f"mal2016, seed {options.seed}, {len(split):,} test users, NDCG@{K}")
    for way, weight in ways.items():
        rows = [
            (f"{n} told", {name: reached(model, split, told(split, weight, n)) for name, model in trained.items()})
            for n in TOLD
        ]
        rows.append(("all told", {name: reached(model, split, split.given) for name, model in trained.items()}))
        print_table(way, rows, options.seed)

    short = strong_split(dataset, seed=options.seed, min_titles=2)
    length = np.diff(short.given.offsets) + short.n_hidden()
    few = np.flatnonzero(length <= 9)
    models = train_all(short)
    print(f"\n{len(few):,} people with lists of 2 to 9 titles")
    rows = [("2 to 9 titles", {name: reached(model, short, short.given)[few] for name, model in models.items()})]
    print_table("real short lists", rows, options.seed)


def train_all(split: Split) -> dict[str, Trained]:
    """Every model, trained on the training part of the split."""
    return {
        name: train_entrant(entrant, split.training)
        for name, entrant in zip(MODELS, entrants_of(list(MODELS.values())), strict=True)
    }


def told(split: Split, weight: NDArray[np.float64], n: int) -> Histories:
    """The n given titles of each person with the largest weight, float64 (n_rows,)."""
    person = split.given.person_index()
    order = np.lexsort((-weight, person))
    kept = np.zeros(len(person), dtype=np.bool_)
    kept[order] = np.arange(len(person)) - split.given.offsets[:-1][person[order]] < n
    return split.given.keep_rows(kept)


def reached(trained: Trained, split: Split, histories: Histories) -> NDArray[np.float64]:
    """float64 (m,): NDCG@K of each person, scored from `histories`; nothing that was given is listed."""
    m = len(split)
    ranked, values = np.empty((m, K), dtype=np.int32), np.empty((m, K), dtype=np.float32)
    for start in range(0, m, 256):
        people = np.arange(start, min(start + 256, m))
        scores = trained.scores(histories.keep_people(people), np.full(len(people), -1))
        given = split.given.keep_people(people).ascending()
        block = slice(start, start + len(people))
        top_k_of_rows(scores, given.offsets, given.item_index, np.float32(1), ranked[block], values[block])
    hits = hits_of(ranked, split.hidden_offsets, split.hidden_items, split.n_items)
    return ndcg(hits, split.n_hidden(), K)


def print_table(title: str, rows: list[tuple[str, dict[str, NDArray[np.float64]]]], seed: int) -> None:
    """One row for each number of titles told."""
    print(f"\n| {title} | " + " | ".join(MODELS) + " | linear - best other |\n|---|" + "---|" * (len(MODELS) + 1))
    for label, found in rows:
        others = {name: values for name, values in found.items() if not name.startswith("linear")}
        best = max(others, key=lambda name: others[name].mean())
        lead = compare(found["linear"], others[best], seed=seed)
        cells = [f"{values.mean():.3f}" for values in found.values()]
        print(f"| {label} | {' | '.join(cells)} | {lead.mean:+.3f} ({lead.low:+.3f} to {lead.high:+.3f}), {best} |")


if __name__ == "__main__":
    main()
