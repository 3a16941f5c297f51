"""The rows of ratings files, piece by piece: readable rows as typed columns, the others counted."""

import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.errors import InputFileError
from konomi.formats.dropped import LONGEST_ID, STATUSES, Dropped, reason_of
from konomi.formats.footer import RowGroup
from konomi.formats.layout import Head, RatingsLayout
from konomi.formats.lines import Lines, line_numbers, n_lines, whole_lines
from konomi.printable import brief

# The rows of a slice of Parquet unpack to this number of bytes, and are no more than these numbers of rows.
_PARQUET_BYTES = 64 << 20
_PARQUET_ROWS = 1 << 20
_PARQUET_ROWS_OF_TEXT = 1 << 18
# Parquet stores a long text once for all rows that repeat it; in a column of ids each row has a copy.
_LONGEST_TEXT = 2 * LONGEST_ID
_TOO_LONG = f"(a text of more than {_LONGEST_TEXT} bytes)".ljust(LONGEST_ID + 1, ".")
_ROLES = ("user", "item", "rating", "status")


@dataclass(frozen=True, eq=False)
class Piece:
    """Some readable rows, in file order.

    user, item : Int64 or String, without nulls.
    rating     : float32; NaN = not rated.
    status     : uint8, values of Status.
    progress   : the bytes of text or the rows of Parquet that were read for them.
    """

    user: pl.Series
    item: pl.Series
    rating: NDArray[np.float32]
    status: NDArray[np.uint8]
    progress: int


def read_rows(head: Head, layout: RatingsLayout, dropped: Dropped) -> Generator[Piece, None, None]:
    """All rows of one file; those that cannot be read are added to `dropped`.

    Raises InputFileError if the file is damaged.
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
        for lines in whole_lines(stream, head, layout, dropped):
            frame, quoted = parser.typed(lines)
            fields = _fields(frame, layout)
            bad = ~_readable(fields, layout)
            if bad.any():
                texts = parser.texts(lines, quoted)
                blank = texts.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
                rows = np.flatnonzero(bad & ~blank)
                if len(rows):
                    numbers = line_numbers(lines, head, rows, texts.height)
                    _explain(texts[rows], numbers, head, layout, dropped)
            yield _piece(fields, ~bad, layout, lines.n_bytes)


def _parquet_pieces(head: Head, layout: RatingsLayout, dropped: Dropped) -> Iterator[Piece]:
    indices = _column_indices(layout)
    for role, index in indices.items():
        if (head.schema or {})[head.names[index]].is_nested():
            raise InputFileError(
                f"column {head.names[index]} of {head.source.name} holds lists or structs, but each row needs one "
                f"{role}: give a table of plain columns"
            )
    table = head.scan().select(_bounded(head, index).alias(role) for role, index in indices.items())
    n_rows = _rows_at_once(head, layout)
    start = 0
    while True:
        frame = table.slice(start, n_rows).collect()
        if frame.height == 0:
            return
        typed = frame.with_columns(
            _cast(role, frame.schema[role], kind) for role, kind in _kinds(layout).items() if role in indices
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
    """The most bytes that are unpacked at one time: the needed columns of one row group; 0 for text."""
    return max((_needed_bytes(group, head, layout) for group in head.row_groups), default=0)


def _needed_bytes(group: RowGroup, head: Head, layout: RatingsLayout) -> int:
    return sum(group.n_bytes.get(head.names[index], 0) for index in set(_column_indices(layout).values()))


def _rows_at_once(head: Head, layout: RatingsLayout) -> int:
    widest = max(
        (_needed_bytes(group, head, layout) / group.n_rows for group in head.row_groups if group.n_rows), default=0
    )
    is_text = any(_is_text(head, index) for index in _column_indices(layout).values())
    most = _PARQUET_ROWS_OF_TEXT if is_text else _PARQUET_ROWS
    return max(1, min(most, int(_PARQUET_BYTES / widest))) if widest else most


def _is_text(head: Head, index: int) -> bool:
    kind = (head.schema or {})[head.names[index]]
    return isinstance(kind, pl.String | pl.Binary | pl.Categorical | pl.Enum)


def _bounded(head: Head, index: int) -> pl.Expr:
    """A column of Parquet in which a text that is too long for an id is replaced by a note."""
    column = pl.col(head.names[index])
    if not _is_text(head, index):
        return column
    text = column.cast(pl.String, strict=False)
    return pl.when(text.str.len_bytes() > _LONGEST_TEXT).then(pl.lit(_TOO_LONG)).otherwise(text)


class _Parser:
    """Polars' CSV reader with the settings for one file.

    Numbers replace the file's own header, so that it may have any names, even one name twice.
    """

    def __init__(self, head: Head, layout: RatingsLayout) -> None:
        self._separator = "\t" if head.separator == "::" else head.separator
        self._two_colons = head.separator == "::"
        self._header = (self._separator.join(str(index) for index in range(len(head.names))) + "\n").encode()
        self._indices = _column_indices(layout)
        self._kinds = _kinds(layout)
        self._fractions = [
            role
            for role in ("user", "item")
            if self._kinds[role] == pl.Int64 and head.holds_fractions(self._indices[role])
        ]
        kinds = {str(index): self._kinds[role] for role, index in self._indices.items()}
        kinds |= {str(self._indices[role]): pl.Float64 for role in self._fractions}
        self._schema = {str(index): kinds.get(str(index), pl.String) for index in range(len(head.names))}
        self._all_text = dict.fromkeys(self._schema, pl.String)
        self._multi_line = layout.format == "table"

    def typed(self, lines: Lines) -> tuple[pl.DataFrame, bool]:
        """The needed columns, null where a field cannot be read, and whether quotes were interpreted."""
        if lines.quoted:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # Polars warns if its threads disagree about quotes
                try:
                    frame = self._parse(lines.text, self._schema, quote='"')
                    if self._multi_line or frame.height == n_lines(lines.text):
                        return self._with_integer_ids(frame), True
                except (UserWarning, pl.exceptions.PolarsError):
                    pass
        return self._with_integer_ids(self._parse(lines.text, self._schema, quote=None)), False

    def texts(self, lines: Lines, quoted: bool) -> pl.DataFrame:
        """The same rows with all fields as text."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._parse(lines.text, self._all_text, quote='"' if quoted else None)

    def _with_integer_ids(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(_cast(role, frame.schema[role], pl.Int64) for role in self._fractions)

    def _parse(self, text: memoryview | bytes, schema: dict[str, Any], *, quote: str | None) -> pl.DataFrame:
        if self._two_colons:
            text = bytes(text).replace(b"::", b"\t")
        if any(schema[str(index)] == pl.String for index in self._indices.values()) and not _is_utf8(text):
            text = str(text, "latin-1").encode()
        frame = pl.read_csv(
            b"".join((self._header, text)),
            separator=self._separator,
            quote_char=quote,
            schema=schema,
            columns=sorted(set(self._indices.values())),
            ignore_errors=True,
            truncate_ragged_lines=True,
        )
        return frame.select(pl.col(str(index)).alias(role) for role, index in self._indices.items())


def _column_indices(layout: RatingsLayout) -> dict[str, int]:
    """role -> the index of its column, for the roles that the file has."""
    return {role: index for role in _ROLES if (index := getattr(layout, role)) is not None}


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
        column = pl.when(column == column.round()).then(column)  # 5.0 is an id, 5.5 is not
    return column.cast(kind, strict=False).alias(role)


@dataclass(frozen=True, eq=False)
class _Fields:
    """The columns of a piece, with unreadable fields as null, NaN, or 255 in `status`."""

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
    """bool (n,): whether the row has a user, an item, a rating on the scale and a known status."""
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
    """Add unreadable rows, as text with their line numbers, to `dropped`."""
    shown = pl.concat_str(pl.all().fill_null(""), separator=head.separator or ",")
    about = texts.select(reason_of(layout).alias("reason"), shown.alias("text"), pl.Series("line", numbers))
    by_reason = about.group_by("reason", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("line").head(3), pl.col("text").head(3)
    )
    for reason, count, lines, shown_texts in by_reason.iter_rows():
        dropped.add(reason, file=head.source.name, count=count, lines=lines, texts=shown_texts)


def _is_utf8(text: memoryview | bytes) -> bool:
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        return False
    return True
