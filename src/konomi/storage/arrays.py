"""Checks of arrays that come from a folder, before compiled loops use them as indices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Spec:
    """What an array must be.

    dtypes : names of the allowed dtypes; "U" allows strings of any width.
    shape  : a number, or a name that must be the same number wherever it is used; None for any.
    """

    dtypes: tuple[str, ...]
    shape: tuple[int | str | None, ...]


INDEX = ("uint16", "int32")


def check_arrays(arrays: Mapping[str, NDArray[Any]], specs: Mapping[str, Spec]) -> dict[str, int]:
    """The named sizes, once every array of `specs` is there with an allowed dtype and shape.

    Raises ValueError.
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
            known = sizes.setdefault(wanted, length) if isinstance(wanted, str) else wanted
            if known is not None and known != length:
                raise ValueError(f"{name} has the shape {array.shape}, {known:,} was expected for {wanted}")
    return sizes


def check_offsets(name: str, offsets: NDArray[np.int64], *, total: int) -> None:
    """Raise ValueError unless the offsets begin at 0, never fall, and end at `total`."""
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != total or bool((offsets[1:] < offsets[:-1]).any()):
        raise ValueError(f"{name} does not rise from 0 to {total:,}")


def check_indices(name: str, indices: NDArray[Any], *, below: int, least: int = 0) -> None:
    """Raise ValueError unless every index is at least `least` and under `below`. Reads the whole array."""
    if len(indices) and not (least <= int(indices.min()) and int(indices.max()) < below):
        raise ValueError(f"{name} holds {indices.min()} ... {indices.max()}, allowed are {least} ... {below - 1}")
