"""A folder of results that is written whole or not at all, by one writer at a time, and loses nothing of others."""

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
    """A new folder on the disk of `final` to write into; at the end of the block it takes `final`'s place.

    The block writes the marker last, with `kind.write`. Then every file is compared with the manifest and synced,
    and the two folders change places in one step, so that at any moment a whole one is at `final`. Where the file
    system cannot do that, the earlier one has a hidden name for a moment, under which it is still read. On any
    exception, and on Ctrl-C, the new folder is removed and `final` stays. What a killed run leaves, the next run
    removes. Only files that the manifest of a konomi folder lists, with the content that it says, are ever removed.
    A symbolic link is followed.
    inputs : files and folders that the caller reads; none may be `final` or inside of it.
    Raises StorageError: `final` is something else or holds files of others, another run writes it, the disk is full
    or may not be written.
    """
    given, final = final, resolved(final)
    for path in inputs:
        if same_file(path, final) or final in resolved(path).parents:
            raise StorageError(f"the output {given} holds the input {path}: choose another output")
    with exclusive(final):
        remove_leftovers(final, kind=kind)
        check_replaceable(given, kind=kind)
        work = hidden(final, f"new-{secrets.token_hex(6)}")
        in_place = False
        try:
            work.mkdir()
            (work / _TOKEN).touch()
            (work / NEW).mkdir()
            yield work / NEW
            kind.verify(work / NEW)
            _sync_all(work / NEW)
            check_replaceable(given, kind=kind, content=False)
            _put_in_place(work, final)
            in_place = True
        except FAULTS as error:
            raise cannot_write(final, error) from error
        finally:
            if not in_place:
                _remove_unfinished(work)
        _finish(work, final, kind)


def remove_folder(folder: Path, *, kind: Kind) -> None:
    """Remove a folder that konomi wrote; one that is not there, or is something else, is left alone.

    Raises StorageError if it holds files of others or could not be removed.
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
    """Make `folder` and its parents, if they are not there.

    Raises StorageError if it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "not writable")
    except OSError as error:
        raise StorageError(f"cannot write in {folder}: {error.strerror}; choose another folder") from error


def check_replaceable(given: Path, *, kind: Kind, content: bool = True) -> None:
    """Raise StorageError unless there is nothing at the path, an empty folder, or a folder of this kind, all
    konomi's.

    content : compare the digest of each file too, not only its size.
    """
    final = resolved(given)
    try:
        if not os.path.lexists(final):
            return
        if not final.is_dir():
            raise StorageError(f"{given} exists and is no folder: give a new folder")
        if not any(final.iterdir()):
            return
        if not (final / kind.marker).is_file():
            raise StorageError(
                f"{given} exists and holds no {kind.marker}: give a new folder, or remove that one first"
            )
        _, found = kind.own_files(final, content=content)
    except OSError as error:
        raise StorageError(f"cannot look into {given}: {error.strerror}; choose another folder") from error
    except KonomiError as error:
        if isinstance(error, StorageError) and kind.error is not StorageError:
            raise
        raise StorageError(f"{given} is not replaced: {error}") from error
    if found.foreign:
        raise StorageError(
            f"{given} holds what konomi did not write: {first_few(found.foreign)}. Move it elsewhere, or give "
            "another folder"
        )
    if found.changed:
        raise StorageError(
            f"{given} holds files that are not as konomi wrote them: {first_few(found.changed)}. Remove the folder "
            "yourself, or give another one"
        )


def _put_in_place(work: Path, final: Path) -> None:
    """Give the new folder in `work` its name; an earlier one is in `work` afterwards."""
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


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step (Linux's renameat2); False where the file system cannot.

    Raises OSError if it can and failed.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _finish(work: Path, final: Path, kind: Kind) -> None:
    """Have the change of places on disk, and remove what was replaced.

    Raises StorageError if anything of an earlier folder is left.
    """
    try:
        sync(final.parent)
        _remove_work(work, kind)
        for path in _left_by_others(final):
            _remove_work(path, kind)
    except (OSError, KonomiError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise StorageError(
            f"{final} is written, but what it replaced could not be removed from {work}: {reason}. "
            "Remove that folder yourself"
        ) from error


def _remove_own(folder: Path, kind: Kind) -> None:
    """Remove the files that the manifest lists, the marker last, and the folder. Raises OSError, `kind.error`."""
    names, _ = kind.own_files(folder, content=False)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    parents = {parent for name in names for parent in (folder / name).parents if folder in parent.parents}
    for parent in sorted(parents, key=lambda one: len(one.parts), reverse=True):
        if parent.exists():
            parent.rmdir()
    folder.rmdir()


def _remove_unfinished(work: Path) -> None:
    """Remove the new folder of this run; an earlier one that could not be put back stays for the next run."""
    shutil.rmtree(work / NEW, ignore_errors=True)
    with suppress(OSError):
        if not (work / EARLIER).exists():
            (work / _TOKEN).unlink(missing_ok=True)
            work.rmdir()


def _remove_work(work: Path, kind: Kind) -> None:
    """Remove a folder in which konomi worked: whole folders file by file, an unfinished one as it is.

    Raises OSError, and `kind.error` never.
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
    """Mend what killed runs left: put an earlier folder back if there is none, remove the rest that is konomi's.

    Whether there was anything. The caller holds the folder, see `exclusive`.
    """
    final = resolved(final)
    left = _left_by_others(final)
    for work in left:
        with suppress(OSError, KonomiError):
            if not os.path.lexists(final) and (work / EARLIER).is_dir():
                (work / EARLIER).rename(final)
            _remove_work(work, kind)
    return bool(left)


def _left_by_others(final: Path) -> list[Path]:
    """The folders next to `final` in which killed runs worked, known by their name and the token inside."""
    own = re.compile(re.escape(hidden(final, "new-").name) + "[0-9a-f]{12}")
    try:
        found = [path for path in final.parent.iterdir() if own.fullmatch(path.name)]
    except OSError:
        return []
    mine = [path for path in found if path.is_dir() and not path.is_symlink()]
    return sorted(path for path in mine if (path / _TOKEN).is_file() or not any(path.iterdir()))


def _sync_all(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        sync(path)
