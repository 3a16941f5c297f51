"""konomi's supervisor of worker processes and Granian's own, in turns: do visits fail while they replace something?

python benchmarks/bench_server_supervisor.py [--rows N] [--users N] [--items N] [--runs N]

Both run konomi's application with two workers. Each run starts both servers once, and makes visits to /healthz for
15 s after a SIGHUP and for 15 s after a SIGKILL of one worker, each over a connection of its own.
"""

import os
import signal
import socket
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx

from bench_crowd import VISIT
from bench_server import artifact, once, serving
from bench_server_choices import SIZE
from harness import Report, konomi_command, options

SECONDS = 15
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
    asked = options(__doc__, runs=3, size=SIZE)
    report = Report("server_supervisor", asked.size)
    folder = artifact(asked.size)
    program = folder.parent / "granian_own.py"
    program.write_text(GRANIAN)
    os.environ |= {
        "KONOMI_BENCH_MODEL": str(folder),
        "PYTHONPATH": os.pathsep.join([str(folder.parent), *sys.path]),
    }
    for number in range(1, asked.runs + 1):
        port = free_port()
        add(report, f"run {number}, konomi", port, konomi_command("serve", folder, "--workers", 2, "--port", port))
        port = free_port()
        add(
            report,
            f"run {number}, Granian",
            port,
            [sys.executable, str(program), str(port)],
        )
    report.write()


def add(report: Report, name: str, port: int, command: list[str]) -> None:
    """Two lines of the report: visits after a SIGHUP of the first process, and after a SIGKILL of a worker."""
    with serving(Path(), command) as (_, pid):
        wait_for_start(port)
        add_visits(report, f"{name}: SIGHUP", port, pid, partial(os.kill, pid, signal.SIGHUP))
        add_visits(report, f"{name}: SIGKILL", port, pid, partial(os.kill, children(pid)[-1], signal.SIGKILL))


def add_visits(report: Report, work: str, port: int, pid: int, act: Callable[[], None]) -> None:
    """A line of the report: the visits after this act."""
    for _ in range(50):
        visit_or_fail(port)
    memory = proportional_bytes(pid)
    workers = set(children(pid))
    act()
    start, took, n_failed = time.perf_counter(), [], 0
    while time.perf_counter() - start < SECONDS:
        seconds = visit_or_fail(port)
        n_failed += seconds is None
        took.append(seconds or 0.0)
    figures = {
        "visits": len(took),
        "failed": n_failed,
        "slowest_ms": 1000 * max(took),
        "new_workers": len(set(children(pid)) - workers),
        "memory_mb": memory / 1e6,
        "load_average": os.getloadavg()[0],
    }
    report.add(work, once(statistics.median(took)), **figures)
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
