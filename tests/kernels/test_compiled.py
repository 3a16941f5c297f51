"""The flags of every kernel, by what they do."""

import ctypes
import threading
import time
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
import pytest
from numba.core.caching import NullCache

from konomi.kernels.compiled import intrinsic, kernel


@pytest.fixture(autouse=True)
def _no_cache_of_earlier_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba's cache does not know the flags: code that an earlier run compiled with other flags would be used."""
    monkeypatch.setattr(nb.config, "CACHE_DIR", str(tmp_path))


def add_up(values: Any) -> Any:
    """The sum of the values."""
    total = np.float32(0)
    for value in values:
        total += value
    return total


def divide(a: Any, b: Any) -> Any:
    return a / b


def test_a_kernel_keeps_the_name_and_the_docstring_of_its_function() -> None:
    assert kernel(add_up).__name__ == "add_up"
    assert kernel(reassociate=True)(add_up).__doc__ == "The sum of the values."


@pytest.mark.parametrize("options", [{}, {"parallel": True}, {"reassociate": True}, {"inline": True}])
def test_every_kernel_is_cached_and_runs_without_pythons_lock(options: dict[str, bool]) -> None:
    flags = kernel(**options)(add_up)
    assert not isinstance(flags._cache, NullCache)
    assert flags.targetoptions["nogil"]


def test_a_division_by_zero_gives_infinity_as_in_numpy() -> None:
    assert kernel(divide)(1.0, 0.0) == np.inf
    assert np.isnan(kernel(divide)(0.0, 0.0))


def test_without_reassociation_sums_are_taken_in_order() -> None:
    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert kernel(add_up)(values) == add_up(values)


def test_with_reassociation_nan_and_infinity_keep_their_meaning() -> None:
    fast = kernel(reassociate=True)(add_up)
    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert fast(values) == pytest.approx(values.astype(np.float64).sum(), abs=1e-3)
    assert "fadd reassoc contract" in fast.inspect_llvm(fast.signatures[0])
    assert np.isnan(fast(np.array([1, np.nan, 2], dtype=np.float32)))
    assert fast(np.array([1, np.inf, 2], dtype=np.float32)) == np.inf


def squares_of(values: Any, out: Any) -> None:
    for i in nb.prange(len(values)):
        out[i] = values[i] ** 2


@pytest.mark.parametrize("parallel", [False, True])
def test_only_a_parallel_kernel_uses_threads(parallel: bool) -> None:
    squares = kernel(parallel=parallel)(squares_of)
    values, out = np.arange(100.0), np.empty(100)
    squares(values, out)
    np.testing.assert_array_equal(out, np.arange(100.0) ** 2)
    assert ("parfor" in squares.inspect_llvm(squares.signatures[0])) == parallel


usleep = ctypes.CDLL(None).usleep
usleep.argtypes, usleep.restype = [ctypes.c_uint], ctypes.c_int


def wait_for(state: Any, most_milliseconds: Any) -> Any:
    """The milliseconds until another thread set state[0], at most those given. Sets state[1] while it waits."""
    state[1] = 1
    for waited in range(most_milliseconds):
        if state[0] == 1:
            return waited
        usleep(1000)
    return most_milliseconds


@pytest.mark.filterwarnings("ignore:Cannot cache compiled function")
def test_other_python_threads_run_while_a_kernel_does() -> None:
    waiting = kernel(wait_for)
    assert waiting(np.ones(2, dtype=np.int64), 5) == 0
    state = np.zeros(2, dtype=np.int64)

    def end_the_wait() -> None:
        while state[1] == 0:
            time.sleep(0.001)
        state[0] = 1

    other = threading.Thread(target=end_the_wait)
    other.start()
    assert waiting(state, 10_000) < 10_000
    other.join()


@intrinsic
def twice(typing_context: Any, value: Any) -> Any:
    del typing_context

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.add(arguments[0], arguments[0])

    return nb.int64(value), emit


@nb.njit
def twice_in_a_kernel(value: Any) -> Any:
    return twice(value)


def test_an_intrinsic_is_called_without_its_typing_context() -> None:
    assert twice_in_a_kernel(21) == 42
