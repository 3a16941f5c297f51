"""Reads catalogs of any family, which the header decides, into one frame of items."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from konomi import memory
from konomi.errors import InputFileError
from konomi.formats import mal, movielens, table
from konomi.formats.layout import Head, columns_needed, read_head
from konomi.formats.opening import Source
from konomi.memory import most_that_fits, need_of_catalog, require
from konomi.printable import brief

_NEEDED = (
    "a catalog needs an item id (MAL_ID, anime_id, movieId, item_id, ...) and a title or other facts: rename the "
    "columns, or in Python give columns={'item_id': ..., 'title': ...}"
)
# The limit if the free memory is unknown; no catalog is that large.
_LARGEST = 1 << 40
_BETWEEN_FIELDS = (b",", b"\t", b";", b"|", b"::", b"\n")
_NEEDED_SYNOPSIS = "a file of synopses needs an item id (MAL_ID, anime_id, item_id) and sypnopsis or synopsis"


@dataclass(frozen=True, eq=False)
class KnownItems:
    """The items of a catalog file.

    frame  : `item_id`, Int64 or String, each once, without nulls; and any columns of a Catalog.
    source : the file.
    n_rows : the number of rows of the file.
    notes  : remarks about rows that were left out.
    """

    frame: pl.DataFrame
    source: Source
    n_rows: int
    notes: list[str]


def is_catalog(head: Head, columns: Mapping[str, str | None]) -> bool:
    """Whether this is the head of a catalog of any family."""
    return mal.is_catalog(head) or movielens.is_catalog(head) or table.is_catalog(head, columns)


def read_catalog(source: Source, columns: Mapping[str, str | None], *, integer_ids: bool) -> KnownItems:
    """The items of a catalog file.

    integer_ids : whether the ratings name items by integers, else by strings.
    Raises InputFileError if the file is not a catalog.
    """
    head = read_head(source)
    chosen = bool(columns.keys() & table.ITEM_COLUMNS.keys())
    if not (chosen and table.is_catalog(head, columns)) and not is_catalog(head, columns):
        raise columns_needed(head, _NEEDED)
    rows, notes = all_rows(head, has_header=head.schema is not None or movielens.has_catalog_header(head))
    try:
        if chosen:
            frame = table.catalog(rows, head, columns)
        elif mal.is_catalog(head):
            frame = mal.catalog(as_text(rows))
        elif movielens.is_catalog(head):
            frame = movielens.catalog(as_text(rows))
        else:
            frame = table.catalog(rows, head, columns)
    except pl.exceptions.PolarsError as error:
        raise InputFileError(f"{source.name} cannot be read as a catalog ({brief(error)})") from error
    return _known(frame, source, notes, integer_ids=integer_ids)


def read_synopses(source: Source, *, integer_ids: bool) -> KnownItems:
    """The items and synopses of `anime_with_synopsis.csv` or of any table that has both.

    Raises InputFileError if the file has no such columns.
    """
    head = read_head(source)
    rows, notes = all_rows(head, has_header=True)
    try:
        frame = mal.synopses(as_text(rows))
    except pl.exceptions.PolarsError as error:
        raise InputFileError(f"{source.name} cannot be read as a file of synopses ({brief(error)})") from error
    if frame is None:
        raise columns_needed(head, _NEEDED_SYNOPSIS)
    return _known(frame, source, notes, integer_ids=integer_ids)


def _known(frame: pl.DataFrame, source: Source, notes: list[str], *, integer_ids: bool) -> KnownItems:
    ids = frame["item_id"]
    if integer_ids:
        ids = ids.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    elif ids.has_nulls() or (ids == "").any():
        ids = ids.set(ids == "", None)
    known = frame.with_columns(ids.alias("item_id")).drop_nulls("item_id")
    if known.height < frame.height:
        kind = "integer " if integer_ids else ""
        notes = [*notes, f"{source.name}: {frame.height - known.height:,} rows without {kind}item id were left out"]
    single = known.unique("item_id", keep="last", maintain_order=True)
    if single.height < known.height:
        notes = [
            *notes,
            f"{source.name}: of {known.height - single.height:,} repeated item ids the last row counts",
        ]
    return KnownItems(single, source, frame.height, notes)


def all_rows(head: Head, *, has_header: bool) -> tuple[pl.DataFrame, list[str]]:
    """The whole table, as text unless it is Parquet, and a note if it was read as Latin-1."""
    source = head.source
    free = memory.free_bytes()
    try:
        if head.schema is not None:
            _require_parquet(head, free)
            return head.scan().collect(), []
        most = most_that_fits(need_of_catalog, _LARGEST, _LARGEST if free is None else free)
        raw = source.read(most=most).removeprefix(b"\xef\xbb\xbf")
        _require(len(raw), sum(raw.count(one) for one in _BETWEEN_FIELDS), source, free)
        notes = []
        try:
            raw.decode()
        except UnicodeDecodeError:
            raw = raw.decode("latin-1").encode()
            notes.append(f"{source.name} is not UTF-8, so it was read as Latin-1")
        separator = head.separator
        if separator == "::":
            raw, separator = raw.replace(b"::", b"\t"), "\t"
        return _parse(raw, separator, has_header=has_header), notes
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputFileError(f"{source.name} cannot be read as a table ({brief(error)}): fetch it again") from error


def _require(n_bytes: int, n_cells: int, source: Source, free: int | None) -> None:
    advice = f"close other programs, or remove the columns and rows of {source.name} that you do not need"
    require(need_of_catalog(n_bytes, n_cells), advice=advice, free=free, error=InputFileError)


def _require_parquet(head: Head, free: int | None) -> None:
    # Parquet may store a text once for many rows; in memory each row has a copy.
    texts = [
        pl.col(name).explode() if isinstance(kind, pl.List) else pl.col(name)
        for name, kind in (head.schema or {}).items()
        if kind in (pl.String, pl.List(pl.String))
    ]
    n_bytes = sum(sum(group.n_bytes.values()) for group in head.row_groups)
    n_bytes += sum(_total(head, text.str.len_bytes()) for text in texts)
    n_cells = head.n_rows * len(head.names)
    _require(n_bytes, n_cells, head.source, free)
    n_cells += sum(_total(head, text.str.count_matches("[,;|]")) for text in texts)
    _require(n_bytes, n_cells, head.source, free)


def _total(head: Head, numbers: pl.Expr) -> int:
    total = head.scan().select(numbers.cast(pl.UInt64).sum()).collect(engine="streaming")
    return int(total.item())


def _parse(raw: bytes, separator: str, *, has_header: bool) -> pl.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about stray quotes; rows broken by them have no id and are counted
        rows = pl.read_csv(
            raw,
            separator=separator,
            has_header=has_header,
            infer_schema=False,
            quote_char='"' if has_header else None,
            truncate_ragged_lines=True,
        )
    return rows if has_header else rows.rename(dict(zip(rows.columns, map(str, range(rows.width)), strict=True)))


def as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """All columns as text; the entries of lists are joined by commas."""
    return rows.select(
        pl.col(name).cast(pl.List(pl.String)).list.join(", ")
        if isinstance(dtype, pl.List)
        else pl.col(name).cast(pl.String, strict=False)
        for name, dtype in rows.schema.items()
    )
