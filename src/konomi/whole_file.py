"""A file of results that is written whole or not at all, by one writer at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from konomi.errors import StorageError
from konomi.folder import exclusive


@contextmanager
def whole_file(final: Path) -> Iterator[Path]:
    """The path of a new file beside `final` to write; at the end of the block it takes `final`'s place.

    It is synced to disk first. On any exception, and on Ctrl-C, it is removed and `final` stays as it was.
    A killed run leaves only a hidden file beside `final`, which the next run replaces.
    Raises StorageError: `final` is a folder, another run writes it, the disk is full or may not be written.
    """
    final = final.absolute()
    if final.is_dir():
        raise StorageError(f"{final} is a folder: give the path of a file in it")
    with exclusive(final):
        temporary = final.with_name(f".{final.name}.new")
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(final)
            _sync(final.parent)
        except OSError as error:
            raise StorageError(
                f"cannot write {final}: {error.strerror or error}; what stood there before still does. "
                "Free some space or choose another place"
            ) from error
        finally:
            temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
