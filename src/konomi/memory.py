"""How much memory a stage needs and how much the machine has free: a plan made before the work begins."""

import os
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from konomi.data.ids import index_dtype
from konomi.errors import KonomiError, TrainingError

# Bytes that Python and the libraries hold before there is any data; measured.
PROGRAM = 250 << 20
# A plan leaves this share of the free memory alone: the estimates are within a tenth of what was measured.
_MARGIN = 0.9


@dataclass(frozen=True)
class Need:
    """What a stage holds at its fullest moment.

    stage : what is done, in words: "training the linear model".
    parts : what for -> bytes.
    """

    stage: str
    parts: Mapping[str, int]

    @property
    def n_bytes(self) -> int:
        return sum(self.parts.values())

    def __str__(self) -> str:
        largest = sorted(self.parts.items(), key=lambda part: -part[1])
        named = ", ".join(f"{what} {in_words(size)}" for what, size in largest)
        return f"{self.stage} needs {in_words(self.n_bytes)} of memory ({named})"


def free_bytes() -> int | None:
    """How much memory this process may still take; None where the system does not say.

    The least of: what the system calls available, what is left of the container's limit, the process's own limit.
    """
    found = [one for one in (_available(), _left_in_container(), _left_of_limit()) if one is not None]
    return min(found) if found else None


def in_words(n_bytes: float) -> str:
    """A size with two digits that count: "5.1 GB", "340 MB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= size:
            value = n_bytes / size
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{n_bytes / 1e3:.0f} kB"


def fits(need: Need, free: int | None) -> bool:
    """Whether the need leaves a tenth of the free memory alone; true where that is not known."""
    return free is None or need.n_bytes <= _MARGIN * free


def most_that_fits(need_of: Callable[[int], Need], most: int, free: int) -> int:
    """The largest n in 0 ... most whose need fits into `free`; needs grow with n."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(need_of(middle), free) else (low, middle - 1)
    return low


def fewest_watchers(row_counts: NDArray[np.int64], most_items: int) -> int:
    """The smallest threshold that at most `most_items` items reach: those with at least that number of rows."""
    if most_items >= len(row_counts):
        return 0
    descending = np.sort(row_counts)[::-1]
    return int(descending[most_items]) + 1


def require(need: Need, *, advice: str, free: int | None = None, error: type[KonomiError] = TrainingError) -> None:
    """Nothing, if the need fits into `free` (None = what the machine has now).

    advice : what to do otherwise, naming the setting and its value.
    Raises `error` that says what is needed, for what, what is free, and the advice.
    """
    free = free_bytes() if free is None else free
    if free is not None and not fits(need, free):
        raise error(f"{need}, and {in_words(free)} are free: {advice}")


def need_of_ingest(
    n_rows: int,
    *,
    n_items: int = 1 << 16,
    is_grouped: bool = True,
    ids: int = 0,
    unpacked: int = 0,
    is_reading: bool = False,
) -> Need:
    """Reading this number of rows into a dataset.

    is_grouped : whether each user's rows are together in the file; others are sorted, which takes more.
    ids        : bytes of the ids of users and items.
    unpacked   : bytes of a part of a Parquet file that is unpacked as a whole.
    is_reading : whether reading has begun, so that the program itself is in memory.
    """
    row = np.dtype(index_dtype(n_items)).itemsize + 2
    parts = {"the rows, twice while they are joined": 2 * row * n_rows}
    if not is_reading:
        parts["the program"] = PROGRAM
    if not is_grouped:
        parts["sorting rows by user"] = 24 * n_rows
    if ids:
        parts["the ids of users and items"] = ids
    if unpacked:
        parts["a row group of Parquet, unpacked"] = unpacked
    return Need(f"reading {n_rows:,} rows", parts)


def need_of_catalog(n_bytes: int, n_cells: int = 0) -> Need:
    """Reading a catalog of this size, unpacked, with this number of fields, each part of a list being one."""
    # Measured, on catalogs of long texts, of many items and of many genres an item.
    parts = {"its text": 8 * n_bytes, "its fields": 72 * n_cells, "the program": PROGRAM}
    return Need(f"reading a catalog of {in_words(n_bytes)} and {n_cells:,} fields", parts)


def _available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _left_in_container(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What the container's limit leaves (cgroups, either version); cached files count as free."""
    for limit, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most = (root / limit).read_text(encoding="utf-8").strip()
            if most == "max":
                return None
            taken = int((root / used).read_text(encoding="utf-8"))
            lines = (root / used).with_name("memory.stat").read_text(encoding="utf-8").splitlines()
            cached = next((int(line.split()[1]) for line in lines if line.split()[0] == cache), 0)
            # Version 1 has no word for "no limit": it is a number that no machine has.
            return None if int(most) >= 1 << 60 else max(0, int(most) - taken + cached)
        except (OSError, ValueError, IndexError):
            continue
    return None


def _left_of_limit() -> int | None:
    """What `ulimit -v` leaves."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        used = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        used = 0
    return max(0, limit - used)
