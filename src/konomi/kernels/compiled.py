"""The decorators of everything that Numba compiles, typed, and the only place with Numba's flags.

Numba compiles a kernel again when the file of the kernel changes. It does not see a change of this file or of
`prefetch.py`: after such a change remove what is compiled (`find src -name '*.nb[ic]' -delete`).
"""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, overload

import numba as nb
from numba import extending

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")


@overload
def kernel(function: F, /) -> F: ...


@overload
def kernel(*, parallel: bool = False, reassociate: bool = False, inline: bool = False) -> Callable[[F], F]: ...


def kernel(
    function: F | None = None, /, *, parallel: bool = False, reassociate: bool = False, inline: bool = False
) -> F | Callable[[F], F]:
    """The compiled form of a function, with the signature of the function; `@kernel` or `@kernel(options)`.

    parallel    : `nb.prange` shares its iterations out among threads; otherwise all runs on the calling thread.
    reassociate : sums may be added in another order, and a product and a sum may become one instruction. The order
                  is fixed when the kernel is compiled, so the same machine gives the same bits. NaN and infinity
                  keep their meaning, which `fastmath=True` would not guarantee.
    inline      : the body is copied into each caller before Numba compiles the caller.

    Every kernel is compiled at its first call for each combination of dtypes and kept in Numba's cache. It runs
    without Python's lock, and a division by zero gives infinity or NaN as in NumPy. It does not check indices.
    Raises RuntimeError if Numba finds no folder for its cache; `konomi.kernels.cache` prevents that.
    """
    flags: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "parallel": parallel}
    if reassociate:
        flags["fastmath"] = {"contract", "reassoc"}
    if inline:
        flags["inline"] = "always"
    compiled: Callable[[F], F] = nb.njit(**flags)
    return compiled if function is None else compiled(function)


def intrinsic(function: Callable[Concatenate[Any, P], object]) -> Callable[P, Any]:
    """A function for kernels whose machine instructions are given; without its first parameter for the caller.

    function : takes Numba's typing context and the Numba type of each argument; returns the signature and the
               function that emits the instructions.
    """
    return cast(Callable[P, Any], extending.intrinsic(function))
