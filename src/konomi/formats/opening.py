"""Opening input files: a plain file, a gzip, or the members of a zip archive."""

import difflib
import gzip
import lzma
import os
import shutil
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from konomi import memory
from konomi.errors import InputFileError
from konomi.memory import in_words
from konomi.printable import one_line
from konomi.storage.parquet import is_utf8

PathLike = str | os.PathLike[str]

HEAD_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
# Each table of an archive is opened to detect its content; an archive of ratings has a few tables.
_MAX_TABLES = 1000
_TABLE_NAMES = (".csv", ".tsv", ".txt", ".dat", ".data", ".item", ".parquet", ".gz")
# Bytes that no text contains: all control characters but tab, line ends, form feed and escape.
_BINARY = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27})


@dataclass(frozen=True)
class Source:
    """One table, as bytes that are unpacked while they are read.

    path   : the file on disk.
    member : the name inside `path` if that is a zip archive.
    size   : bytes; of a file as it is on disk, of a member unpacked.
    """

    path: Path
    member: str | None
    size: int

    @property
    def name(self) -> str:
        """The file's name without folders, as one line for messages and reports."""
        return one_line(self.path.name if self.member is None else f"{self.path.name}:{self.member}")

    @property
    def basename(self) -> str:
        """The table's name in lower case, without folders, archive and `.gz`."""
        inner = self.path.name if self.member is None else self.member.rpartition("/")[2]
        return inner.lower().removesuffix(".gz")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The unpacked bytes as a stream.

        Raises InputFileError, also while the block reads: if the file is damaged, cut short, protected by a
        password, or may not be read.
        """
        try:
            with ExitStack() as stack:
                stream: IO[bytes] = stack.enter_context(self.path.open("rb"))
                if self.member is not None:
                    stream = stack.enter_context(self._open_member(stream))
                packed = stream.read(2) == b"\x1f\x8b"
                stream.seek(0)
                if packed:
                    stream = stack.enter_context(cast(IO[bytes], gzip.GzipFile(fileobj=stream)))
                yield stream
        except PermissionError as error:
            raise _unreadable(self.path, error) from error
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error) as error:
            raise InputFileError(
                f"{self.name} is damaged or cut short ({error}): fetch it again, or unpack it yourself"
            ) from error

    def _open_member(self, archive: IO[bytes]) -> IO[bytes]:
        try:
            return zipfile.ZipFile(archive).open(cast(str, self.member))
        except RuntimeError as error:  # a password, or a compression that Python lacks
            raise InputFileError(f"{self.name} cannot be unpacked ({error}): unpack it yourself") from error
        except (ValueError, KeyError, IndexError) as error:
            raise InputFileError(f"{self.path.name} is a damaged zip ({error}): fetch it again") from error

    def head(self) -> bytes:
        """The first HEAD_BYTES bytes. Raises InputFileError, also if the file is empty or is not a table."""
        with self.open() as stream:
            head = stream.read(HEAD_BYTES)
        if not head:
            raise InputFileError(f"{self.name} is empty; a table with a header and one line for each row is needed")
        if head[:4] == b"PAR1":
            if not self.basename.endswith(".parquet"):
                raise InputFileError(f"{self.name} is a Parquet file: rename it so that it ends in .parquet")
            return head
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputFileError(f"{self.name} is UTF-16 text; UTF-8 is needed: save it again as UTF-8")
        if head.translate(None, _BINARY) != head:
            raise InputFileError(
                f"{self.name} holds binary data; a text table (CSV), a .parquet, or a .gz or .zip of them is needed"
            )
        return head

    def read(self, *, most: int) -> bytes:
        """All bytes. Raises InputFileError, also if there are more than `most`."""
        with self.open() as stream:
            raw = stream.read(most + 1)
        if len(raw) > most:
            raise InputFileError(
                f"{self.name} is larger than {in_words(most)} unpacked, the most that fits into the free memory: "
                "close other programs, or give a smaller table"
            )
        return raw

    def parquet(self) -> "ParquetFile":
        """A Parquet table as a file on disk, which Polars reads in parts.

        It is a temporary copy if the table is packed, or if its path is not valid text.
        Raises InputFileError, also if a packed table is larger than the space for a temporary file.
        """
        packed = self.member is not None or not is_utf8(self.path)
        if not packed:
            with self.open() as stream:
                packed = isinstance(stream, gzip.GzipFile)
        return self._unpacked() if packed else ParquetFile(self.path)

    def _unpacked(self) -> "ParquetFile":
        remedy = "unpack it yourself and give the .parquet, or set TMPDIR to a folder with more space"
        try:
            folder = tempfile.gettempdir()
            # The temporary folder may be in memory (tmpfs).
            on_disk, in_memory = shutil.disk_usage(folder).free // 2, memory.free_bytes()
            file = tempfile.NamedTemporaryFile(prefix="konomi-", suffix=".parquet")  # noqa: SIM115 - ParquetFile's
        except OSError as error:
            raise InputFileError(f"{self.name} cannot be unpacked ({error}): {remedy}") from error
        unpacked = ParquetFile(Path(file.name))
        weakref.finalize(unpacked, file.close)
        most = on_disk if in_memory is None else min(on_disk, in_memory)
        whose = f"half of what is free in {folder}" if most == on_disk else "which is the memory that is free"
        n_bytes = 0
        with self.open() as stream:
            while block := stream.read(_BLOCK_BYTES):
                n_bytes += len(block)
                if n_bytes > most:
                    raise InputFileError(f"{self.name} is larger than {in_words(most)} unpacked, {whose}: {remedy}")
                try:
                    file.write(block)
                    file.flush()
                except OSError as error:
                    raise InputFileError(
                        f"{self.name} cannot be unpacked into {folder} ({error.strerror or error}): {remedy}"
                    ) from error
        return unpacked


@dataclass(frozen=True, eq=False)
class ParquetFile:
    """A Parquet table on disk.

    path : of the input file, or of a temporary copy that is removed with this object.
    """

    path: Path


def sources_in(path: PathLike) -> list[Source]:
    """The table at `path`, or the tables of a zip archive, in archive order.

    Raises InputFileError if the path is missing, empty, a folder or not readable, or if it is an archive that is
    damaged or has no tables.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise InputFileError(_missing(path))
        if path.is_dir():
            inside = sorted(entry.name for entry in path.iterdir() if entry.name.lower().endswith(_TABLE_NAMES))
            raise InputFileError(f"{path} is a folder, and a file is needed: name the file in it{_listed(inside)}")
        if not path.is_file():
            raise InputFileError(f"{path} is a pipe or device, and is read more than once: save it as a file first")
        size = path.stat().st_size
        with path.open("rb") as stream:
            magic = stream.read(4)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if size == 0:
        raise InputFileError(f"{path} is empty; a table with a header and one line for each row is needed")
    if magic not in (b"PK\x03\x04", b"PK\x05\x06"):
        return [Source(path, None, size)]
    return _members(path)


def _members(path: Path) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (
        OSError,
        EOFError,
        zipfile.BadZipFile,
        NotImplementedError,
        ValueError,
        struct.error,
        IndexError,
    ) as error:
        raise InputFileError(f"{path} is a damaged zip ({error}): fetch it again") from error
    tables = [
        entry
        for entry in entries
        if entry.filename.lower().endswith(_TABLE_NAMES) and not entry.filename.startswith("__MACOSX/")
    ]
    if not tables:
        held = _listed([entry.filename for entry in entries]) or " (it holds nothing)"
        raise InputFileError(f"{path} holds no table{held}: give an archive with a .csv, .dat or .parquet inside")
    if len(tables) > _MAX_TABLES:
        raise InputFileError(
            f"{path} holds {len(tables):,} tables, and at most {_MAX_TABLES:,} are looked at: "
            "make an archive of the ratings and the catalog alone"
        )
    return [Source(path, entry.filename, entry.file_size) for entry in tables]


def _missing(path: Path) -> str:
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=3)
    return f"there is no file {path}" + (
        f"; did you mean {one_line(', '.join(near))}?" if near else ": check the path"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    return f" ({one_line(shown)})" if names else ""


def _unreadable(path: Path, error: Exception) -> InputFileError:
    reason = (error.strerror if isinstance(error, OSError) else None) or error
    return InputFileError(f"{path} cannot be read ({reason}): check its permissions and name")
