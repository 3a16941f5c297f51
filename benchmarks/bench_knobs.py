"""What the knobs of `recommend` cost and bring: NDCG, coverage, popularity and unlikeness at each setting.

    python benchmarks/bench_knobs.py [DATA] [--model linear] [--people 1000] [--out docs/knobs.md]

One strong split of mal2016 with seed 0: test users are held out whole, a fifth of each one's titles is hidden, and
all other titles without those of adults are ranked. Each knob turns alone. Writes a page with tables and bars.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import konomi
from konomi.answers.rerank import pool_size, shift_to_niche, varied
from konomi.answers.scoring import similarities_within
from konomi.evaluation.metrics import hits_of, ndcg
from konomi.evaluation.shown import coverage, mean_over_lists
from konomi.evaluation.splits import Split, strong_split
from konomi.models import by_name
from konomi.models.model import Model
from konomi.models.nearest import k_best

K = 10
NICHE = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
VARIETY = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
ROOT = Path(__file__).resolve().parents[1]

PAGE = """# The knobs, measured

`recommend` has two knobs beside its filters. `niche` (-1 to 1) pulls towards titles that few have seen, or below 0
towards popular ones; `variety` (0 to 1) makes the titles of one answer less alike. Both leave a title's score and
reasons as they are; they change which titles are shown, and in which order.

Made by `python benchmarks/bench_knobs.py`: {people:,} test users of mal2016, held out whole; a fifth of each one's
titles hidden; the {model} model; {k} titles shown; one split, so differences under 0.01 NDCG mean nothing.

- NDCG: how well the hidden titles are found. Turning a knob trades it for something that it does not see.
- Coverage: the share of the catalog's {items:,} titles that anybody is shown.
- Popularity: the share of all users who have seen a title that is shown, on average.
- Unlikeness: 1 - cosine, of the item vectors of two titles of one answer, on average.

## niche

{niche}

A quarter turn costs next to nothing, half a turn little; both show clearly rarer titles. A full turn is for
explorers.

## variety

{variety}

Up to 0.2 the loss is within the error of one split; at 1 an answer is a tour of what somebody might like at all.

How they work, and the sources: `konomi/rerank.py`.
"""


@dataclass(frozen=True)
class Measured:
    setting: float
    ndcg: float
    coverage: float
    popularity: float
    unlikeness: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--model", default="linear")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "knobs.md")
    options = parser.parse_args()
    folder = options.data / "mal2016"
    split = strong_split(
        konomi.ingest(folder / "rating.csv", items=folder / "anime.csv"), max_people=options.people
    )
    kind = by_name(options.model)
    start = time.perf_counter()
    model = kind.train(split.training, kind.config_type())
    print(f"trained in {time.perf_counter() - start:.0f} s")
    scores = [model.scores(split.given.person(p))[0] for p in range(len(split))]
    tables = {}
    for knob, settings in (("niche", NICHE), ("variety", VARIETY)):
        rows = [measure(model, split, scores, **{knob: setting}) for setting in settings]
        tables[knob] = table(knob, rows)
        print(tables[knob])
    page = PAGE.format(people=len(split), model=options.model, k=K, items=split.n_items, **tables)
    options.out.write_text(page, encoding="utf-8")


def measure(
    model: Model, split: Split, scores: list[NDArray[np.float32]], *, niche: float = 0.0, variety: float = 0.0
) -> Measured:
    training = split.training
    counts = training.ratings.row_counts()
    vectors = model.map_vectors()
    suits_all = ~training.catalog.columns().adult
    shown = np.full((len(split), K), -1, dtype=np.int32)
    unlikeness = []
    for person, score in enumerate(scores):
        allowed = suits_all.copy()
        allowed[split.given.person(person).item_index] = False
        ranking = shift_to_niche(score, niche, counts, allowed)
        pool = k_best(ranking, pool_size(K), allowed)
        best = varied(pool, ranking, similarities_within(model, pool), k=K, variety=variety)
        shown[person, : len(best)] = best
        likeness = vectors[best] @ vectors[best].T
        unlikeness.append(1 - (likeness.sum() - np.trace(likeness)) / (len(best) * (len(best) - 1)))
    hits = hits_of(shown, split.hidden_offsets, split.hidden_items, split.n_items)
    return Measured(
        niche or variety,
        float(ndcg(hits, split.n_hidden(), K).mean()),
        coverage(shown[:, :K], split.n_items),
        float(mean_over_lists(shown[:, :K], counts / training.ratings.n_users).mean()),
        float(np.mean(unlikeness)),
    )


def table(knob: str, rows: list[Measured]) -> str:
    lines = [
        f"| {knob} | NDCG@{K} | | coverage | | popularity | unlikeness |",
        "|---:|---:|---|---:|---|---:|---:|",
    ]
    for row in rows:
        cells = [f"{row.setting:g}"]
        for value, most in ((row.ndcg, max(r.ndcg for r in rows)), (row.coverage, max(r.coverage for r in rows))):
            cells += [f"{value:.3f}", "█" * round(16 * value / most)]
        lines.append("| " + " | ".join([*cells, f"{row.popularity:.3f}", f"{row.unlikeness:.3f}"]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
