"""The folder of compiled kernels: this user can write to it, and no other user can."""

import atexit
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import numba as nb

from konomi.errors import StorageError
from konomi.kernels.compiled import kernel


def ensure_cache() -> None:
    """Make sure that Numba has a folder for compiled code. It must be called before the first kernel is imported.

    Numba uses $NUMBA_CACHE_DIR, the package's __pycache__ or the user's cache folder. If it can write to none of
    them (the user has no home folder, and the package belongs to another user), importing a cached kernel fails.
    In that case this function selects a private folder in the temporary folder, with a note on standard error.
    Raises StorageError if no folder can be written.
    """
    try:
        kernel(_probe)  # selects the folder and compiles nothing
    except RuntimeError:
        nb.config.CACHE_DIR = str(_temporary_cache())  # type: ignore[attr-defined]


def _probe() -> None: ...


def _temporary_cache() -> Path:
    """A folder that only this user can write to; one that is removed at exit if the usual name is not private."""
    advice = "set NUMBA_CACHE_DIR to a folder of your own"
    try:
        folder = Path(tempfile.gettempdir()) / f"konomi-numba-{os.getuid()}"
        if _is_private(folder):
            _note(f"compiled code is kept in {folder}, since no other folder for it can be written: {advice}")
            return folder
        folder = Path(tempfile.mkdtemp(prefix="konomi-numba-"))
    except OSError as error:
        raise StorageError(f"no folder can be written for compiled code ({error}): {advice}") from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _note(f"everything is compiled again in each run, since no cache can be written: {advice}")
    return folder


def _is_private(folder: Path) -> bool:
    """Whether only this user can write to this folder or replace it. The folder is made if it does not exist.

    Numba runs the code that it finds in its cache, so a folder that another user can write to is not used.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        parent, own = folder.parent.stat(), folder.lstat()
    except OSError:
        return False
    others_may_replace = parent.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not parent.st_mode & stat.S_ISVTX
    is_own = stat.S_ISDIR(own.st_mode) and own.st_uid == os.getuid() and not own.st_mode & 0o077
    return is_own and not others_may_replace and os.access(folder, os.W_OK)


def _note(text: str) -> None:
    print(f"konomi: {text}", file=sys.stderr)
