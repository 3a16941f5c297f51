"""`konomi serve` over loopback, wrk as the client, on an artifact of the reference dump's number of items.

python benchmarks/bench_server.py [--rows N] [--users N] [--items N] [--runs N]

The model is the default one, of a stand-in with fewer users than the dump has: only `similar users` reads all of
them. Client and server share the cores; `server_cpu_ms` is what a request costs the server on a busy machine too.
`similar` is asked about items at random. Its answers are kept, so it is measured cold (each item once) and warm.
Needs wrk (Debian: `apt install wrk`).
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import polars as pl

from harness import Measured, Report, Size, konomi_command, options, scratch, trained
from konomi.artifact import Artifact
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset

SECONDS = 6
CONNECTIONS = 16
N_MIXED = 200_000
N_TITLES_OF_A_LIST = 2000
SMALL = Size(n_rows=1_000_000, n_users=2865, n_items=17_562)


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests a second, and the times that half and 99 of 100 requests took."""

    n_requests: int
    per_second: float
    median_ms: float
    p99_ms: float
    n_failed: int


def main() -> None:
    asked = options(__doc__, runs=3, size=SMALL)
    if shutil.which("wrk") is None:
        sys.exit("bench_server needs wrk as its client: apt install wrk")
    report = Report("server", asked.size)
    folder = artifact(asked.size)
    dataset = Dataset.open(folder / "dataset")
    ids = dataset.catalog.items.ids.tolist()
    titles = dataset.catalog.columns().titles
    rng = random.Random(0)

    report.add("start, imports apart", start_seconds(folder, asked.runs), target="1 s")
    with serving(folder) as (address, pid):
        every = [f"/api/items/{one}/similar?k=10" for one in ids]
        histories = [history(rng, ids) for _ in range(64)]
        typed = [title[: rng.randint(1, 12)] for title in rng.sample(titles, 500)]
        searches = [
            f"/api/items?q={httpx.QueryParams({'q': one})['q']!s}&limit=8" for one in typed if one.isascii()
        ]
        searches = [one.replace(" ", "%20").replace("#", "%23").replace("'", "%27") for one in searches]

        cold = ask(address, every, requests=len(every))
        add(report, "similar, each item for the first time", cold)
        for _ in range(asked.runs):
            loaded(report, pid, "similar, items at random", address, every, target="5,000 a second")
            loaded(
                report, pid, "recommendations: 200 titles, why", address, histories,
                target="300 a second, p99 50 ms",
            )  # fmt: skip
            loaded(report, pid, "search as you type", address, searches, connections=4, target="p99 15 ms")
        report.add(f"a list of {N_TITLES_OF_A_LIST} titles", list_seconds(address, ids, titles), target="0.3 s")

        mixed = rng.sample(every, 4000) + 20 * histories + 4 * searches + ["/api/model", "/", "/metrics"] * 50
        ask(address, mixed, requests=len(mixed))
        before = private_bytes(pid)
        many = ask(address, mixed, requests=N_MIXED)
        grown = private_bytes(pid) / before - 1
        memory = {"growth_percent": 100 * grown, "memory_mb": before / 1e6, "failed": many.n_failed}
        took = once(many.n_requests / many.per_second)
        report.add(f"{many.n_requests:,} mixed requests", took, target="memory grows under 5%", **memory)
    report.write()


def artifact(size: Size) -> Path:
    """A linear model of the stand-in, its titles replaced by ones that can be searched for; made if not there."""
    folder = scratch() / f"{size.n_rows}-{size.n_users}-{size.n_items}.served"
    if folder.exists():
        return folder
    source = Artifact.open(trained(size, "linear"))
    ratings = source.dataset.ratings
    rng = np.random.default_rng(0)
    synopsis = "A story of some length that says what happens, and to whom. " * 5
    frame = source.dataset.catalog.frame.with_columns(
        pl.Series("title", invented(ratings.n_items, rng)),
        pl.Series("title_english", invented(ratings.n_items, rng)),
        pl.Series("synopsis", [synopsis] * ratings.n_items),
    )
    Artifact.of(source.model, Dataset(ratings, Catalog(ratings.items, frame))).save(folder)
    return folder


def invented(n: int, rng: np.random.Generator) -> list[str]:
    """n titles of one to six words, some words far more common than others, as in real ones."""
    consonants, vowels = ["", *"kstnhmrwgzdb"], list("aiueo")
    syllables = [one + other for one in consonants for other in vowels]
    words = ["".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(9000)]
    rank = np.minimum(rng.zipf(1.3, (n, 6)), len(words)) - 1
    return [
        " ".join(words[one] for one in row[:length]).title()
        for row, length in zip(rank, rng.integers(1, 7, n), strict=True)
    ]


def history(rng: random.Random, ids: Sequence[int]) -> bytes:
    """The body of a question with 200 titles."""
    rows = [{"item_id": one, "rating": rng.choice([None, 6, 7, 8, 9, 10])} for one in rng.sample(ids, 200)]
    return json.dumps({"history": rows, "k": 20, "why": True}).encode()


@contextmanager
def serving(folder: Path, command: Sequence[str] | None = None) -> Iterator[tuple[str, int]]:
    """A `konomi serve` of this artifact, or another command that serves it: its address and process number."""
    with subprocess.Popen(
        command or konomi_command("serve", folder, "--port", 0), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+?(?=/ )", server.stdout.readline())
        if found is None:
            raise RuntimeError("konomi serve did not start")
        time.sleep(3)  # its warm-up
        try:
            yield found[0], server.pid
        finally:
            server.send_signal(signal.SIGTERM)


def start_seconds(folder: Path, runs: int) -> Measured:
    """From an imported program to an artifact that is ready to answer, each time in a new process."""
    code = (
        "import json, sys, time; from pathlib import Path\n"
        "import konomi.server.app; from konomi.server.model_holder import ModelHolder\n"
        "import konomi, konomi.models.linear.model\n"
        "start = time.perf_counter(); ModelHolder(Path(sys.argv[1])); print(time.perf_counter() - start)"
    )
    seconds = []
    for _ in range(runs):
        ran = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
        seconds.append(float(ran.stdout))
    return Measured(seconds=tuple(seconds), cpu_seconds=tuple(0.0 for _ in seconds))


def list_seconds(address: str, ids: Sequence[int], titles: Sequence[str], runs: int = 10) -> Measured:
    """What a MyAnimeList export of 2,000 titles takes, sent, matched and answered."""
    rows = "".join(
        f"<anime><series_animedb_id>{item_id}</series_animedb_id><series_title><![CDATA[{title}]]></series_title>"
        "<my_score>8</my_score><my_status>Completed</my_status></anime>"
        for item_id, title in list(zip(ids, titles, strict=True))[:N_TITLES_OF_A_LIST]
    )
    content = f"<?xml version='1.0'?><myanimelist><myinfo/>{rows}</myanimelist>".encode()
    seconds = []
    headers = {"Content-Type": "application/octet-stream"}
    with httpx.Client(base_url=address, timeout=60, headers=headers) as client:
        for _ in range(runs + 1):
            start = time.perf_counter()
            answer = client.post("/api/lists?name=list.xml", content=content)
            seconds.append(time.perf_counter() - start)
            assert answer.json()["n_matched"] == N_TITLES_OF_A_LIST, answer.text[:300]
    return Measured(seconds=tuple(seconds[1:]), cpu_seconds=tuple(0.0 for _ in seconds[1:]))


def loaded(
    report: Report,
    pid: int,
    work: str,
    address: str,
    asked: Sequence[str | bytes],
    *,
    target: str,
    connections: int = CONNECTIONS,
) -> None:
    """A line of the report for a load of some seconds."""
    before = cpu_seconds(pid)
    load = ask(address, asked, connections=connections)
    add(report, work, load, cpu=cpu_seconds(pid) - before, target=target)


def add(report: Report, work: str, load: Load, *, cpu: float = 0.0, target: str = "") -> None:
    """A line of the report: its seconds are those of one request at this load."""
    figures = {
        "per_second": load.per_second,
        "median_ms": load.median_ms,
        "p99_ms": load.p99_ms,
        "failed": load.n_failed,
        "server_cpu_ms": 1000 * cpu / max(load.n_requests, 1),
        "load_average": os.getloadavg()[0],
    }
    report.add(work, once(1 / load.per_second), target=target, **figures)
    print(f"    {figures}", file=sys.stderr, flush=True)


def once(seconds: float) -> Measured:
    return Measured(seconds=(seconds,), cpu_seconds=(0.0,))


def ask(
    address: str, asked: Sequence[str | bytes], *, connections: int = CONNECTIONS, requests: int | None = None
) -> Load:
    """Let wrk ask these questions (addresses, or bodies for recommendations or together) in turn.

    requests : go on until so many were answered; else for some seconds. wrk itself stops by the clock only, so
               this is done in slices, and the percentiles are those of the slowest slice.
    """
    if requests is None:
        return slice_of(address, asked, connections, SECONDS, first=0)
    loads: list[Load] = []
    n_done = 0
    while n_done < requests:
        left = (requests - n_done) / loads[-1].per_second if loads else 2
        loads.append(slice_of(address, asked, connections, min(30, max(1, int(left))), first=n_done))
        n_done += loads[-1].n_requests
    return Load(
        n_done,
        n_done / sum(one.n_requests / one.per_second for one in loads),
        max(one.median_ms for one in loads),
        max(one.p99_ms for one in loads),
        sum(one.n_failed for one in loads),
    )


def slice_of(address: str, asked: Sequence[str | bytes], connections: int, seconds: int, *, first: int) -> Load:
    """One run of wrk, beginning at question number `first`."""
    lines = []
    for one in asked:
        if isinstance(one, bytes):
            path = "together" if one.startswith(b'{"people"') else "recommendations"
            lines.append(f"{{'POST', '/api/{path}', [==[{one.decode()}]==]}}")
        else:
            lines.append(f"{{'GET', [==[{one}]==]}}")
    script = (
        "local asked = {" + ",\n".join(lines) + "}\n"
        "local headers = {['Content-Type'] = 'application/json', ['Host'] = 'localhost'}\n"
        f"local n = {first}\n"
        "local made = {}\n"
        "init = function()\n"
        "  for i, one in ipairs(asked) do made[i] = wrk.format(one[1], one[2], headers, one[3]) end\n"
        "end\n"
        "request = function() n = n + 1; return made[(n * 7919) % #made + 1] end\n"
        "done = function(summary, latency)\n"
        "  local e = summary.errors\n"
        "  local failed = e.status + e.connect + e.read + e.write + e.timeout\n"
        "  io.write(string.format('FOUND %d %d %f %f %d\\n', summary.requests, summary.duration,\n"
        "    latency:percentile(50), latency:percentile(99), failed))\n"
        "end\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", file.name, address]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"FOUND (\d+) (\d+) (\S+) (\S+) (\d+)", said)
    if found is None:
        raise RuntimeError(said)
    n_requests, microseconds, median, p99, failed = (float(one) for one in found.groups())
    return Load(int(n_requests), n_requests / microseconds * 1e6, median / 1000, p99 / 1000, int(failed))


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, over all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_bytes(pid: int) -> int:
    """What the process holds for itself; mapped files, which the system may drop at any time, do not count."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell how much memory the process holds")


if __name__ == "__main__":
    main()
