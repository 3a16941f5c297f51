"""Recommendations for all users, ten each, with the linear model; beside it implicit's batch recommend.

python benchmarks/bench_batch.py [--rows N] [--users N] [--items N] [--runs N]

implicit: ALS of 128 factors, one iteration (its recommendations cost the same however well it fits), then
`recommend` in blocks of 1,000 users.
"""

import sys

from harness import Report, measure_peer, measure_process, options, scratch, stored, trained

RUN = """
import json, sys, time
from pathlib import Path
import konomi
from konomi.answers.batch import recommend_all
start, cpu = time.perf_counter(), time.process_time()
n_rows = recommend_all(konomi.load(sys.argv[1]), Path(sys.argv[2]))
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "rows": n_rows}))
"""


def main() -> None:
    asked = options(__doc__, runs=3)
    report = Report("batch", asked.size)
    data, model, out = stored(asked.size), trained(asked.size, "linear"), scratch() / "bench-batch.parquet"
    name = f"konomi, linear, {asked.size.n_users:,} users"
    found = measure_process([sys.executable, "-c", RUN, model, out], runs=asked.runs)
    report.add(name, found, target="180 s", rows=found.value["rows"])
    out.unlink()
    peer = measure_peer("implicit_als.py", data, 1, asked.size.n_users, runs=asked.runs)
    if peer is not None:
        report.versions["implicit"] = peer.value["implicit"]
        theirs = f"implicit ALS-128, {asked.size.n_users:,} users"
        report.add(theirs, peer.timed_by("recommend_seconds"), remark="last of the runs")
        report.compare(theirs, name)
    report.write()


if __name__ == "__main__":
    main()
