"""Where Numba keeps what it compiled: a folder can be written, and no other user can."""

import atexit
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import numba as nb

from konomi.errors import StorageError


def ensure_cache() -> None:
    """Have Numba find a folder for compiled code; to be called before the first kernel is imported.

    Numba takes $NUMBA_CACHE_DIR, the package's __pycache__ or the user's own cache folder. Where none of them can
    be written (a user without a home, on an installation of another user), kernels that are to be cached cannot
    even be imported. Then a folder of this user in the temporary folder is taken, with a note on standard error.
    Raises StorageError if no folder at all can be written.
    """
    try:
        nb.njit(cache=True)(_probe)  # chooses the folder and compiles nothing
    except RuntimeError:
        nb.config.CACHE_DIR = str(_temporary_cache())  # type: ignore[attr-defined]


def _probe() -> None: ...


def _temporary_cache() -> Path:
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
    """Whether this is a folder, made if need be, that only this user can write or replace.

    Numba runs what it finds in its cache, so a folder that another user made is not used.
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
