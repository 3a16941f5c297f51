"""Outputs that are one file with an input or with one another, which would be lost."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from konomi.errors import StorageError
from konomi.storage.file import same_file


def require_apart(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Nothing, if every output is a file of its own, through links too.

    To be called before the work; an output need not exist.
    Raises StorageError that names the two.
    """
    for one, other in combinations(outputs, 2):
        if same_file(one, other):
            raise StorageError(f"the outputs {one} and {other} are one file: give each a path of its own")
    for output in outputs:
        for one in inputs:
            if same_file(output, one):
                raise StorageError(f"{output} is also the input {one}, which would be lost: choose another output")
