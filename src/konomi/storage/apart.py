"""A check that no output is the same file as an input or another output."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from konomi.errors import StorageError
from konomi.storage.file import same_file


def require_apart(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Raise StorageError if an output is the same file as another output or an input, also through links.

    Call it before the work. An output need not exist.
    """
    for first, second in combinations(outputs, 2):
        if same_file(first, second):
            raise StorageError(f"the outputs {first} and {second} are one file: give each a path of its own")
    for output in outputs:
        for path in inputs:
            if same_file(output, path):
                raise StorageError(f"{output} is also the input {path}, which would be lost: choose another output")
