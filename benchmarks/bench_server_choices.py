"""What each part of the server's own machinery is worth: measured with it and without it, in one run.

python benchmarks/bench_server_choices.py [--rows N] [--users N] [--items N] [--runs N]

For each part two servers run at the same time, one with it and one without, and wrk asks them in turns, so that a
busy machine slows both. Compare `cpu_ms`, the processor time of the server for one request. Connections and bodies
are those of bench_crowd. Needs wrk.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from bench_crowd import CROWDS, crowd, uploads, visit
from bench_server import artifact, cpu_seconds, history, once, serving, slice_of
from harness import Measured, Report, Size, options
from konomi.data.dataset import Dataset

SIZE = Size(n_rows=400_000, n_users=3000, n_items=8000)
SECONDS = 4
N_ASKED_AGAIN = 200
WITHOUT = {
    "kept answers": "settings.MAX_KEPT_BYTES = 0",
    "cost classes": "settings.AT_ONCE_SECONDS = 0.0",
    "frozen garbage collection": "from konomi.server import model_holder; model_holder.freeze_gc = lambda: None",
    "connection budget": "settings.MANY_CONNECTIONS = 10**9",
    "body budget": "settings.MAX_BODIES_BYTES = settings.MAX_BODIES_BYTES_PER_ADDRESS = 10**12",
}
KONOMI = """
import sys
from konomi.server import settings
{}
from konomi.cli import main
main(sys.argv[1:])
"""


def main() -> None:
    asked = options(__doc__, runs=5, size=SIZE)
    report = Report("server_choices", asked.size)
    folder = artifact(asked.size)
    ids = Dataset.open(folder / "dataset").catalog.items.ids.tolist()
    rng = random.Random(0)
    again = [f"/api/items/{one}/similar?k=10" for one in rng.sample(ids, N_ASKED_AGAIN)]
    histories = [history(rng, ids) for _ in range(64)]
    compare_load(report, folder, "kept answers", "similar, asked again", again, asked.runs)
    short = [short_history(rng, ids) for _ in range(64)]
    titles = Dataset.open(folder / "dataset").catalog.columns().titles
    searches = [f"/api/items?q={one[: rng.randint(2, 8)].replace(' ', '%20')}" for one in rng.sample(titles, 500)]
    for work, questions in (
        ("search as you type", searches),
        ("recommendations: 20 titles", short),
        ("recommendations: 200 titles, why", histories),
    ):
        compare_load(report, folder, "cost classes", work, questions, asked.runs)
    compare_searches(report, folder, searches, [together(rng, ids) for _ in range(16)], asked.runs)
    compare_load(
        report, folder, "frozen garbage collection", "recommendations: 200 titles, why", histories, asked.runs
    )
    add_collections(report, folder, asked.runs)
    for part in ("connection budget", "body budget"):
        for is_without in (False, True):
            with serving(folder, konomi(folder, part if is_without else None)) as (address, pid):
                port = int(address.rpartition(":")[2])
                measure = add_crowd if part == "connection budget" else add_uploads
                measure(report, label(part, is_without), port, pid)
    report.write()


def short_history(rng: random.Random, ids: Sequence[int]) -> bytes:
    """The body of a question with 20 titles."""
    rows = [{"item_id": one, "rating": 8} for one in rng.sample(ids, 20)]
    return json.dumps({"history": rows, "k": 20}).encode()


def together(rng: random.Random, ids: Sequence[int]) -> bytes:
    """The body of a long question: eight lists of 200 titles."""
    people = [{"history": json.loads(history(rng, ids))["history"]} for _ in range(8)]
    return json.dumps({"people": people, "k": 20, "why": True}).encode()


def konomi(folder: Path, without: str | None) -> list[str]:
    """The command of a server, without one of its parts."""
    program = KONOMI.format(WITHOUT[without] if without else "")
    return [sys.executable, "-c", program, "serve", str(folder), "--port", "0"]


def label(part: str, is_without: bool) -> str:
    return f"{part}: {'without' if is_without else 'with'}"


def compare_load(
    report: Report, folder: Path, part: str, work: str, asked: Sequence[str | bytes], runs: int
) -> None:
    """Two lines of the report: the same load with and without a part, in turns."""
    with serving(folder, konomi(folder, None)) as one, serving(folder, konomi(folder, part)) as other:
        loads: list[list[dict[str, float]]] = [[], []]
        for _ in range(runs + 1):
            for found, (address, pid) in zip(loads, (one, other), strict=True):
                before = cpu_seconds(pid)
                load = slice_of(address, asked, 16, SECONDS, first=0)
                cpu = (cpu_seconds(pid) - before) / max(load.n_requests, 1)
                found.append({"cpu_ms": 1000 * cpu, "per_second": load.per_second, "p99_ms": load.p99_ms})
    for is_without, found in zip((False, True), loads, strict=True):
        figures = {name: statistics.median(one[name] for one in found[1:]) for name in found[0]}
        figures["load_average"] = os.getloadavg()[0]
        report.add(f"{label(part, is_without)} ({work})", once(figures["cpu_ms"] / 1000), **figures)
        print(f"    {figures}", file=sys.stderr, flush=True)


def compare_searches(
    report: Report, folder: Path, searches: Sequence[str], long: Sequence[bytes], runs: int
) -> None:
    """Two lines of the report: one client searches while eight others ask long questions, in turns."""
    part = "cost classes"
    with serving(folder, konomi(folder, None)) as one, serving(folder, konomi(folder, part)) as other:
        seconds: list[list[float]] = [[], []]
        for _ in range(runs + 1):
            for found, (address, _) in zip(seconds, (one, other), strict=True):
                others = threading.Thread(target=slice_of, args=(address, long, 8, SECONDS), kwargs={"first": 0})
                others.start()
                time.sleep(0.5)
                with httpx.Client(base_url=address, headers={"Host": "localhost"}, timeout=30) as client:
                    for search in searches[:40]:
                        if not others.is_alive():
                            break
                        start = time.perf_counter()
                        client.get(search)
                        found.append(time.perf_counter() - start)
                others.join()
    for is_without, found in zip((False, True), seconds, strict=True):
        figures = {"median_ms": 1000 * statistics.median(found), "slowest_ms": 1000 * max(found), "n": len(found)}
        report.add(
            f"{label(part, is_without)} (a search among long questions)",
            once(figures["median_ms"] / 1000),
            **figures,
        )
        print(f"    {figures}", file=sys.stderr, flush=True)


def add_collections(report: Report, folder: Path, runs: int) -> None:
    """Two lines of the report: a full garbage collection, which stops all requests, in a process that serves."""
    code = (
        "import gc, sys, time; from pathlib import Path\n"
        "import konomi.server.app; from konomi.server.model_holder import ModelHolder, freeze_gc\n"
        "holder = ModelHolder(Path(sys.argv[1])); holder.current.warm_up(); gc.collect()\n"
        "freeze_gc() if sys.argv[2] == 'with' else None\n"
        "start = time.perf_counter(); gc.collect(); print(time.perf_counter() - start)"
    )
    for which in ("with", "without"):
        command = [sys.executable, "-c", code, str(folder), which]
        ran = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(runs)]
        seconds = tuple(float(one.stdout) for one in ran)
        report.add(
            f"frozen garbage collection: {which} (a full collection)",
            Measured(seconds=seconds, cpu_seconds=seconds),
        )


def add_crowd(report: Report, work: str, port: int, _: int) -> None:
    """A line of the report: a visit while 530 connections of one address are silent."""
    with crowd(port, CROWDS["silent"], 1):
        time.sleep(1.5)
        visits = [visit(port) for _ in range(5)]
    report.add(
        f"{work} (a visit among 530 silent connections)", once(statistics.median(visits)), slowest=max(visits)
    )


def add_uploads(report: Report, work: str, port: int, pid: int) -> None:
    """A line of the report: memory while 40 uploads of 15 MiB of 40 addresses are held, and after them."""
    before, most, after = uploads(port, pid, 40)
    figures = {"most_mb": (most - before) / 1e6, "after_mb": (after - before) / 1e6}
    report.add(f"{work} (40 uploads of 15 MiB)", once(0.0), **figures)
    print(f"    {figures}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
