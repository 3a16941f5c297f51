"""Writing a file completely or not at all, by one writer at a time."""

import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from konomi.errors import StorageError
from konomi.storage.kind import KINDS
from konomi.storage.lock import exclusive, hidden, resolved

# The errors of a disk that is full or cannot be written. Polars wraps the error of the system in its own.
FAULTS = (OSError, pl.exceptions.ComputeError)


@contextmanager
def whole_file(final: Path, *, inputs: Sequence[Path] = ()) -> Iterator[Path]:
    """The path of a new file next to `final`. At the end of the block the new file replaces `final`.

    The new file is first synced to disk. After an exception or Ctrl-C it is removed, and `final` is unchanged.
    A killed run leaves only a hidden file next to `final`, which the next run removes. Symbolic links are followed.
    inputs : files that the caller reads; `final` must not be one of them.
    Raises StorageError if `final` is not a regular file, is an input or a part of a konomi folder, if another run
    writes it, or if the disk is full or cannot be written.
    """
    output, final = final, resolved(final)
    _check_output(output, final, inputs)
    with exclusive(final):
        _remove_leftovers(final)
        temporary = hidden(final, f"new-{secrets.token_hex(6)}")
        try:
            yield temporary
            sync(temporary)
            temporary.replace(final)
        except FAULTS as error:
            raise cannot_write(final, error) from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        try:
            sync(final.parent)
        except OSError as error:
            raise StorageError(
                f"{final} is written, but the disk does not confirm it: {error.strerror}. Check the disk"
            ) from error


def sync(path: Path) -> None:
    """Wait until the content of a file or folder is on disk. Some file systems cannot do so for a folder.

    Raises OSError.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP) or not path.is_dir():
            raise
    finally:
        os.close(handle)


def cannot_write(final: Path, error: Exception) -> StorageError:
    """The error for a write that failed without a change at `final`."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return StorageError(
        f"cannot write {final}: {reason}; what was there before is unchanged. Free some space or choose "
        "another path"
    )


def same_file(first: Path, second: Path) -> bool:
    """Whether two paths are the same file or folder, also through links."""
    if resolved(first) == resolved(second):
        return True
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _check_output(output: Path, final: Path, inputs: Sequence[Path]) -> None:
    try:
        mode = final.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        raise StorageError(f"cannot write {output}: {error.strerror}; choose another path") from error
    if stat.S_ISDIR(mode):
        raise StorageError(f"{output} is a folder: give the path of a file in it")
    if not stat.S_ISREG(mode):
        raise StorageError(f"{output} is not a regular file: give the path of a file")
    for path in inputs:
        if same_file(path, final):
            raise StorageError(f"{output} is also an input, which would be lost: choose another output")
    for parent in list(final.parents)[:3]:
        for kind in KINDS:
            if _belongs_to(final, parent, kind.marker, kind.format):
                raise StorageError(f"{output} is a part of the {kind.format} in {parent}: choose another output")


def _belongs_to(final: Path, folder: Path, marker: str, form: str) -> bool:
    try:
        about = json.loads((folder / marker).read_text(encoding="utf-8"))
        is_konomi = about["format"] == form
        return is_konomi and (final == folder / marker or str(final.relative_to(folder)) in about.get("files", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _remove_leftovers(final: Path) -> None:
    """Remove the files and the folders of parts that killed runs left under konomi's hidden names."""
    own = re.compile(re.escape(hidden(final, "new-").name) + r"[0-9a-f]{12}(\.parts)?")
    with suppress(OSError), os.scandir(final.parent) as siblings:
        for entry in [sibling for sibling in siblings if own.fullmatch(sibling.name)]:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    for part in Path(entry.path).glob("*.parquet"):
                        part.unlink()
                    os.rmdir(entry.path)
                else:
                    os.unlink(entry.path)
