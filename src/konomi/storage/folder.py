"""Writing a folder completely or not at all, by one writer at a time, without loss of foreign files."""

import ctypes
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from konomi.errors import KonomiError, StorageError
from konomi.storage.file import FAULTS, cannot_write, same_file, sync
from konomi.storage.kind import EARLIER, NEW, Kind
from konomi.storage.lock import exclusive, hidden, resolved
from konomi.storage.manifest import first_few

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_TOKEN = "konomi-temporary"


@contextmanager
def whole_folder(final: Path, *, kind: Kind, inputs: Sequence[Path] = ()) -> Iterator[Path]:
    """The path of a new folder on the disk of `final`. At the end of the block the new folder replaces `final`.

    The block writes the marker last, with `kind.write`. Then every file is compared with the manifest and synced,
    and the two folders are exchanged in one step, so that a complete folder is at `final` at any time. On a file
    system without such an exchange, the earlier folder has a hidden name for a moment, where readers find it.
    After an exception or Ctrl-C the new folder is removed, and `final` is unchanged. The next run removes what a
    killed run left. Only files that the manifest of a konomi folder lists, with the same content, are removed.
    Symbolic links are followed.
    inputs : files and folders that the caller reads; none may be `final` or inside it.
    Raises StorageError if `final` is something else or contains foreign files, if another run writes it, or if the
    disk is full or cannot be written.
    """
    output, final = final, resolved(final)
    for path in inputs:
        if same_file(path, final) or final in resolved(path).parents:
            raise StorageError(f"the output {output} holds the input {path}: choose another output")
    with exclusive(final):
        remove_leftovers(final, kind=kind)
        check_replaceable(output, kind=kind)
        work = hidden(final, f"new-{secrets.token_hex(6)}")
        in_place = False
        try:
            work.mkdir()
            (work / _TOKEN).touch()
            (work / NEW).mkdir()
            yield work / NEW
            kind.verify(work / NEW)
            _sync_all(work / NEW)
            check_replaceable(output, kind=kind, content=False)
            _put_in_place(work, final)
            in_place = True
        except FAULTS as error:
            raise cannot_write(final, error) from error
        finally:
            if not in_place:
                _remove_unfinished(work)
        _finish(work, final, kind)


def remove_folder(folder: Path, *, kind: Kind) -> None:
    """Remove a folder that konomi wrote. A folder of another kind is not changed.

    Raises StorageError if the folder contains foreign files or cannot be removed.
    """
    if not (folder / kind.marker).is_file():
        return
    with exclusive(folder):
        check_replaceable(folder, kind=kind)
        try:
            _remove_own(folder, kind)
        except OSError as error:
            raise StorageError(f"cannot remove {folder}: {error.strerror}. Remove that folder yourself") from error


def plain_folder(folder: Path) -> None:
    """Create `folder` and its parents if they do not exist.

    Raises StorageError if the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "not writable")
    except OSError as error:
        raise StorageError(f"cannot write in {folder}: {error.strerror}; choose another folder") from error


def check_replaceable(output: Path, *, kind: Kind, content: bool = True) -> None:
    """Raise StorageError unless the path is free, an empty folder, or a folder of this kind without foreign files.

    content : whether to compare the digest of each file, not only its size.
    """
    final = resolved(output)
    try:
        if not os.path.lexists(final):
            return
        if not final.is_dir():
            raise StorageError(f"{output} exists and is not a folder: give a new folder")
        if not any(final.iterdir()):
            return
        if not (final / kind.marker).is_file():
            raise StorageError(
                f"{output} exists and holds no {kind.marker}: give a new folder, or remove that one first"
            )
        _, changes = kind.own_files(final, content=content)
    except OSError as error:
        raise StorageError(f"cannot read {output}: {error.strerror}; choose another folder") from error
    except KonomiError as error:
        if isinstance(error, StorageError) and kind.error is not StorageError:
            raise
        raise StorageError(f"{output} is not replaced: {error}") from error
    if changes.foreign:
        raise StorageError(
            f"{output} holds files that konomi did not write: {first_few(changes.foreign)}. Move them elsewhere, "
            "or give another folder"
        )
    if changes.changed:
        raise StorageError(
            f"{output} holds files that are not as konomi wrote them: {first_few(changes.changed)}. Remove the "
            "folder yourself, or give another one"
        )


def _put_in_place(work: Path, final: Path) -> None:
    """Move the new folder from `work` to `final`. An earlier folder is in `work` afterwards."""
    new = work / NEW
    if not final.exists():
        new.rename(final)
    elif not _exchange(new, final):
        final.rename(work / EARLIER)
        try:
            new.rename(final)
        except BaseException:
            (work / EARLIER).rename(final)
            raise


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step (renameat2 of Linux). False if the file system cannot do so.

    Raises OSError if the exchange failed.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(second))


def _finish(work: Path, final: Path, kind: Kind) -> None:
    """Sync the exchange to disk, and remove the folder that was replaced.

    Raises StorageError if a part of an earlier folder could not be removed.
    """
    try:
        sync(final.parent)
        _remove_work(work, kind)
        for path in _left_by_killed_runs(final):
            _remove_work(path, kind)
    except (OSError, KonomiError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise StorageError(
            f"{final} is written, but the folder that it replaced could not be removed from {work}: {reason}. "
            "Remove that folder yourself"
        ) from error


def _remove_own(folder: Path, kind: Kind) -> None:
    """Remove the files that the manifest lists, the marker last, and the folder. Raises OSError, `kind.error`."""
    names, _ = kind.own_files(folder, content=False)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    parents = {parent for name in names for parent in (folder / name).parents if folder in parent.parents}
    for parent in sorted(parents, key=lambda parent: len(parent.parts), reverse=True):
        if parent.exists():
            parent.rmdir()
    folder.rmdir()


def _remove_unfinished(work: Path) -> None:
    """Remove the new folder of this run. An earlier folder that could not be moved back stays for the next run."""
    shutil.rmtree(work / NEW, ignore_errors=True)
    with suppress(OSError):
        if not (work / EARLIER).exists():
            (work / _TOKEN).unlink(missing_ok=True)
            work.rmdir()


def _remove_work(work: Path, kind: Kind) -> None:
    """Remove a folder in which `whole_folder` worked: complete folders file by file, an unfinished one at once.

    Raises OSError.
    """
    for part in (work / EARLIER, work / NEW):
        if not part.is_dir():
            continue
        try:
            kind.read(part)
        except kind.error:
            shutil.rmtree(part)
        else:
            _remove_own(part, kind)
    (work / _TOKEN).unlink(missing_ok=True)
    work.rmdir()


def remove_leftovers(final: Path, *, kind: Kind) -> bool:
    """Repair what killed runs left: move an earlier folder back if there is none at `final`, remove the rest.

    Returns whether a killed run left anything. The caller holds the lock of `final`, see `exclusive`.
    """
    final = resolved(final)
    left = _left_by_killed_runs(final)
    for work in left:
        with suppress(OSError, KonomiError):
            if not os.path.lexists(final) and (work / EARLIER).is_dir():
                (work / EARLIER).rename(final)
            _remove_work(work, kind)
    return bool(left)


def _left_by_killed_runs(final: Path) -> list[Path]:
    """The folders next to `final` in which killed runs worked, recognized by their name and the token inside."""
    own = re.compile(re.escape(hidden(final, "new-").name) + "[0-9a-f]{12}")
    try:
        named = [path for path in final.parent.iterdir() if own.fullmatch(path.name)]
    except OSError:
        return []
    folders = [path for path in named if path.is_dir() and not path.is_symlink()]
    return sorted(path for path in folders if (path / _TOKEN).is_file() or not any(path.iterdir()))


def _sync_all(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        sync(path)
