"""The head of a table, which is read first, and the layout of its ratings."""

import csv
import re
from dataclasses import dataclass
from typing import Any

import polars as pl

from konomi.errors import InputFileError
from konomi.formats.footer import RowGroup, row_groups
from konomi.formats.opening import ParquetFile, Source
from konomi.printable import brief

Columns = dict[str, str | None]

_SEPARATORS = (",", "\t", ";", "|")
# Integers, also as `5.0`: pandas writes integers like this if the column had missing values.
_INTEGER = re.compile(r"\s*[+-]?(0|[1-9][0-9]*)(\.0+)?\s*")


@dataclass(frozen=True, kw_only=True)
class Head:
    """The beginning of a table.

    separator  : between the fields of a text table; "" for Parquet.
    first_line : of a text table, without its line end; "" for Parquet.
    names      : the fields of the first line, or Parquet's column names, without surrounding space.
    schema     : Parquet's column types; None for text.
    sample     : the fields of at most 1,000 rows after the first line; empty for Parquet.
    parquet    : the file on disk of a Parquet table; None for text.
    row_groups : the groups of rows of a Parquet table; empty for text.
    """

    source: Source
    separator: str
    first_line: str
    names: tuple[str, ...]
    schema: dict[str, Any] | None
    sample: list[list[str]]
    parquet: ParquetFile | None = None
    row_groups: tuple[RowGroup, ...] = ()

    def scan(self) -> pl.LazyFrame:
        """The rows of a Parquet table."""
        if self.parquet is None:
            raise ValueError(f"{self.source.name} is a text table: use rows.read_rows")
        return pl.scan_parquet(self.parquet.path)

    @property
    def n_rows(self) -> int:
        """The number of rows of a Parquet table, from its footer."""
        return sum(group.n_rows for group in self.row_groups)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names in the form in which they are compared; see `comparable`."""
        return tuple(comparable(name) for name in self.names)

    def index_of(self, *synonyms: str) -> int | None:
        """The index of the first of these names that is among `keys`, or None."""
        return next((self.keys.index(one) for one in synonyms if one in self.keys), None)

    def holds_fractions(self, index: int) -> bool:
        """Whether the sample of this column has decimal points."""
        if self.schema is not None:
            return bool(self.schema[self.names[index]].is_float())
        return any("." in row[index] for row in self.sample if index < len(row))

    def holds_integers(self, index: int) -> bool:
        """Whether the sample of this column consists of integers.

        More than half must be integers, and none may begin with a zero, which would be lost (as in ISBNs).
        """
        if self.schema is not None:
            dtype = self.schema[self.names[index]]
            return bool(dtype.is_integer() or dtype.is_float())
        texts = [row[index] for row in self.sample if index < len(row) and row[index].strip()]
        if any(text.strip().isdigit() and not _INTEGER.fullmatch(text) for text in texts):
            return False
        return 2 * sum(_INTEGER.fullmatch(text) is not None for text in texts) > len(texts) or not texts


@dataclass(frozen=True, kw_only=True)
class RatingsLayout:
    """How one file of ratings is read.

    format   : the family, "mal", "movielens" or "table".
    has_header : whether the first line has names.
    user, item, rating, status : column indices; None if the file has no such column.
    integer_users, integer_items : whether the ids are integers, else strings.
    scale     : the lowest and the highest rating; None = any finite number.
    not_rated : numbers in the rating column that mean "watched, not rated".
    """

    format: str
    has_header: bool
    user: int
    item: int
    rating: int | None
    status: int | None
    integer_users: bool
    integer_items: bool
    scale: tuple[float, float] | None
    not_rated: tuple[float, ...]


def comparable(name: str) -> str:
    """A column name in the form in which it is compared: `User-ID`, `user id` and ` user_id` are equal."""
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def read_head(source: Source) -> Head:
    """The beginning of a table. Raises InputFileError if it is missing, empty, binary or damaged."""
    head = source.head()
    if head[:4] == b"PAR1":
        return _parquet_head(source)
    lines = decode(head.removeprefix(b"\xef\xbb\xbf")).replace("\r\n", "\n").split("\n")
    first = lines[0]
    separator = "::" if "::" in first else max(_SEPARATORS, key=first.count)
    rows = _fields(lines, separator)
    names = tuple(name.strip() for name in rows[0]) if rows else ("",)
    # The last line of the sample may be incomplete, but a table with one row has no other.
    sample = rows[1:1001] if len(rows) < 3 else rows[1 : min(1001, len(rows) - 1)]
    return Head(source=source, separator=separator, first_line=first, names=names, schema=None, sample=sample)


def decode(raw: bytes) -> str:
    """Text from UTF-8 bytes, or from Latin-1 if they are not UTF-8. The last character may be incomplete."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        return raw[: error.start].decode() if error.start >= len(raw) - 3 else raw.decode("latin-1")


def columns_needed(head: Head, needed: str) -> InputFileError:
    """The error for a table without the needed columns."""
    found = ", ".join(head.names[:40])[:400]
    message = f"{head.source.name} has the columns {found}; {needed}"
    if all(re.fullmatch(r"[\d.\s]+", name) for name in head.names):
        message += ". Its first line has numbers: add a line of column names above it"
    return InputFileError(message)


def _fields(lines: list[str], separator: str) -> list[list[str]]:
    if separator == "::":
        return [line.split("::") for line in lines]
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return [line.split(separator) for line in lines]


def _parquet_head(source: Source) -> Head:
    file = source.parquet()
    try:
        groups = tuple(row_groups(file.path, source.name))
        schema = dict(pl.read_parquet_schema(file.path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputFileError(f"{source.name} is a damaged Parquet file ({brief(error)}): fetch it again") from error
    return Head(
        source=source,
        separator="",
        first_line="",
        names=tuple(schema),
        schema=schema,
        sample=[],
        parquet=file,
        row_groups=groups,
    )
