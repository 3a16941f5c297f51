"""A folder of results that is written whole or not at all, by one writer at a time."""

import ctypes
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.errors import KonomiError, StorageError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_of_thread = threading.local()


@contextmanager
def whole_folder(final: Path, *, marker: str) -> Iterator[Path]:
    """A new folder beside `final` to write into; at the end of the block it takes `final`'s place.

    Everything in it is synced to disk first; the two folders change places in one step, so at any moment
    a whole one stands at `final`. On any exception, and on Ctrl-C, the new folder is removed and `final` stays.
    A killed run leaves only a hidden folder beside `final`, which the next run removes.
    marker : the file by which such a folder is known; an existing folder without it is never replaced.
    Raises StorageError: `final` is something else, another run writes it, the disk is full or may not be written.
    """
    final = final.absolute()
    try:
        replaceable = not final.exists() or (
            final.is_dir() and ((final / marker).is_file() or not any(final.iterdir()))
        )
    except OSError as error:
        raise StorageError(f"cannot look into {final}: {error.strerror}; choose another folder") from error
    if not replaceable:
        raise StorageError(f"{final} exists and holds no {marker}: give a new folder, or remove that one first")
    if final in _own("written"):
        raise StorageError(f"another run is writing {final}: wait for it, or choose another folder")
    with exclusive(final):
        temporary = final.with_name(f".{final.name}.new")
        _own("written").add(final)
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            yield temporary
            _sync(temporary)
            _put_in_place(temporary, final)
        except OSError as error:
            raise StorageError(
                f"cannot write {final}: {error.strerror or error}; what stood there before still does. "
                "Free some space or choose another folder"
            ) from error
        finally:
            _own("written").discard(final)
            shutil.rmtree(temporary, ignore_errors=True)


@dataclass(frozen=True)
class Kind:
    """One kind of folder: the file that tells what it holds, and how to speak of it.

    marker, format, version : the file's name, and what stands in it under "format" and "format_version".
    error  : what is raised about such a folder.
    remedy : the command that makes one, with {} for the folder.
    """

    marker: str
    format: str
    version: int
    error: type[KonomiError]
    remedy: str

    def read(self, folder: Path) -> dict[str, Any]:
        """What the marker file says.

        Raises `error` if the folder is missing, of another kind, damaged, or from a newer konomi.
        """
        path = folder / self.marker
        again = self.remedy.format(folder)
        if not path.is_file():
            what = "does not exist" if not folder.exists() else f"holds no {self.marker}"
            raise self.error(f"{folder} is no {self.format}: it {what}. Make one with `{again}`")
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            version = int(about["format_version"])
            if about["format"] != self.format:
                raise ValueError(f"a {about['format']}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self.error(f"{path} is damaged or foreign ({error}): make it again with `{again}`") from error
        if version > self.version:
            raise self.error(
                f"the {self.format} in {folder} has format {version}, this konomi reads up to {self.version}: "
                "update konomi"
            )
        return dict(about)

    def write(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the marker file."""
        told = {"format": self.format, "format_version": self.version, **about}
        (folder / self.marker).write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")


def plain_folder(folder: Path) -> None:
    """Make `folder` and its parents, if they are not there.

    Raises StorageError if it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "not writable")
    except OSError as error:
        raise StorageError(f"cannot write in {folder}: {error.strerror}; choose another folder") from error


def mapped(path: Path) -> NDArray[Any]:
    """The array in a .npy file, mapped, not read.

    As a plain array: each view of a memmap is one as well, which costs more than a small array is worth.
    Raises OSError, ValueError or EOFError if there is none.
    """
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


@contextmanager
def exclusive(final: Path) -> Iterator[None]:
    """While the block runs, nobody else's block for the same folder does; in one thread blocks may be nested.

    Raises StorageError if another run holds it, or if the parent cannot be written.
    """
    final = final.absolute()
    held = _own("held")
    if final in held:
        yield
        return
    lock = final.with_name(f".{final.name}.lock")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise StorageError(f"cannot write in {final.parent}: {error.strerror}; choose another folder") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A run that ends removes its lock file; a lock on the removed one keeps nobody out.
            if not (lock.exists() and os.path.samestat(os.fstat(handle), lock.stat())):
                raise BlockingIOError
        except (BlockingIOError, FileNotFoundError):
            raise StorageError(f"another run is writing {final}: wait for it, or choose another folder") from None
        held.add(final)
        try:
            yield
        finally:
            held.discard(final)
            lock.unlink(missing_ok=True)
    finally:
        os.close(handle)


def remove_leftovers(final: Path) -> bool:
    """Remove what a killed run left next to the whole folder `final`, and say whether there was any.

    The caller holds the folder: see `exclusive`. A run that is killed just after the two folders changed places
    leaves the old one under a hidden name.
    """
    final = final.absolute()
    left = [path for end in ("new", "old") if (path := final.with_name(f".{final.name}.{end}")).is_dir()]
    for path in left:
        shutil.rmtree(path)
    return bool(left)


def _own(what: str) -> set[Path]:
    """The folders that this thread holds, or writes."""
    folders: set[Path] = _of_thread.__dict__.setdefault(what, set())
    return folders


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(temporary: Path, final: Path) -> None:
    if not final.exists():
        temporary.rename(final)
    elif not _exchange(temporary, final):
        # A file system without the exchange: for a moment there is only the hidden old folder.
        old = final.with_name(f".{final.name}.old")
        final.rename(old)
        temporary.rename(final)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step (Linux's renameat2); False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
