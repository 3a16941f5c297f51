"""How long recommending to somebody new takes, in this process: the default model at the dump's number of items.

python benchmarks/bench_recommend.py [--rows N] [--users N] [--items N] [--runs N]

Ten titles for a history of 20 or 200 titles, a mapping of ids to ratings, with and without reasons. Histories are
parts of training users' own, so well-known titles are in most of them, as in life. A run is 1,000 calls, each for
another history than the last; the time is the median of the runs' medians, p99_ms that of all calls.
"""

import time

import numpy as np

import konomi
from harness import Measured, Report, Size, options, trained
from konomi.answers.recommender import Recommender

N_CALLS = 1_000
N_HISTORIES = 250
SMALL = Size(n_rows=1_000_000, n_users=2865, n_items=17_562)


def main() -> None:
    asked = options(__doc__, runs=5, size=SMALL)
    report = Report("recommend", asked.size)
    recommender = konomi.load(trained(asked.size, "linear"))
    for n_titles in (20, 200):
        people = histories(recommender, n_titles)
        for explain in (False, True):
            runs, calls = timed(recommender, people, explain=explain, runs=asked.runs)
            work = f"recommend 10, {n_titles} titles{', why' if explain else ''}"
            report.add(work, runs, target="1 ms", remark=f"{asked.runs} x {N_CALLS:,} calls", p99_ms=calls * 1e3)
    report.write()


def histories(recommender: Recommender, n_titles: int) -> list[dict[int, float | None]]:
    """Item id -> rating (None = not rated): so many titles each of users who have as many, drawn at random."""
    ratings = recommender.ratings
    rng = np.random.default_rng(n_titles)
    users = rng.permutation(np.flatnonzero(ratings.lengths() >= n_titles))[:N_HISTORIES]
    found = []
    for user in users.tolist():
        own = ratings.history(user)
        rows = rng.choice(len(own.item_index), n_titles, replace=False)
        ids = ratings.items.ids[own.item_index[rows]].tolist()
        scores = [None if np.isnan(one) else float(one) for one in own.rating[rows]]
        found.append(dict(zip(ids, scores, strict=True)))
    return found


def timed(
    recommender: Recommender, people: list[dict[int, float | None]], *, explain: bool, runs: int
) -> tuple[Measured, float]:
    """The median call of each run, and the time in seconds that 99 of 100 calls stay under."""
    for history in people[:100]:
        recommender.recommend(history=history, k=10, explain=explain)
    seconds = np.empty((runs, N_CALLS))
    cpu = []
    for run in range(runs):
        cpu_start = time.process_time()
        for call in range(N_CALLS):
            history = people[(run * N_CALLS + call) % len(people)]
            start = time.perf_counter()
            recommender.recommend(history=history, k=10, explain=explain)
            seconds[run, call] = time.perf_counter() - start
        cpu.append((time.process_time() - cpu_start) / N_CALLS)
    medians = tuple(np.median(seconds, axis=1).tolist())
    return Measured(seconds=medians, cpu_seconds=tuple(cpu)), float(np.percentile(seconds, 99))


if __name__ == "__main__":
    main()
