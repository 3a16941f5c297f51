"""OpenFolder: one version of a folder, held by a handle, whose files are mapped or read."""

import errno
import json
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.storage.manifest import digest_of

# Errors that mean that a file is missing or is something else. Any other says nothing about the content.
NOT_AS_WRITTEN = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV}
_MAX_HEADER = 10_000
# NumPy reads a header as Python's own text, first by its parser and then by its tokenizer.
_NO_HEADER = (SyntaxError, TokenError, RecursionError, MemoryError, TypeError, ValueError, OverflowError, KeyError)


@dataclass(frozen=True, eq=False)
class OpenFolder:
    """A folder held by a directory handle, so a folder that replaces it at its path has no effect.

    path   : the path at which it was opened, for messages.
    handle : the file descriptor of the folder that is held.
    about  : the content of the marker file.
    prefix : the path of this folder inside the one that is held, with a / at its end; "" for that folder itself.
    """

    path: Path
    handle: int
    about: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""

    def with_marker(self, about: dict[str, Any]) -> "OpenFolder":
        """The same folder with the content of its marker."""
        return replace(self, about=about)

    def below(self, name: str) -> "OpenFolder":
        """The folder `name` inside this one, with the same handle and its part of the manifest."""
        about = {}
        if "files" in self.about:
            start = f"{name}/"
            files = self.about["files"].items()
            about["files"] = {path.removeprefix(start): entry for path, entry in files if path.startswith(start)}
        return replace(self, path=self.path / name, prefix=f"{self.prefix}{name}/", about=about)

    def marker(self, name: str) -> dict[str, Any]:
        """The content of the marker file `name`. A folder inside another one has a marker of its own.

        Raises OSError, ValueError, TypeError.
        """
        if not self.prefix:
            return self.about
        return dict(json.loads(self.content(name)))

    def has(self, name: str) -> bool:
        """Whether the folder has this file, according to its manifest if it has one."""
        if "files" in self.about:
            return name in self.about["files"]
        try:
            os.stat(self.prefix + name, dir_fd=self.handle)
        except FileNotFoundError:
            return False
        return True

    def array(self, name: str) -> NDArray[Any]:
        """The array in the file `name`.npy, memory-mapped and read-only.

        Raises OSError; ValueError if the file is not an array, or has another size than in the manifest.
        """
        with os.fdopen(self._open(f"{name}.npy"), "rb") as file:
            return _mapped(file, f"{name}.npy")

    def content(self, name: str) -> bytes:
        """The content of a file, after its digest is compared with the manifest. Raises OSError, ValueError."""
        raw = self.raw(name)
        entry = self.about.get("files", {}).get(name)
        if entry is not None and digest_of(raw) != entry["sha256"]:
            raise ValueError(f"{name} has another digest than in the manifest")
        return raw

    def raw(self, name: str, *, limit: int | None = None) -> bytes:
        """The content of a file, without a check. Raises OSError, and ValueError for more than `limit` bytes."""
        with os.fdopen(self._open(name), "rb") as file:
            if limit is not None and os.fstat(file.fileno()).st_size > limit:
                raise ValueError(f"{name} has more than {limit:,} bytes")
            return file.read()

    def was_replaced(self) -> bool:
        """Whether the path now has another folder, or none."""
        try:
            current = os.stat(self.path)
        except OSError:
            return True
        return not os.path.samestat(current, os.fstat(self.handle))

    def _open(self, name: str) -> int:
        # O_NONBLOCK: a pipe in place of a file must not block.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(self.prefix + name, flags, dir_fd=self.handle)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{name} is not a regular file")
            files = self.about.get("files")
            if files is not None and name not in files:
                raise ValueError(f"{name} is not in the manifest")
            if files is not None and files[name]["bytes"] != status.st_size:
                raise ValueError(f"{name} has {status.st_size:,} bytes, the manifest says {files[name]['bytes']:,}")
        except BaseException:
            os.close(handle)
            raise
        return handle


@contextmanager
def open_folder(path: Path) -> Iterator[OpenFolder]:
    """The folder at `path`, held while the block runs. Mapped arrays stay usable afterwards. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield OpenFolder(path, handle)
    finally:
        os.close(handle)


def _mapped(file: Any, name: str) -> NDArray[Any]:
    """The array in an open .npy file, as a read-only np.ndarray over the mapped file.

    Not a np.memmap: each of its views is a memmap too, which is slow for small arrays.
    """
    npy = np.lib.format
    try:
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"format {version}")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran_order, dtype = read(file, max_header_size=_MAX_HEADER)
    except _NO_HEADER as error:
        raise ValueError(f"{name} is not an array ({error})") from error
    if fortran_order or dtype.kind not in "biufU" or not dtype.isnative or any(size < 0 for size in shape):
        raise ValueError(f"{name} holds {dtype} {shape}{' by columns' if fortran_order else ''}")
    start, size = file.tell(), os.fstat(file.fileno()).st_size
    n_values = 1
    for length in shape:
        n_values *= length
    if start + n_values * dtype.itemsize != size:
        raise ValueError(f"{name} has {size:,} bytes, too many or too few for {dtype} {shape}")
    return np.ndarray(shape, dtype, buffer=mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), offset=start)
