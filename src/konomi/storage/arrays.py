"""Checks of arrays that come from a folder, before compiled code uses them as indices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Spec:
    """The allowed dtypes and the shape of an array.

    dtypes : the names of the allowed dtypes; "U" allows strings of any width.
    shape  : for each dimension its length, or a name for a length that all arrays share; None allows any length.
    """

    dtypes: tuple[str, ...]
    shape: tuple[int | str | None, ...]


INDEX = ("uint16", "int32")


def check_arrays(arrays: Mapping[str, NDArray[Any]], specs: Mapping[str, Spec]) -> dict[str, int]:
    """The lengths of the named dimensions, after a check of every array of `specs`.

    Raises ValueError if an array is missing, or has another dtype or shape.
    """
    sizes: dict[str, int] = {}
    for name, spec in specs.items():
        if name not in arrays:
            raise ValueError(f"{name} is missing")
        array = arrays[name]
        dtype = "U" if array.dtype.kind == "U" else array.dtype.name
        if dtype not in spec.dtypes or array.ndim != len(spec.shape):
            raise ValueError(f"{name} is {array.dtype} {array.shape}")
        for length, wanted in zip(array.shape, spec.shape, strict=True):
            expected = sizes.setdefault(wanted, length) if isinstance(wanted, str) else wanted
            if expected is not None and expected != length:
                raise ValueError(f"{name} has the shape {array.shape}, {expected:,} was expected for {wanted}")
    return sizes


def check_offsets(name: str, offsets: NDArray[np.int64], *, total: int) -> None:
    """Raise ValueError unless the offsets start at 0, never decrease, and end at `total`."""
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != total or bool((offsets[1:] < offsets[:-1]).any()):
        raise ValueError(f"{name} does not rise from 0 to {total:,}")


def check_indices(name: str, indices: NDArray[Any], *, below: int, least: int = 0) -> None:
    """Raise ValueError unless every index is at least `least` and less than `below`. Reads the whole array."""
    if len(indices) and not (least <= int(indices.min()) and int(indices.max()) < below):
        raise ValueError(f"{name} holds {indices.min()} ... {indices.max()}, allowed are {least} ... {below - 1}")
