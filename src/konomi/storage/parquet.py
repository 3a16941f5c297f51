"""Writing a Parquet file frame by frame with bounded memory, completely or not at all."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from konomi.errors import StorageError
from konomi.storage.file import whole_file

_ROWS_PER_PART = 1 << 23
_ROWS_PER_GROUP = 1 << 20


@contextmanager
def growing_parquet(
    final: Path, *, rows_per_part: int = _ROWS_PER_PART
) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A function that appends a frame. At the end of the block the frames, in order, are the file `final`.

    rows_per_part : the number of rows that are kept in memory. Parts of this size are first written to a folder
                    next to `final`, because Polars cannot append to a file.
    At least one frame must be appended. Raises StorageError as `whole_file` does.
    """
    if not is_utf8(path := final.absolute()):
        raise StorageError(f"cannot write {path}: Parquet needs a path in UTF-8; choose another path")
    with whole_file(final) as new:
        parts = new.with_name(f"{new.name}.parts")
        shutil.rmtree(parts, ignore_errors=True)  # left by a killed run
        parts.mkdir()
        kept: list[pl.DataFrame] = []
        written: list[Path] = []

        def write_part() -> None:
            written.append(parts / f"{len(written):06d}.parquet")
            pl.concat(kept).write_parquet(written[-1], row_group_size=_ROWS_PER_GROUP)
            kept.clear()

        def append(frame: pl.DataFrame) -> None:
            kept.append(frame)
            if sum(part.height for part in kept) >= rows_per_part:
                write_part()

        try:
            yield append
            if not written:
                pl.concat(kept).write_parquet(new, row_group_size=_ROWS_PER_GROUP)
            else:
                if kept:
                    write_part()
                pl.scan_parquet(written).sink_parquet(new, row_group_size=_ROWS_PER_GROUP)
        finally:
            shutil.rmtree(parts, ignore_errors=True)


def is_utf8(path: Path) -> bool:
    """Whether the path is valid UTF-8, which Polars needs. Names of files may be any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
