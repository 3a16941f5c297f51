"""Quality beside other libraries: NDCG@10 of implicit's and irspack's models and of linear, on the same splits.

python benchmarks/bench_peers.py [--data ../shared/data] [--seeds 0 1 2] [--trials 6] [--only mal2016|movielens]

Splits are konomi's own (`strong_split`). Peers get matrices of zeros and ones, planned titles left out, and run in
the environment of the `bench` group; each list of ten is measured by konomi's metrics. linear may read the ratings
and the catalog too; "as a peer" it reads neither.

Every model has the same number of trials, each trained once and measured for both targets on validation users of
the first seed. What was chosen there serves all seeds, for all models alike; validation users of the first seed may
be test users of another, so only the first seed's figures come from people without any say. linear also stands
there with its defaults, which were chosen on validation users of such data. By how much that default leads is told
for the first seed's test users, with 95% bootstrap intervals and the p of a paired test.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

import harness
import konomi
from konomi.data.dataset import Dataset
from konomi.evaluation.entrants import entrants_of
from konomi.evaluation.intervals import compare
from konomi.evaluation.metrics import hits_of, metric_of
from konomi.evaluation.protocol import measure
from konomi.evaluation.splits import Role, Split, Targets, strong_split

METRIC = "ndcg@10"
TARGETS: tuple[Targets, ...] = ("watched", "liked")
# From the cheapest to the dearest; their settings stand in peers/quality.py.
PEERS = (
    "irspack TopPop",
    "implicit cosine",
    "implicit BM25",
    "implicit ALS",
    "irspack RP3beta",
    "irspack iALS",
    "irspack EASE",
    "irspack EDLAE",
    "irspack SLIM",
)
# The default first, then steps to each side, in the two settings that the peers of its kind have.
LINEAR: tuple[dict[str, float], ...] = (
    {},
    {"regularization": 50.0},
    {"regularization": 12.0},
    {"dropout": 0.3},
    {"dropout": 0.7},
    {"regularization": 100.0},
)
AS_A_PEER = {"rating_weight": 0.0, "franchise_weight": 0.0}
DEFAULT = "konomi linear, default"
PER_PERSON = "per_person"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--trials", type=int, default=len(LINEAR), choices=range(1, len(LINEAR) + 1))
    parser.add_argument("--only", choices=["mal2016", "movielens"])
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"{asked.data} is not here: give the folder of the real data sets with --data")
    if asked.only != "movielens":
        folder = asked.data / "mal2016"
        dataset = konomi.ingest(folder / "rating.csv", items=folder / "anime.csv", keep_bots=True)
        race("mal2016", dataset.with_min_ratings(10, rated_items_only=True), asked.seeds, asked.trials)
    if asked.only != "mal2016":
        folder = asked.data / "movielens" / "ml-latest-small"
        dataset = konomi.ingest(folder / "ratings.csv", items=folder / "movies.csv")
        race("movielens", dataset, asked.seeds, asked.trials)


def race(name: str, dataset: Dataset, seeds: list[int], trials: int) -> None:
    """Run all models on one dataset, print its table and put it into benchmarks/results/peers.json."""
    load_before = os.getloadavg()[0]
    ratings = dataset.ratings
    rows: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="konomi-peers-") as scratch:
        folder = Path(scratch)
        tests = write_splits(dataset, seeds, folder)
        for peer in PEERS:
            try:
                ran = harness.measure_peer("quality.py", folder, peer, trials, *seeds)
            except RuntimeError as error:
                missing[peer] = str(error).strip().splitlines()[-1]
            else:
                if ran is None:
                    missing[peer] = "not installed"
                else:
                    with np.load(folder / f"{peer}.lists.npz") as lists:
                        rows.append({"model": peer, **peer_figures(lists, tests), **ran.value})
            if peer in missing:
                print(f"  {peer} is left out: {missing[peer]}", file=sys.stderr)
            else:
                print(f"  {peer}: {averaged(rows[-1])}", file=sys.stderr, flush=True)
    rows += linear_rows(dataset, tests, seeds, trials)
    rows = judged(rows)
    print(f"\n{name}: {ratings.n_users:,} users, {ratings.n_items:,} items, {ratings.n_rows:,} rows; ", end="")
    print(f"NDCG@10, {trials} trials of each, seeds {seeds}\n")
    print(table(rows, seeds))
    write(name, dataset, rows, missing, seeds, trials, load_before)


def write_splits(dataset: Dataset, seeds: list[int], folder: Path) -> dict[tuple[int, Targets], Split]:
    """The test splits of every seed and target; they and the first seed's validation are written for the peers."""
    tests = {}
    parts: list[tuple[str, Role, int]] = [("tuning", "validation", seeds[0]), *((str(s), "test", s) for s in seeds)]
    for part, role, seed in parts:
        for target in TARGETS:
            split = strong_split(dataset, targets=target, role=role, seed=seed)
            ones = np.ones(len(split.hidden_items), dtype=np.float32)
            hidden = sp.csr_array((ones, split.hidden_items, split.hidden_offsets), (len(split), split.n_items))
            sp.save_npz(folder / f"{part}.{target}.given.npz", split.given.matrix())
            sp.save_npz(folder / f"{part}.{target}.hidden.npz", hidden)
            training = split.training.ratings.histories().watched().matrix()
            sp.save_npz(folder / f"{part}.training.npz", training)
            if role == "test":
                tests[seed, target] = split
    return tests


def peer_figures(lists: Any, tests: dict[tuple[int, Targets], Split]) -> dict[str, Any]:
    found: dict[str, list[NDArray[np.float64]]] = {target: [] for target in TARGETS}
    for (seed, target), split in tests.items():
        found[target].append(list_quality(lists[f"{seed}.{target}"], split))
    return {PER_PERSON: found}


def list_quality(ranked: NDArray[np.int32], split: Split) -> NDArray[np.float64]:
    """Each person's NDCG@10 of lists that a peer made; a given title in one is an error of the benchmark's."""
    given = hits_of(ranked, split.given.offsets, ascending(split), split.n_items)
    if ranked.shape != (len(split), 10) or given.any():
        raise ValueError("a peer's lists are not ten unseen items for each test user")
    hits = hits_of(ranked, split.hidden_offsets, split.hidden_items, split.n_items)
    return metric_of(METRIC, hits, split.n_hidden())


def averaged(row: dict[str, Any]) -> dict[str, list[float]]:
    """The mean over people for each target and seed."""
    return {target: [float(one.mean()) for one in values] for target, values in row[PER_PERSON].items()}


def judged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with means in place of people's values, and by how much linear's default leads on the first seed."""
    default = next(row for row in rows if row["model"] == DEFAULT)[PER_PERSON]
    found = []
    for row in rows:
        leads = {target: asdict(compare(default[target][0], row[PER_PERSON][target][0])) for target in TARGETS}
        rest = {key: value for key, value in row.items() if key not in (PER_PERSON, "model")}
        found.append({"model": row["model"], METRIC: averaged(row), "default_leads_by": leads, **rest})
    return found


def ascending(split: Split) -> NDArray[np.int32]:
    """The given items, ascending within each person."""
    person = np.repeat(np.arange(len(split)), np.diff(split.given.offsets))
    return split.given.item_index[np.lexsort((split.given.item_index, person))]


def linear_rows(
    dataset: Dataset, tests: dict[tuple[int, Targets], Split], seeds: list[int], trials: int
) -> list[dict[str, Any]]:
    """linear with its defaults, and with the settings that the first seed's validation users prefer."""
    tried = []
    for settings in LINEAR[:trials]:
        splits = [strong_split(dataset, targets=target, role="validation", seed=seeds[0]) for target in TARGETS]
        means = [float(one.mean()) for one in linear_quality(settings, splits)]
        tried.append({"settings": settings, **dict(zip(TARGETS, means, strict=True))})
        print(f"  linear {tried[-1]}", file=sys.stderr, flush=True)
    best = {target: max(tried, key=lambda one: one[target])["settings"] for target in TARGETS}
    known: dict[tuple[str, int], list[NDArray[np.float64]]] = {}

    def quality(settings: dict[str, float], seed: int, target: Targets) -> NDArray[np.float64]:
        key = (json.dumps(settings), seed)
        if key not in known:
            known[key] = linear_quality(settings, [tests[seed, one] for one in TARGETS])
        return known[key][TARGETS.index(target)]

    rows = []
    for label, chosen in (
        (DEFAULT, {target: {} for target in TARGETS}),
        ("konomi linear, as a peer", dict.fromkeys(TARGETS, AS_A_PEER)),
        ("konomi linear", best),
    ):
        figures = {target: [quality(chosen[target], seed, target) for seed in seeds] for target in TARGETS}
        rows.append({"model": label, PER_PERSON: figures, "settings": chosen})
    rows[-1]["tried"] = tried
    return rows


def linear_quality(settings: dict[str, float], splits: list[Split]) -> list[NDArray[np.float64]]:
    """Each person's NDCG@10 on splits that leave the same users to train on; it is trained once."""
    (entrant,) = entrants_of([("linear", {"keep_update": False, **settings})])
    users = splits[0].training.ratings.users.ids
    model = entrant.kind.train(entrant.kind.prepare(splits[0].training, entrant.config), entrant.config)
    once = replace(entrant, kind=replace(entrant.kind, train=lambda *_, **__: model))
    found = []
    for split in splits:
        if not np.array_equal(split.training.ratings.users.ids, users):
            raise ValueError("the targets leave different users to train on")
        found.append(measure(once, split, metrics=(METRIC,)).per_person[METRIC])
    return found


def table(rows: list[dict[str, Any]], seeds: list[int]) -> str:
    """Markdown, best first by `watched`: the mean of the seeds, then each seed, then linear's lead on the first."""
    columns = [f"{target}{of}" for target in TARGETS for of in (", mean", *(f", seed {seed}" for seed in seeds))]
    columns += [f"{target}, linear's default leads by" for target in TARGETS]
    lines = ["| model | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for row in sorted(rows, key=lambda row: -np.mean(row[METRIC]["watched"])):
        values = [value for target in TARGETS for value in (np.mean(row[METRIC][target]), *row[METRIC][target])]
        leads = [
            "{mean:+.4f} ({low:+.4f} to {high:+.4f}, p {p_value:.4f})".format(**row["default_leads_by"][target])
            for target in TARGETS
        ]
        cells = [*(f"{value:.4f}" for value in values), *leads]
        lines.append(f"| {row['model']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(
    name: str,
    dataset: Dataset,
    rows: list[dict[str, Any]],
    missing: dict[str, str],
    seeds: list[int],
    trials: int,
    load_before: float,
) -> None:
    """Put one dataset's part into peers.json; another dataset's stays as it was."""
    path = harness.RESULTS / "peers.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"name": "peers", "datasets": {}}
    ratings = dataset.ratings
    packages = {row["package"]: row["version"] for row in rows if "package" in row}
    found["datasets"][name] = {
        "n_users": ratings.n_users,
        "n_items": ratings.n_items,
        "n_rows": ratings.n_rows,
        "data": dataset.digest(),
        "metric": METRIC,
        "seeds": seeds,
        "trials": trials,
        "tuned_on": f"validation users of seed {seeds[0]}",
        "command": " ".join(["python benchmarks/bench_peers.py", *sys.argv[1:]]),
        "commit": harness.commit(),
        "machine": harness.machine(),
        "load_before": load_before,
        "versions": harness.versions() | packages,
        "left_out": missing,
        "rows": rows,
    }
    harness.RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
