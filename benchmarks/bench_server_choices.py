"""What each part of the server's own machinery is worth: measured with it and without it, in one run.

python benchmarks/bench_server_choices.py [--rows N] [--users N] [--items N] [--runs N]

For each part two servers run at the same time, one with it and one without, and wrk asks them in turns, so that a
busy machine slows both. Compare `cpu_ms`, the processor time of the server for one request. Connections and bodies
are those of bench_crowd. The last lines compare konomi's supervisor with Granian's own, both with two workers.
Needs wrk.
"""

import json
import os
import random
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from bench_crowd import CROWDS, VISIT, crowd, uploads, visit
from bench_server import artifact, cpu_seconds, history, once, serving, slice_of
from harness import Report, Size, options
from konomi.data.dataset import Dataset

SIZE = Size(n_rows=400_000, n_users=3000, n_items=8000)
SECONDS = 4
N_ASKED_AGAIN = 200
WITHOUT = {
    "kept answers": "settings.MAX_KEPT_BYTES = 0",
    "work classes": "settings.AT_ONCE_SECONDS = 0.0",
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
# konomi's application under Granian's own supervisor.
GRANIAN = """
import os, sys
from pathlib import Path

def application():
    from konomi.server import app, model_holder, settings
    folder = Path(os.environ["KONOMI_BENCH_MODEL"])
    holder = model_holder.ModelHolder(folder)
    model_holder.freeze_gc()
    return app.create_app(settings.ServerSettings(model=folder), holder)

if __name__ == "__main__":
    from granian import Granian
    os.environ["NUMBA_NUM_THREADS"] = "1"
    print(f"http://127.0.0.1:{sys.argv[1]}/ ", flush=True)
    Granian("granian_own:application", factory=True, interface="asgi", port=int(sys.argv[1]), workers=2,
            respawn_failed_workers=True, log_enabled=False, websockets=False).serve()
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
        compare_load(report, folder, "work classes", work, questions, asked.runs)
    compare_load(
        report, folder, "frozen garbage collection", "recommendations: 200 titles, why", histories, asked.runs
    )
    for part in ("connection budget", "body budget"):
        for is_without in (False, True):
            with serving(folder, konomi(folder, part if is_without else None)) as (address, pid):
                port = int(address.rpartition(":")[2])
                measure = add_crowd if part == "connection budget" else add_uploads
                measure(report, label(part, is_without), port, pid)
    port = free_port()
    (folder.parent / "granian_own.py").write_text(GRANIAN)
    os.environ |= {
        "KONOMI_BENCH_MODEL": str(folder),
        "PYTHONPATH": os.pathsep.join([str(folder.parent), *sys.path]),
    }
    own = [sys.executable, str(folder.parent / "granian_own.py"), str(port)]
    ours = [*konomi(folder, None)[:-2], "--workers", "2", "--port", str(free_port())]
    for name, command in (("konomi's supervisor", ours), ("Granian's own supervisor", own)):
        with serving(folder, command) as (address, pid):
            add_swap(report, name, int(address.rpartition(":")[2]), pid)
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
    part = "work classes"
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


def add_swap(report: Report, name: str, port: int, pid: int) -> None:
    """Three lines of the report: memory of all processes; visits after a SIGHUP and after a SIGKILL."""
    wait_for_start(port)
    for _ in range(50):
        visit_or_fail(port)
    report.add(f"{name}: two workers started", once(0.0), memory_mb=proportional_bytes(pid) / 1e6)
    for what, act in (
        ("SIGHUP takes up a new model", lambda: os.kill(pid, signal.SIGHUP)),
        ("SIGKILL of a worker", lambda: os.kill(children(pid)[-1], signal.SIGKILL)),
    ):
        workers = set(children(pid))
        act()
        start, took, n_failed = time.perf_counter(), [], 0
        while time.perf_counter() - start < 15:
            seconds = visit_or_fail(port)
            n_failed += seconds is None
            took.append(seconds or 0.0)
        same = workers == set(children(pid))
        figures = {"visits": len(took), "failed": n_failed, "slowest": max(took), "same_workers": float(same)}
        report.add(f"{name}: {what}", once(statistics.median(took)), **figures)
        print(f"    {figures}", file=sys.stderr, flush=True)


def visit_or_fail(port: int) -> float | None:
    """Seconds until a new client has its answer; None if it gets none."""
    start = time.perf_counter()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(VISIT)
            ended = client.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        ended = False
    time.sleep(0.01)
    return time.perf_counter() - start - 0.01 if ended else None


def wait_for_start(port: int) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    time.sleep(5)  # the other worker


def children(pid: int) -> list[int]:
    """The worker processes of a supervisor."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found if b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes()]


def proportional_bytes(pid: int) -> int:
    """Memory of a process and its children; a page that several share counts by its share."""
    total = 0
    for one in (pid, *children(pid)):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


if __name__ == "__main__":
    main()
