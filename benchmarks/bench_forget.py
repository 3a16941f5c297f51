"""What forgetting a user exactly costs: `konomi forget` and `konomi update --forget` next to training again.

python benchmarks/bench_forget.py [--data ../shared/data] [--rows N] [--users N] [--items N] [--runs N]

The runs alternate, so that a busy machine harms them alike. The users who leave are taken evenly from all, and
each run starts from the same folders. First the ratings of mal2016 (left out with --data none), then a stand-in of
--rows rows. `forget` changes the model and the dataset, `update` the model alone. With `keep_update=false` the
model keeps no counts, and an update counts all rows again: the difference is what keeping them saves.
"""

import argparse
import shutil
import statistics
from pathlib import Path

import numpy as np

import konomi
from harness import Measured, Report, Size, konomi_command, measure_process, merged, remove, scratch, stored
from konomi.data.dataset import Dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--users", type=int, default=9_000)
    parser.add_argument("--items", type=int, default=8_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    size = Size(asked.rows, asked.users, asked.items)
    report = Report("forget", size)
    if asked.data != "none":
        folder = scratch() / "bench-forget.mal2016"
        files = Path(asked.data) / "mal2016"
        konomi.ingest(files / "rating.csv", items=files / "anime.csv", out=folder)
        race(report, folder, "mal2016", asked.runs)
        remove(folder)
    race(report, stored(size), f"{size.n_rows:,} rows", asked.runs)
    report.write()


def race(report: Report, data: Path, name: str, runs: int) -> None:
    """All ways on one dataset, in turns."""
    kept, bare = scratch() / "bench-forget.kept", scratch() / "bench-forget.bare"
    model, copy = scratch() / "bench-forget.model", scratch() / "bench-forget.data"
    for out, more in ((kept, ()), (bare, ("--set", "keep_update=false"))):
        remove(out)
        measure_process(konomi_command("train", data, "-o", out, "--model", "linear", *more))
    users = Dataset.open(data).ratings.users.ids
    leaving = users[np.linspace(0, len(users) - 1, runs).astype(int)].tolist()
    found: dict[str, list[Measured]] = {}

    def timed(work: str, start: Path, *words: str | Path) -> None:
        for old, new in ((start, model), (data, copy)):
            remove(new)
            shutil.copytree(old, new)
        found.setdefault(work, []).append(measure_process(konomi_command(*words)))

    for number, user in enumerate(leaving):
        timed("train again", kept, "train", copy, "-o", model, "--model", "linear")
        timed("update --forget", kept, "update", model, "--forget", str(user))
        timed("update --forget, no counts kept", bare, "update", model, "--forget", str(user))
        timed("forget, model and dataset", kept, "forget", str(user), model, copy)
        print(f"  {name}: run {number + 1} of {runs}", flush=True)
    base = found["train again"]
    for work, each in found.items():
        ratio = statistics.median(one.median / other.median for one, other in zip(each, base, strict=True))
        cpu = statistics.median(one.cpu / other.cpu for one, other in zip(each, base, strict=True))
        figures = {} if each is base else {"of_training": ratio, "of_its_cpu": cpu}
        report.add(f"{work}, {name}", merged(each), **figures)
    for one in (kept, bare, model, copy):
        remove(one)


if __name__ == "__main__":
    main()
