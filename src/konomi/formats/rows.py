"""The rows of ratings files, a piece at a time: the readable ones as typed columns, the others counted."""

import csv
import io
import warnings
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.errors import InputFileError
from konomi.formats.dropped import LONGEST_ID, STATUSES, Dropped, reason_of
from konomi.formats.footer import RowGroup
from konomi.formats.layout import Head, RatingsLayout
from konomi.printable import brief

# Small enough that a piece's columns stay in the processor's cache, large enough that Polars starts for free.
PIECE_BYTES = 8 << 20
_LONGEST_LINE_BYTES = 64 << 20
# Of short lines a piece holds many, and each takes more in columns than in the file.
_MAX_LINES = 1 << 19
# A slice of Parquet has as many rows as unpack to that many bytes, at most _PARQUET_ROWS, and fewer of texts.
_PARQUET_BYTES = 64 << 20
_PARQUET_ROWS = 1 << 20
_PARQUET_ROWS_OF_TEXT = 1 << 18
# Parquet holds a long text once, however many rows repeat it; in columns of ids each row would have its own.
_LONGEST_TEXT = 2 * LONGEST_ID
_TOO_LONG = f"(a text of more than {_LONGEST_TEXT} bytes)".ljust(LONGEST_ID + 1, ".")
_ROLES = ("user", "item", "rating", "status")


@dataclass(frozen=True, eq=False)
class Piece:
    """Some readable rows, in file order.

    user, item : Int64 or String, without nulls.
    rating     : float32; NaN = not rated.
    status     : uint8, values of Status.
    progress   : how far these rows bring the reading, in bytes of text or rows of Parquet.
    """

    user: pl.Series
    item: pl.Series
    rating: NDArray[np.float32]
    status: NDArray[np.uint8]
    progress: int


@dataclass(frozen=True)
class _Lines:
    """Whole lines of a text table.

    first_line : the 1-based number of the first of them.
    quoted     : whether quotes mean something in them.
    n_bytes    : how much of the file they take up, the header before them included.
    """

    text: memoryview
    first_line: int
    quoted: bool
    n_bytes: int


def read_rows(head: Head, layout: RatingsLayout, dropped: Dropped) -> Generator[Piece, None, None]:
    """All rows of one file; those that cannot be read are added to `dropped`.

    Raises InputFileError if the file turns out to be damaged.
    """
    try:
        yield from (_parquet_pieces if head.schema is not None else _text_pieces)(head, layout, dropped)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputFileError(
            f"{head.source.name} cannot be read as a table ({brief(error)}): fetch it again"
        ) from error


def _text_pieces(head: Head, layout: RatingsLayout, dropped: Dropped) -> Iterator[Piece]:
    parser = _Parser(head, layout)
    with head.source.open() as stream:
        for lines in _whole_lines(stream, head, layout, dropped):
            frame, quoted = parser.typed(lines)
            fields = _fields(frame, layout)
            bad = ~_readable(fields, layout)
            if bad.any():
                texts = parser.texts(lines, quoted)
                blank = texts.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
                rows = np.flatnonzero(bad & ~blank)
                if len(rows):
                    numbers = _line_numbers(lines, head, rows, texts.height)
                    _explain(texts[rows], numbers, head, layout, dropped)
            yield _piece(fields, ~bad, layout, lines.n_bytes)


def _parquet_pieces(head: Head, layout: RatingsLayout, dropped: Dropped) -> Iterator[Piece]:
    places = _places(layout)
    for role, place in places.items():
        if (head.schema or {})[head.names[place]].is_nested():
            raise InputFileError(
                f"column {head.names[place]} of {head.source.name} holds lists or structs, and each row needs one "
                f"{role}: give a table of plain columns"
            )
    table = head.scan().select(_bounded(head, place).alias(role) for role, place in places.items())
    n_rows = _rows_at_once(head, layout)
    start = 0
    while True:
        frame = table.slice(start, n_rows).collect()
        if frame.height == 0:
            return
        typed = frame.with_columns(
            _cast(role, frame.schema[role], kind) for role, kind in _kinds(layout).items() if role in places
        )
        fields = _fields(typed, layout)
        bad = ~_readable(fields, layout)
        if bad.any():
            rows = np.flatnonzero(bad)
            texts = frame[rows].select(pl.all().cast(pl.String, strict=False))
            _explain(texts, (rows + start + 1).tolist(), head, layout, dropped)
        start += frame.height
        yield _piece(fields, ~bad, layout, frame.height)


def unpacked_at_once(head: Head, layout: RatingsLayout) -> int:
    """Bytes that reading a table of ratings unpacks at the same time: a row group's columns; 0 for text."""
    return max((_needed_bytes(group, head, layout) for group in head.row_groups), default=0)


def _needed_bytes(group: RowGroup, head: Head, layout: RatingsLayout) -> int:
    return sum(group.n_bytes.get(head.names[place], 0) for place in set(_places(layout).values()))


def _rows_at_once(head: Head, layout: RatingsLayout) -> int:
    widest = max(
        (_needed_bytes(group, head, layout) / group.n_rows for group in head.row_groups if group.n_rows), default=0
    )
    is_text = any(_is_text(head, place) for place in _places(layout).values())
    most = _PARQUET_ROWS_OF_TEXT if is_text else _PARQUET_ROWS
    return max(1, min(most, int(_PARQUET_BYTES / widest))) if widest else most


def _is_text(head: Head, place: int) -> bool:
    kind = (head.schema or {})[head.names[place]]
    return isinstance(kind, pl.String | pl.Binary | pl.Categorical | pl.Enum)


def _bounded(head: Head, place: int) -> pl.Expr:
    """A column of Parquet whose long texts, which no id is, are replaced by a note."""
    column = pl.col(head.names[place])
    if not _is_text(head, place):
        return column
    text = column.cast(pl.String, strict=False)
    return pl.when(text.str.len_bytes() > _LONGEST_TEXT).then(pl.lit(_TOO_LONG)).otherwise(text)


class _Parser:
    """Polars' CSV reader, set up for one file.

    The file's own header is replaced by numbers, so that it may hold any names, even one twice.
    """

    def __init__(self, head: Head, layout: RatingsLayout) -> None:
        self._separator = "\t" if head.separator == "::" else head.separator
        self._two_colons = head.separator == "::"
        self._header = (self._separator.join(str(place) for place in range(len(head.names))) + "\n").encode()
        self._places = _places(layout)
        self._kinds = _kinds(layout)
        self._fractions = [
            role
            for role in ("user", "item")
            if self._kinds[role] == pl.Int64 and head.holds_fractions(self._places[role])
        ]
        kinds = {str(place): self._kinds[role] for role, place in self._places.items()}
        kinds |= {str(self._places[role]): pl.Float64 for role in self._fractions}
        self._schema = {str(place): kinds.get(str(place), pl.String) for place in range(len(head.names))}
        self._all_text = dict.fromkeys(self._schema, pl.String)
        self._multi_line = layout.format == "table"

    def typed(self, lines: _Lines) -> tuple[pl.DataFrame, bool]:
        """The needed columns, null where a field cannot be read, and whether quotes were heeded."""
        if lines.quoted:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # Polars warns when quotes lead its threads astray
                try:
                    frame = self._parse(lines.text, self._schema, quote='"')
                    if self._multi_line or frame.height == _n_lines(lines.text):
                        return self._with_integer_ids(frame), True
                except (UserWarning, pl.exceptions.PolarsError):
                    pass
        return self._with_integer_ids(self._parse(lines.text, self._schema, quote=None)), False

    def texts(self, lines: _Lines, quoted: bool) -> pl.DataFrame:
        """The same rows with every field as text."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._parse(lines.text, self._all_text, quote='"' if quoted else None)

    def _with_integer_ids(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(_cast(role, frame.schema[role], pl.Int64) for role in self._fractions)

    def _parse(self, text: memoryview | bytes, schema: dict[str, Any], *, quote: str | None) -> pl.DataFrame:
        if self._two_colons:
            text = bytes(text).replace(b"::", b"\t")
        if any(schema[str(place)] == pl.String for place in self._places.values()) and not _is_utf8(text):
            text = str(text, "latin-1").encode()
        frame = pl.read_csv(
            b"".join((self._header, text)),
            separator=self._separator,
            quote_char=quote,
            schema=schema,
            columns=sorted(set(self._places.values())),
            ignore_errors=True,
            truncate_ragged_lines=True,
        )
        return frame.select(pl.col(str(place)).alias(role) for role, place in self._places.items())


def _whole_lines(stream: IO[bytes], head: Head, layout: RatingsLayout, dropped: Dropped) -> Iterator[_Lines]:
    """The lines after the header, some megabytes at a time, never cut inside a line or a quoted field."""
    rest = b""
    line = 1
    at_start = True
    while block := stream.read(PIECE_BYTES):
        block = rest + block
        if at_start:
            block = block.removeprefix(b"\xef\xbb\xbf")
        end, quoted = _end_of_last_row(block)
        rest = block[end:]
        if len(rest) > _LONGEST_LINE_BYTES:
            raise InputFileError(
                f"line {line} of {head.source.name} has no end: a table with one line a row is needed"
            )
        start = block.find(b"\n") + 1 if at_start and layout.has_header else 0
        if end:
            at_start = False
            line += start > 0
            text = memoryview(block)[start:end]
            yield from _in_parts(_Lines(text, line, quoted, end))
            line += _n_line_ends(text)
    if rest and not (at_start and layout.has_header):
        separators = rest.count(head.separator.encode())
        if separators < len(head.names) - 1 and b'"' not in rest:
            shown = rest[:100].decode("utf-8", "replace")
            dropped.add("the last line is cut short", file=head.source.name, count=1, lines=[line], texts=[shown])
        else:
            yield _Lines(memoryview(rest), line, b'"' in rest and rest.count(b'"') % 2 == 0, len(rest))


def _in_parts(lines: _Lines) -> Iterator[_Lines]:
    """The same lines, at most _MAX_LINES at a time; quoted ones stay together, since a field may hold line ends."""
    if lines.quoted or _n_line_ends(lines.text) <= _MAX_LINES:
        yield lines
        return
    ends = np.flatnonzero(np.frombuffer(lines.text, dtype=np.uint8) == ord("\n"))[_MAX_LINES - 1 :: _MAX_LINES] + 1
    bounds = [0, *ends.tolist(), len(lines.text)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        if end > start:
            n_bytes = end - start if number else end + lines.n_bytes - len(lines.text)
            yield _Lines(lines.text[start:end], lines.first_line + number * _MAX_LINES, False, n_bytes)


def _end_of_last_row(block: bytes) -> tuple[int, bool]:
    """Where the last whole row of `block` ends (0 if none does), and whether its quotes come in pairs.

    A line end inside a quoted field ends no row. Where a quote never closes, no line ends outside of it; then
    quotes mean nothing in this block and lines are rows.
    """
    end = block.rfind(b"\n") + 1
    if b'"' not in block:
        return end, False
    last = end
    open_quotes = block.count(b'"', 0, end)
    while open_quotes % 2 and end > 0:
        before = block.rfind(b"\n", 0, end - 1) + 1
        open_quotes -= block.count(b'"', before, end)
        end = before
    return (end, True) if end > 0 else (last, False)


def _places(layout: RatingsLayout) -> dict[str, int]:
    """role -> place of its column, for the roles that the file has."""
    return {role: place for role in _ROLES if (place := getattr(layout, role)) is not None}


def _kinds(layout: RatingsLayout) -> dict[str, Any]:
    return {
        "user": pl.Int64 if layout.integer_users else pl.String,
        "item": pl.Int64 if layout.integer_items else pl.String,
        "rating": pl.Float32,
        "status": pl.UInt8,
    }


def _cast(role: str, found: Any, kind: Any) -> pl.Expr:
    column = pl.col(role)
    if kind == pl.Int64 and found.is_float():
        column = pl.when(column == column.round()).then(column)  # 5.0 is an id, 5.5 is none
    return column.cast(kind, strict=False).alias(role)


@dataclass(frozen=True, eq=False)
class _Fields:
    """The columns of a piece before it is known which rows are readable; `status` is 255 where it is not."""

    user: pl.Series
    item: pl.Series
    rating: NDArray[np.float32] | None
    status: NDArray[np.uint8] | None


def _fields(frame: pl.DataFrame, layout: RatingsLayout) -> _Fields:
    return _Fields(
        _id_column(frame["user"]),
        _id_column(frame["item"]),
        None if layout.rating is None else frame["rating"].to_numpy(),
        None if layout.status is None else frame["status"].fill_null(255).to_numpy(),
    )


def _id_column(ids: pl.Series) -> pl.Series:
    if ids.dtype != pl.String:
        return ids
    ids = ids.str.strip_chars()
    usable = (ids.str.len_bytes() <= LONGEST_ID) & (ids != "") & ~ids.str.contains("\0", literal=True)
    return ids if usable.all() and not ids.has_nulls() else ids.set(~usable.fill_null(value=False), None)


def _readable(fields: _Fields, layout: RatingsLayout) -> NDArray[np.bool_]:
    """bool (n,): which rows hold a user, an item, a rating on the scale and a known status."""
    readable = np.ones(len(fields.user), dtype=np.bool_)
    for ids in (fields.user, fields.item):
        if ids.has_nulls():
            readable &= ids.is_not_null().to_numpy()
    if fields.rating is not None:
        if layout.scale is None:
            readable &= np.isfinite(fields.rating)
        else:
            low, high = layout.scale
            inside = (fields.rating >= low) & (fields.rating <= high)
            for number in layout.not_rated:
                inside |= fields.rating == number
            readable &= inside
    if fields.status is not None:
        known = np.zeros(256, dtype=np.bool_)
        known[list(STATUSES)] = True
        readable &= known[fields.status]
    return readable


def _piece(fields: _Fields, kept: NDArray[np.bool_], layout: RatingsLayout, progress: int) -> Piece:
    user, item, rating, status = fields.user, fields.item, fields.rating, fields.status
    if rating is None:
        rating = np.full(len(kept), np.nan, dtype=np.float32)
    if status is None:
        status = np.zeros(len(kept), dtype=np.uint8)
    if not kept.all():
        chosen = pl.Series(kept)
        user, item, rating, status = user.filter(chosen), item.filter(chosen), rating[kept], status[kept]
    unrated = np.zeros(len(rating), dtype=np.bool_)
    for number in layout.not_rated:
        unrated |= rating == number
    return Piece(user, item, np.where(unrated, np.float32(np.nan), rating), status, progress)


def _explain(texts: pl.DataFrame, numbers: list[int], head: Head, layout: RatingsLayout, dropped: Dropped) -> None:
    """Add unreadable rows, given as text with their line numbers, to `dropped`."""
    shown = pl.concat_str(pl.all().fill_null(""), separator=head.separator or ",")
    about = texts.select(reason_of(layout).alias("reason"), shown.alias("text"), pl.Series("line", numbers))
    by_reason = about.group_by("reason", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("line").head(3), pl.col("text").head(3)
    )
    for reason, count, lines, shown_texts in by_reason.iter_rows():
        dropped.add(reason, file=head.source.name, count=count, lines=lines, texts=shown_texts)


def _line_numbers(lines: _Lines, head: Head, rows: NDArray[np.int64], n_rows: int) -> list[int]:
    """The 1-based line on which each of these rows begins."""
    if not lines.quoted or n_rows == _n_lines(lines.text):
        return [int(row) + lines.first_line for row in rows]
    reader = csv.reader(io.StringIO(str(lines.text, "latin-1")), delimiter=head.separator)
    begins = [lines.first_line]
    with suppress(csv.Error):  # a field of monstrous size: numbers after it are approximate
        begins += [lines.first_line + reader.line_num for _ in reader]
    return [begins[min(int(row), len(begins) - 1)] for row in rows]


def _n_lines(text: memoryview) -> int:
    return _n_line_ends(text) + (bytes(text[-1:]) != b"\n")


def _n_line_ends(text: memoryview) -> int:
    # Three times as fast as bytes.count.
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")))


def _is_utf8(text: memoryview | bytes) -> bool:
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        return False
    return True
