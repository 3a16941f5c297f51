"""The footer of a Parquet file: the number of rows and unpacked bytes of each row group."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from konomi.errors import InputFileError
from konomi.memory import in_words

# The footer is in Thrift's compact protocol, where the fields of a struct have numbers.
# Source: parquet.thrift and thrift-compact-protocol.md of the Apache projects.
_ROW_GROUPS = 4  # of FileMetaData
_COLUMNS, _N_ROWS = 1, 3  # of RowGroup
_META_DATA = 3  # of ColumnChunk
_PATH, _UNPACKED = 3, 6  # of ColumnMetaData
_MAX_DEPTH = 32
# A row group takes about 150 bytes for each column: this is a thousand groups of a hundred columns.
_MAX_BYTES = 16 << 20


@dataclass(frozen=True)
class RowGroup:
    """Rows that a Parquet reader unpacks together.

    n_bytes : column -> its unpacked bytes; for a column of lists or structs the sum over its parts.
    """

    n_rows: int
    n_bytes: Mapping[str, int]


def row_groups(path: Path, name: str) -> list[RowGroup]:
    """The row groups of a Parquet file, from its footer.

    name : the file's name for messages.
    Raises InputFileError if the footer is damaged or larger than _MAX_BYTES.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        tail = file.read(8)
        n_bytes = struct.unpack("<I", tail[:4])[0] if len(tail) == 8 else 0
        if tail[4:] != b"PAR1" or not 0 < n_bytes <= size - 12:
            raise InputFileError(f"{name} is a damaged Parquet file (it has no footer): fetch it again")
        if n_bytes > _MAX_BYTES:
            raise InputFileError(
                f"{name} describes its columns in {in_words(n_bytes)}, at most {in_words(_MAX_BYTES)} are allowed: "
                "write the columns that are needed into a file with larger row groups"
            )
        file.seek(size - 8 - n_bytes)
        footer = file.read(n_bytes)
    try:
        return [_row_group(group) for group in _Compact(footer).struct().get(_ROW_GROUPS, [])]
    except (IndexError, KeyError, TypeError, AttributeError, ValueError, struct.error) as error:
        raise InputFileError(
            f"{name} is a damaged Parquet file (its footer cannot be read): fetch it again"
        ) from error


def _row_group(group: dict[int, Any]) -> RowGroup:
    n_bytes: dict[str, int] = {}
    for chunk in group.get(_COLUMNS, []):
        about = chunk[_META_DATA]
        column = about[_PATH][0].decode()
        n_bytes[column] = n_bytes.get(column, 0) + _count(about[_UNPACKED])
    return RowGroup(_count(group[_N_ROWS]), n_bytes)


def _count(value: int) -> int:
    if value < 0:
        raise ValueError(f"{value} is not a count")
    return value


class _Compact:
    """A reader of Thrift's compact protocol: structs as dicts by field number, strings as bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & 15
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        if kind in (1, 2, 3):  # in a list, a boolean is a byte
            return self._byte()
        if kind in (4, 5, 6):
            return self._zigzag()
        if kind == 7:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == 8:
            return self._bytes(self._varint())
        if kind in (9, 10):
            head = self._byte()
            n = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in range(n)]
        if kind == 12:
            return self.struct(depth + 1)
        raise ValueError(f"{kind} is not a type of a Parquet footer")

    def _byte(self) -> int:
        self._at += 1
        return self._raw[self._at - 1]

    def _bytes(self, n: int) -> bytes:
        taken = self._raw[self._at : self._at + n]
        if len(taken) < n:
            raise ValueError("cut short")
        self._at += n
        return taken

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number beyond 64 bits")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
