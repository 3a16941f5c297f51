"""What `konomi doctor` looks at."""

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

import numpy as np

_NEEDED = ("numpy", "scipy", "numba", "polars", "rapidfuzz", "plotly", "litestar", "granian")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, or what to do."""

    name: str
    passed: bool
    found: str


def run_checks() -> Iterator[Check]:
    """The checks one after another, each when it is done."""
    yield Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")
    yield from _packages()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Check("cores", True, f"{cores}")
    yield _memory()
    free = shutil.disk_usage(tempfile.gettempdir()).free / 2**30
    yield Check(
        "disk", free > 1, f"{free:.0f} GiB free for temporary files" + ("" if free > 1 else ": free some space")
    )
    yield _compiler()
    yield _matrix_product()


def _packages() -> Iterator[Check]:
    for package in _NEEDED:
        try:
            yield Check(package, True, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Check(package, False, "is missing: install konomi again")


def _memory() -> Check:
    try:
        available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (ValueError, OSError):
        return Check("memory", True, "unknown on this system")
    advice = "" if available >= 1 else ": close other programs"
    return Check(
        "memory", available >= 1, f"{available:.1f} GiB free{advice}; 17,562 items need about 4 GiB to train"
    )


def _compiler() -> Check:
    from konomi.models.nearest import nearest

    start = time.perf_counter()
    vectors = np.eye(4, dtype=np.float32)
    found = nearest(vectors, np.array([0], dtype=np.int32), k=1)
    seconds = time.perf_counter() - start
    right = found.index.shape == (1, 1)
    return Check(
        "numba kernels", right, f"work, first call {seconds:.1f} s" if right else "give wrong answers: report this"
    )


def _matrix_product() -> Check:
    side = 1024
    matrix = np.random.default_rng(0).standard_normal((side, side), dtype=np.float32)
    _ = matrix @ matrix
    start = time.perf_counter()
    for _ in range(4):
        _ = matrix @ matrix
    gigaflops = 4 * 2 * side**3 / (time.perf_counter() - start) / 1e9
    return Check("matrix products", True, f"{gigaflops:.0f} GFLOP/s in float32")
