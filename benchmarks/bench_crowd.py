"""How long a new visitor waits while others hold more connections than the server has, and what their bodies cost.

python benchmarks/bench_crowd.py [--runs N]

On the demo's model, over loopback only. A crowd of 530 connections is kept up: each one that the server closes is
opened again at once, by one Python thread. Its addresses are those of the loopback network, one or 250. A run is
20 visits to /healthz, each over a connection of its own. Uploads are 40 bodies of 15 MiB, less their last byte.
"""

import os
import re
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from konomi.dataset import Dataset

from bench_page import demo_model
from bench_server import serving
from harness import Measured, Report, Size, options

N_CONNECTIONS = 530
N_VISITS = 20
N_UPLOADS = 40
UPLOAD_BYTES = 15 * 2**20
VISIT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BODY = b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/%b\r\nContent-Length: %d\r\n\r\n"
CROWDS = {
    "silent": b"",
    "in the middle of the headers": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A",
    "idle after an answer": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "in the middle of a body": BODY % (b"/api/recommendations", b"json", 1000) + b"{",
}


def main() -> None:
    asked = options(__doc__, runs=3)
    with tempfile.TemporaryDirectory() as folder:
        model = demo_model(Path(folder))
        ratings = Dataset.open(model / "dataset").ratings
        report = Report("crowd", Size(ratings.n_rows, ratings.n_users, ratings.n_items))
        with serving(model) as (address, pid):
            port = int(address.rpartition(":")[2])
            add(report, "a visit, no crowd", port, asked.runs)
            for n_addresses in (1, 250):
                for name, sent in CROWDS.items():
                    with crowd(port, sent, n_addresses):
                        time.sleep(1.5)
                        add(report, f"a visit, {N_CONNECTIONS} of {n_addresses} addresses {name}", port, asked.runs)
                    time.sleep(1)
            for n_addresses in (1, N_UPLOADS):
                before, most, after = uploads(port, pid, n_addresses)
                report.add(
                    f"{N_UPLOADS} uploads of 15 MiB of {n_addresses} addresses",
                    Measured(seconds=(0.0,), cpu_seconds=(0.0,)),
                    before_mb=before / 1e6, most_mb=most / 1e6, after_mb=after / 1e6,
                )  # fmt: skip
        report.write()


def add(report: Report, work: str, port: int, runs: int) -> None:
    """A line of the report: the median visit of each run; the slowest of all as a figure."""
    found = [[visit(port) for _ in range(N_VISITS)] for _ in range(runs)]
    medians = tuple(statistics.median(one) for one in found)
    slowest = max(max(one) for one in found)
    load = os.getloadavg()[0]
    report.add(work, Measured(seconds=medians, cpu_seconds=(0.0,)), slowest=slowest, load_average=load)


def visit(port: int) -> float:
    """Seconds until a new client has its answer."""
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(VISIT)
        if not client.recv(4096).startswith(b"HTTP/1.1 200"):
            raise RuntimeError("the server did not answer a visit")
    took = time.perf_counter() - start
    time.sleep(0.1)
    return took


def connect(port: int, number: int, n_addresses: int) -> socket.socket:
    """A connection from one of `n_addresses` addresses of the loopback network."""
    return socket.create_connection(("127.0.0.1", port), 5, (f"127.0.1.{1 + number % n_addresses}", 0))


@contextmanager
def crowd(port: int, sent: bytes, n_addresses: int) -> Iterator[None]:
    """Keep the connections up until the end of the block."""
    over = threading.Event()

    def keep_up() -> None:
        held: list[socket.socket] = []
        while not over.is_set():
            with suppress(OSError):
                while len(held) < N_CONNECTIONS and not over.is_set():
                    held.append(connect(port, len(held), n_addresses))
                    held[-1].sendall(sent)
                    held[-1].setblocking(False)
            held = [one for one in held if is_open(one)]
            time.sleep(0.02)
        for one in held:
            one.close()

    thread = threading.Thread(target=keep_up)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_open(client: socket.socket) -> bool:
    """Whether the server still has this connection; one that it closed is closed here too."""
    try:
        if client.recv(65536):
            return True
    except BlockingIOError:
        return True
    except OSError:
        pass
    client.close()
    return False


def uploads(port: int, pid: int, n_addresses: int) -> tuple[int, int, int]:
    """The server's memory before the uploads, the most while they are held, and 12 s after they are gone."""
    before = most = resident(pid)
    chunk = bytes(2**16)
    with ExitStack() as held:
        clients = [held.enter_context(connect(port, n, n_addresses)) for n in range(N_UPLOADS)]
        for client in clients:
            client.sendall(BODY % (b"/api/lists", b"octet-stream", UPLOAD_BYTES + 1))
        for n_sent in range(0, UPLOAD_BYTES, len(chunk)):
            for client in list(clients):
                try:
                    client.sendall(chunk)
                except OSError:  # refused
                    clients.remove(client)
            if n_sent % 2**20 == 0:
                most = max(most, resident(pid))
    time.sleep(12)
    return before, most, resident(pid)


def resident(pid: int) -> int:
    """What a process holds in memory."""
    return 1024 * int(re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[0])


if __name__ == "__main__":
    main()
