"""What every benchmark shares: the machine, medians and spreads, alternating pairs, processes, results, tables."""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from konomi.synthetic.ratings import N_ITEMS, N_ROWS, N_USERS, synthesize
from konomi.tables import Column, table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PEERS = HERE.parent / ".venv-bench" / "bin" / "python"
"""The interpreter that has the `bench` dependency group; peers run in it, each in a process of its own."""
PACKAGES = ("konomi", "numpy", "scipy", "numba", "polars")


@dataclass(frozen=True)
class Size:
    """How much data a benchmark uses; the default is the reference dump."""

    n_rows: int = N_ROWS
    n_users: int = N_USERS
    n_items: int = N_ITEMS

    def __str__(self) -> str:
        return f"{self.n_rows:,} rows, {self.n_users:,} users, {self.n_items:,} items"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What some runs of one thing took.

    seconds     : wall time of each run.
    cpu_seconds : processor time of each run, over all threads; what it would take alone on one core.
    peak_bytes  : the most memory that a run held, as the system counts it; 0 where it was not measured.
    value       : what the last run returned, if it is a plain number, text or mapping.
    """

    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    peak_bytes: int = 0
    value: Any = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """The slowest run less the fastest."""
        return max(self.seconds) - min(self.seconds)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_seconds)

    def timed_by(self, key: str) -> "Measured":
        """The time that the process itself gives under `key` in its JSON object, in place of these."""
        return Measured(seconds=(float(self.value[key]),), cpu_seconds=(0.0,), peak_bytes=self.peak_bytes)


@dataclass
class Report:
    """The rows of one benchmark, on their way to its table and its file in benchmarks/results/."""

    name: str
    size: Size
    rows: list[dict[str, Any]] = field(default_factory=list)
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    versions: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        work: str,
        measured: Measured,
        *,
        scale: float = 1.0,
        target: str = "",
        remark: str = "",
        **figures: float,
    ) -> None:
        """One line: what was done, how long it took, and figures of quality.

        scale  : what one run's time is multiplied by to stand for the whole size, where a part was measured.
        target : the figure to reach.
        """
        row = {
            "work": work,
            "seconds": measured.median * scale,
            "spread": measured.spread * scale,
            "cpu_seconds": measured.cpu * scale,
            "runs": len(measured.seconds),
            "scaled_by": scale,
            "peak_gb": measured.peak_bytes / 1e9,
            "target": target,
            "remark": remark,
            "figures": figures,
        }
        self.rows.append(row)
        print(f"  {work}: {row['seconds']:.3g} s {remark}", file=sys.stderr, flush=True)

    def add_runs(self, work: str, runs: Sequence[Measured], *, scale: float = 1.0, **about: Any) -> None:
        """As `add`, for runs that were measured one by one, in turns with others."""
        self.add(work, merged(runs), scale=scale, **about)

    def add_total(self, work: str, lines: Sequence[str], *, target: str = "") -> None:
        """One line for the sum of others; its memory is the largest of theirs."""
        parts = [row for row in self.rows if row["work"] in lines]
        total = {name: sum(row[name] for row in parts) for name in ("seconds", "spread", "cpu_seconds")}
        peak = max(row["peak_gb"] for row in parts)
        self.rows.append({**parts[0], "work": work, **total, "peak_gb": peak, "target": target, "figures": {}})

    def compare(self, slow: str, fast: str) -> None:
        """Put on the line `slow` how many times longer it took than the line `fast`."""
        lines = {row["work"]: row for row in self.rows}
        lines[slow]["figures"]["times_as_long"] = lines[slow]["seconds"] / lines[fast]["seconds"]
        if lines[slow]["cpu_seconds"] and lines[fast]["cpu_seconds"]:
            lines[slow]["figures"]["times_the_cpu"] = lines[slow]["cpu_seconds"] / lines[fast]["cpu_seconds"]

    def write(self) -> None:
        """Print the table and write benchmarks/results/NAME.json; another size gets a file of its own."""
        suffix = "" if self.size == Size() else f".{self.size.n_rows}"
        path = RESULTS / f"{self.name}{suffix}.json"
        about = {
            "name": self.name,
            "size": asdict(self.size),
            "command": "python " + " ".join([str(Path(sys.argv[0]).name), *sys.argv[1:]]),
            "commit": commit(),
            "machine": machine(),
            "load_before": self.load_before,
            "versions": versions() | self.versions,
            "rows": self.rows,
        }
        RESULTS.mkdir(exist_ok=True)
        path.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"\n{self.name}: {self.size}\n")
        print(as_table(self.rows))


def as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The lines of a report, aligned for a terminal."""
    return table(
        [
            Column("work", [row["work"] for row in rows], wide=True),
            Column("seconds", [_number(row["seconds"]) for row in rows]),
            Column("spread", [_number(row["spread"]) for row in rows]),
            Column("cpu", [_number(row["cpu_seconds"]) for row in rows]),
            Column("runs", [row["runs"] for row in rows]),
            Column("GB", [f"{row['peak_gb']:.2f}" if row["peak_gb"] else None for row in rows]),
            Column("to reach", [row["target"] for row in rows]),
            Column(
                "figures", ["; ".join(f"{k} {v:.4g}" for k, v in row["figures"].items()) for row in rows], wide=True
            ),
            Column("remark", [row["remark"] for row in rows], wide=True),
        ],
        width=200,
    )


def measure(call: Callable[[], Any], *, runs: int = 5, warm: int = 1) -> Measured:
    """What `runs` calls take in this process, after `warm` calls that do not count.

    The peak of memory is what the process gained over its size before the first counted call.
    """
    for _ in range(warm):
        value = call()
    seconds, cpu = [], []
    before = _resident()
    _forget_peak()
    for _ in range(runs):
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        value = call()
        seconds.append(time.perf_counter() - wall_start)
        cpu.append(time.process_time() - cpu_start)
    plain = value if isinstance(value, int | float | str | dict) else None
    return Measured(
        seconds=tuple(seconds), cpu_seconds=tuple(cpu), peak_bytes=max(0, _peak() - before), value=plain
    )


def pairs(
    one: Callable[[], Any], other: Callable[[], Any], *, runs: int = 5, warm: int = 1
) -> tuple[Measured, Measured, float]:
    """Both measured in turns, so that a busy machine harms them alike; and the median of other / one."""
    firsts, seconds = [], []
    for number in range(runs):
        firsts.append(measure(one, runs=1, warm=warm if number == 0 else 0))
        seconds.append(measure(other, runs=1, warm=warm if number == 0 else 0))
    ratio = statistics.median(b.median / a.median for a, b in zip(firsts, seconds, strict=True))
    return merged(firsts), merged(seconds), ratio


def measure_process(command: Sequence[str | Path], *, runs: int = 1, warm: int = 0) -> Measured:
    """What whole processes take, start and imports included; the peak is the largest one's.

    `value` is the JSON object on the last line of standard output, if there is one. In it, "seconds" (a number)
    replaces the wall time: a peer's start is not what is compared.
    Raises RuntimeError, with what the process said, if it fails.
    """
    found = [_run(command) for _ in range(warm + runs)][warm:]
    return merged(found)


def measure_peer(script: str, *arguments: str | Path | float, runs: int = 1, warm: int = 0) -> Measured | None:
    """`measure_process` of benchmarks/peers/SCRIPT in the peers' own environment; None, said aloud, without it."""
    if not PEERS.exists():
        print(f"  {script} is left out: there is no {PEERS} (install the `bench` group there)", file=sys.stderr)
        return None
    try:
        return measure_process([PEERS, HERE / "peers" / script, *map(str, arguments)], runs=runs, warm=warm)
    except RuntimeError as error:
        if "ModuleNotFoundError" not in str(error):
            raise
        print(f"  {script} is left out: {str(error).strip().splitlines()[-1]}", file=sys.stderr)
        return None


def konomi_command(*arguments: str | Path | int) -> list[str]:
    """A konomi command line, run by this interpreter."""
    return [sys.executable, "-m", "konomi", *map(str, arguments)]


def options(description: str | None, *, runs: int = 3, size: Size | None = None) -> argparse.Namespace:
    """The options that every benchmark takes: --rows, --users, --items, --runs; `size` holds the first three."""
    default = size or Size()
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", type=int, default=default.n_rows)
    parser.add_argument("--users", type=int, help="default: as many as the dump has for that many rows")
    parser.add_argument("--items", type=int, default=default.n_items)
    parser.add_argument("--runs", type=int, default=runs)
    found = parser.parse_args()
    usual = default.n_users if found.rows == default.n_rows else max(1, round(found.rows * N_USERS / N_ROWS))
    found.size = Size(found.rows, found.users or usual, found.items)
    return found


def scratch() -> Path:
    """The folder for stand-ins and results of stages: $KONOMI_BENCH, or one in the system's temporary folder."""
    folder = Path(os.environ.get("KONOMI_BENCH", Path(tempfile.gettempdir()) / "konomi-bench"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stand_in(size: Size) -> tuple[Path, Path]:
    """The ratings and the catalog of a stand-in of this size; made if they are not there.

    They are in the page cache afterwards: how fast the disk is is not what is measured, of konomi or of a peer.
    """
    name = f"{size.n_rows}-{size.n_users}-{size.n_items}"
    ratings, items = scratch() / f"{name}.csv", scratch() / f"{name}.items.csv"
    if not (ratings.exists() and items.exists()):
        print(f"  making a stand-in: {size}", file=sys.stderr, flush=True)
        synthesize(ratings, n_users=size.n_users, n_items=size.n_items, n_rows=size.n_rows, items_path=items)
    with ratings.open("rb") as file:
        while file.read(1 << 24):
            pass
    return ratings, items


def stored(size: Size) -> Path:
    """The dataset of the stand-in; ingested if it is not there."""
    folder = scratch() / f"{size.n_rows}-{size.n_users}-{size.n_items}.data"
    if not folder.exists():
        ratings, items = stand_in(size)
        measure_process(konomi_command("ingest", ratings, "--items", items, "-o", folder))
    return folder


def trained(size: Size, model: str) -> Path:
    """A model of the stand-in, trained anew: one that lies there may be of another commit."""
    folder = scratch() / f"{size.n_rows}-{size.n_users}-{size.n_items}.{model}"
    remove(folder)
    measure_process(konomi_command("train", stored(size), "-o", folder, "--model", model))
    return folder


def remove(folder: Path) -> None:
    """Remove a folder that a stage wrote, so that the next run starts like the first."""
    shutil.rmtree(folder, ignore_errors=True)


def machine() -> dict[str, Any]:
    """Processor, cores, memory, whether it has AVX-512, BLAS, and the system."""
    info = _read("/proc/cpuinfo")
    model = next((line.split(":")[1].strip() for line in info.splitlines() if "model name" in line), "")
    return {
        "processor": model or platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "avx512": "avx512f" in info,
        "avx2": "avx2" in info,
        "blas": _blas(),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Python and the packages that konomi stands on."""
    return {"python": platform.python_version()} | {one: metadata.version(one) for one in PACKAGES}


def commit() -> str:
    """The commit, with a plus sign where the tree differs from it."""
    try:
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=HERE, capture_output=True, text=True)
        changed = subprocess.run(
            ["git", "status", "--porcelain", "../src"], cwd=HERE, capture_output=True, text=True
        )
    except OSError:
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def _run(command: Sequence[str | Path]) -> Measured:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        said = out.read().decode(errors="replace")
        if process.returncode != 0:
            message = errors.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{said}{message}")
    value = _last_object(said)
    cpu = usage.ru_utime + usage.ru_stime
    if isinstance(value, dict) and "seconds" in value:
        seconds, cpu = float(value["seconds"]), float(value.get("cpu_seconds", cpu))
    return Measured(seconds=(seconds,), cpu_seconds=(cpu,), peak_bytes=usage.ru_maxrss * 1024, value=value)


def _last_object(text: str) -> Any:
    lines = text.strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None


def merged(parts: Sequence[Measured]) -> Measured:
    """All these runs as one."""
    return Measured(
        seconds=tuple(one for part in parts for one in part.seconds),
        cpu_seconds=tuple(one for part in parts for one in part.cpu_seconds),
        peak_bytes=max(part.peak_bytes for part in parts),
        value=parts[-1].value,
    )


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _status(name: str) -> int:
    for line in _read("/proc/self/status").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


def _resident() -> int:
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _forget_peak() -> None:
    """Let the system's peak of memory begin anew (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def _blas() -> str:
    import numpy  # noqa: F401 - loads the BLAS that is asked about
    from threadpoolctl import threadpool_info

    found = {f"{one['internal_api']} {one['version']} ({one.get('architecture', '')})" for one in threadpool_info()}
    return ", ".join(sorted(found))
