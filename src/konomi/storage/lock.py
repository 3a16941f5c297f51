"""Locks: one writer at a time for a path, also on file systems without locks."""

import errno
import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from konomi.errors import StorageError

_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
_held = threading.local()


def resolved(path: Path) -> Path:
    """The absolute path with all symbolic links followed: to write to a link replaces its target."""
    return Path(os.path.realpath(path))


def hidden(final: Path, what: str) -> Path:
    """The path of a hidden file or folder of konomi next to `final`: `.NAME.konomi-WHAT`."""
    return final.with_name(f".{final.name}.konomi-{what}")


@contextmanager
def exclusive(final: Path) -> Iterator[None]:
    """While the block runs, no other thread or process runs such a block for the same path.

    A thread may enter again for a path that it holds. The lock is on an empty hidden file next to `final`, which is
    removed at the end. On a file system without locks, a hidden file that names the process is used instead; one
    that a killed process of this machine left is replaced.
    Raises StorageError if another run holds it, or if the parent folder cannot be written.
    """
    final = resolved(final)
    own_paths: set[Path] = _held.__dict__.setdefault("paths", set())
    if final in own_paths:
        yield
        return
    path = hidden(final, "lock")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"cannot write in {final.parent}: {error.strerror}; choose another folder") from error
    try:
        if _lock(handle, path, final):
            held: AbstractContextManager[None] = _lock_file(handle, path)
        else:
            with _lock_file(handle, path):
                held = _owner_file(final)
        with held:
            own_paths.add(final)
            try:
                yield
            finally:
                own_paths.discard(final)
    finally:
        os.close(handle)


@contextmanager
def _lock_file(handle: int, path: Path) -> Iterator[None]:
    """Remove the lock file at the end. An empty file of this name belongs to konomi, one with content does not."""
    try:
        yield
    finally:
        if os.fstat(handle).st_size == 0:
            path.unlink(missing_ok=True)


def _lock(handle: int, path: Path, final: Path) -> bool:
    """Lock the open file at `path`. False if the file system has no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A run that ends removes its lock file, and a lock on a removed file stops no other run.
        if not os.path.samestat(os.fstat(handle), path.stat(follow_symlinks=False)):
            raise BlockingIOError
    except (BlockingIOError, FileNotFoundError):
        raise _busy(final) from None
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise StorageError(f"cannot lock {path}: {error.strerror}; choose another folder") from error
    return True


@contextmanager
def _owner_file(final: Path) -> Iterator[None]:
    """While the block runs, a file exists that only one process can create; it names its host and process."""
    path = hidden(final, "owner")
    owner = f"konomi {socket.gethostname()} {os.getpid()}"
    for _ in range(2):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
            break
        except FileExistsError:
            if not _left_by_a_dead_process(path):
                raise _busy(final, f"; if no other run does, remove {path}") from None
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror}; choose another folder") from error
    else:
        raise _busy(final)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(owner)
        yield
    finally:
        path.unlink(missing_ok=True)


def _left_by_a_dead_process(path: Path) -> bool:
    try:
        word, host, process = path.read_text(encoding="utf-8").split()
        if word != "konomi" or host != socket.gethostname():
            return False
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _busy(final: Path, more: str = "") -> StorageError:
    return StorageError(f"another run is writing {final}: wait for it, or choose another path{more}")
