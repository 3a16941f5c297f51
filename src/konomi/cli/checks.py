"""The checks of `konomi doctor`."""

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

from konomi import memory
from konomi.models.linear.config import LinearConfig
from konomi.models.linear.need import need_of_size

_NEEDED = ("numpy", "scipy", "numba", "polars", "rapidfuzz", "plotly", "litestar", "granian")
# The size of MyAnimeList's dump of 2020, for which the line on memory says what training needs.
_N_ITEMS, _N_USERS = 17_562, 325_770
_LEAST_MEMORY = _LEAST_DISK = 10**9  # bytes


@dataclass(frozen=True)
class Check:
    """The result of one check: what was found, and what to do if it failed."""

    name: str
    passed: bool
    found: str


def run_checks() -> Iterator[Check]:
    """The results of the checks, each as soon as it is known."""
    yield Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")
    yield from _packages()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Check("cores", True, f"{cores}")
    yield _memory()
    free = shutil.disk_usage(tempfile.gettempdir()).free
    advice = "" if free >= _LEAST_DISK else ": free some space"
    yield Check("disk", not advice, f"{memory.in_words(free)} free for temporary files{advice}")
    yield _compiler()
    yield _matrix_product()


def _packages() -> Iterator[Check]:
    for package in _NEEDED:
        try:
            yield Check(package, True, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Check(package, False, "is missing: install konomi again")


def _memory() -> Check:
    free = memory.free_bytes()
    if free is None:
        return Check("memory", True, "unknown on this system")
    need = need_of_size(_N_ITEMS, _N_USERS, LinearConfig())
    advice = "" if free >= _LEAST_MEMORY else ": close other programs"
    return Check(
        "memory",
        not advice,
        f"{memory.in_words(free)} free{advice}; "
        f"the linear model of {_N_ITEMS:,} items needs {memory.in_words(need.n_bytes)} to train",
    )


def _compiler() -> Check:
    from konomi.models.nearest import nearest

    start = time.perf_counter()
    vectors = np.eye(4, dtype=np.float32)
    found = nearest(vectors, np.array([0], dtype=np.int32), k=1)
    seconds = time.perf_counter() - start
    right = found.index.tolist() == [[1]] and found.similarity.tolist() == [[0]]  # ties break by row number
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
