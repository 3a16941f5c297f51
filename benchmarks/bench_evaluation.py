"""Ranking all items for 10,000 test users with the linear model, five metrics; beside it implicit's own.

python benchmarks/bench_evaluation.py [--rows N] [--users N] [--items N] [--runs N]

konomi's figure is splitting, scoring, ranking, metrics and intervals, without training; its start is left out, as
implicit's is. Both hide a fifth of each test user's titles.
"""

import sys

from harness import Report, measure_peer, measure_process, options, stored

TEST_USERS = 10_000
RUN = """
import json, sys, time
import konomi
dataset = konomi.Dataset.open(sys.argv[1])
start, cpu = time.perf_counter(), time.process_time()
found = konomi.evaluate(dataset, models=["linear"], max_people=int(sys.argv[2]))
result = found.results[0]
print(json.dumps({
    "seconds": time.perf_counter() - start - result.train_seconds,
    "rank_seconds": result.rank_seconds,
    "cpu_seconds": 0.0,
    "users": found.about["n_test_users"],
    **{name: interval.mean for name, interval in result.intervals.items()},
}))
"""


def main() -> None:
    asked = options(__doc__, runs=1)
    report = Report("evaluation", asked.size)
    data = stored(asked.size)
    found = measure_process([sys.executable, "-c", RUN, data, str(TEST_USERS)], runs=asked.runs)
    value = dict(found.value)
    n_users = value.pop("users")
    quality = {name: one for name, one in value.items() if not name.endswith("seconds")}
    ours = f"konomi, linear, {n_users:,} test users"
    report.add(ours, found, target="30 s", rank_seconds=value["rank_seconds"], **quality)
    peer = measure_peer("implicit_evaluation.py", data, n_users, runs=asked.runs)
    if peer is not None:
        report.versions["implicit"] = peer.value["implicit"]
        theirs = f"implicit's evaluator, ALS-128, {peer.value['users']:,} users"
        report.add(theirs, peer)
        report.compare(theirs, ours)
    report.write()


if __name__ == "__main__":
    main()
