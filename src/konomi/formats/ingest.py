"""From files to a Dataset: find, read, group, join with the catalog, report."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi import memory
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.franchises import with_franchises
from konomi.data.ids import IdIndex
from konomi.data.ratings import Ratings
from konomi.errors import ConfigError, DatasetError, InputFileError
from konomi.formats import table
from konomi.formats.ahead import one_ahead
from konomi.formats.catalogs import KnownItems, read_catalog, read_synopses
from konomi.formats.dropped import Dropped
from konomi.formats.finding import FORMATS, RatingsFile, find_catalog, find_ratings, find_synopses
from konomi.formats.opening import PathLike, Source, sources_in
from konomi.formats.packing import Packed, RowCollector, Rules
from konomi.formats.rows import read_rows, unpacked_at_once
from konomi.memory import in_words, need_of_ingest, require
from konomi.progress import SILENT, Progress

# Reading more rows than this takes long enough to say how long; so many a core were measured a second.
_MANY_ROWS = 1_000_000
_ROWS_A_SECOND = 3_700_000


def ingest(
    ratings: PathLike | Sequence[PathLike],
    *,
    items: PathLike | None = None,
    synopsis: PathLike | None = None,
    format: str = "auto",  # noqa: A002  (the interface's word, as on the command line)
    min_ratings: int = 1,
    keep_bots: bool = False,
    columns: Mapping[str, str | None] | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """The dataset in one or more files of ratings, with what a catalog says of the items.

    ratings  : files (plain, .gz, or a .zip with ratings inside), read in this order; of rows with the same user
               and item the last one stays.
    items    : the catalog; by default the one in the ratings' archive, if any.
    synopsis : `anime_with_synopsis.csv`; likewise.
    format   : "auto" (by the header), "mal", "movielens" or "table".
    min_ratings : users with fewer rows, scored or not, are left out.
    keep_bots   : keep MyAnimeList lists that look made by a script; they are counted either way.
    columns  : for tables with names of their own: role -> column name, or None for "the file has none". Roles:
               user, item, rating, status; and for the catalog item_id, title, genres and so on.
    Users come in order of first appearance, each one's rows in file order; items as `Dataset.canonical` orders
    them. What was left out, and why, is in the dataset's `report`.
    Raises InputFileError, ConfigError, and DatasetError if nobody is left.
    """
    columns = {} if columns is None else columns
    _check_options(format, min_ratings, columns)
    paths = [ratings] if isinstance(ratings, str | os.PathLike) else list(ratings)
    if not paths:
        raise ConfigError("no file of ratings was given: give one or more")
    files = _of_one_family([find_ratings(path, format, columns) for path in paths])
    layout = files[0].layout
    beside = [source for file in files for source in file.beside]
    catalog_source = find_catalog(beside, columns) if items is None else _catalog_in(items, columns)
    synopsis_source = find_synopses(beside) if synopsis is None else _synopses_in(synopsis)
    # A catalog that cannot be read should be heard of before minutes of reading ratings.
    known = _known_items(catalog_source, synopsis_source, columns, integer_ids=layout.integer_items)

    free = memory.free_bytes()
    _plan(files, free, progress)
    dropped = Dropped()
    collector = RowCollector(integer_users=layout.integer_users, integer_items=layout.integer_items)
    about_files = [_read(file, collector, dropped, free, progress) for file in files]
    if collector.n_rows == 0:
        raise _nothing_readable(files, dropped)
    rules = Rules(min_ratings=min_ratings, find_bots=layout.format == "mal", keep_bots=keep_bots)
    packed = collector.packed(rules)
    if len(packed.user_ids) == 0:
        raise _nobody_left(packed, rules)

    about_files += [{"role": role, **_about(one.source, one.n_rows)} for role, one in known.files()]
    unrated = _without(known.frame, packed.item_ids)
    catalog = with_franchises(Catalog.of(IdIndex(np.concatenate([packed.item_ids, unrated]), "item"), known.frame))
    dataset = Dataset(_ratings(packed, catalog.items), catalog).canonical()
    n_unknown = len(packed.item_ids) - (0 if known.frame is None else known.frame.height - len(unrated))
    report: dict[str, Any] = {
        "format": layout.format,
        "files": about_files,
        "rows_read": sum(one["rows"] for one in about_files if one["role"] == "ratings"),
        "rows_kept": len(packed.item_index),
        "dropped": dropped.reasons,
        "duplicates": packed.repeats,
        "bots": packed.bots,
        "bots_kept": keep_bots,
        "min_ratings": min_ratings,
        "users_below_min": packed.short_lists,
        "n_users": len(packed.user_ids),
        "n_items": dataset.ratings.n_items,
        "n_rows": len(packed.item_index),
        "n_rated": int(np.count_nonzero(packed.rating_code)),
        "items_without_catalog": n_unknown,
        "catalog_items_without_ratings": dataset.ratings.n_items - len(packed.item_ids),
        "notes": known.notes(rated=len(packed.item_ids), unknown=n_unknown),
    }
    return replace(dataset, report=report)


@dataclass(frozen=True, eq=False)
class _Known:
    """What the catalog and the file of synopses say together; frame is None if there is neither."""

    catalog: KnownItems | None
    synopses: KnownItems | None
    frame: pl.DataFrame | None

    def files(self) -> list[tuple[str, KnownItems]]:
        both = (("items", self.catalog), ("synopsis", self.synopses))
        return [(role, one) for role, one in both if one is not None]

    def notes(self, *, rated: int, unknown: int) -> list[str]:
        notes = [note for _, one in self.files() for note in one.notes]
        if self.frame is None:
            notes.append("no catalog was given, so items are called by their ids")
        elif unknown == rated:
            notes.append("the catalog holds none of the rated items: is it the right one?")
        return notes


def _check_options(family: str, min_ratings: int, columns: Mapping[str, str | None]) -> None:
    if family not in FORMATS:
        raise ConfigError(f"there is no format {family!r}; choose one of {', '.join(FORMATS)}")
    if isinstance(min_ratings, bool) or not isinstance(min_ratings, int) or min_ratings < 1:
        raise ConfigError(f"min_ratings is {min_ratings!r}; it is a whole number, 1 or more")
    table.check_columns(columns)
    named = sorted(columns.keys() & table.RATING_COLUMNS.keys() - table.ITEM_COLUMNS.keys())
    if named and family in ("mal", "movielens"):
        raise ConfigError(
            f"columns names {', '.join(named)}, and format {family!r} knows its own: use format='table'"
        )


def _of_one_family(files: list[RatingsFile]) -> list[RatingsFile]:
    """The files with one kind of ids for all. Raises InputFileError if their formats differ."""
    families = {file.layout.format: file.head.source.name for file in files}
    if len(families) > 1:
        told = ", ".join(f"{name} is {family}" for family, name in families.items())
        raise InputFileError(
            f"the files are of different formats ({told}): ingest them apart, or use format='table'"
        )
    users = all(file.layout.integer_users for file in files)
    items = all(file.layout.integer_items for file in files)
    return [replace(file, layout=replace(file.layout, integer_users=users, integer_items=items)) for file in files]


def _catalog_in(path: PathLike, columns: Mapping[str, str | None]) -> Source:
    sources = sources_in(path)
    if sources[0].member is None:
        return sources[0]
    found = find_catalog(sources, columns)
    if found is None:
        raise InputFileError(f"{path} holds no catalog: give the file itself")
    return found


def _synopses_in(path: PathLike) -> Source:
    sources = sources_in(path)
    found = sources[0] if len(sources) == 1 else find_synopses(sources)
    if found is None:
        raise InputFileError(f"{path} holds no anime_with_synopsis.csv: give the file itself")
    return found


def _known_items(
    catalog: Source | None, synopses: Source | None, columns: Mapping[str, str | None], *, integer_ids: bool
) -> _Known:
    told = None if synopses is None else read_synopses(synopses, integer_ids=integer_ids)
    known = None if catalog is None else read_catalog(catalog, columns, integer_ids=integer_ids)
    if known is None and synopses is not None:
        # A file of synopses that also holds titles is a small catalog.
        return _Known(None, told, read_catalog(synopses, columns, integer_ids=integer_ids).frame)
    if known is None or told is None:
        return _Known(known, told, None if known is None else known.frame)
    frame = known.frame.join(told.frame, on="item_id", how="left", suffix="_told", maintain_order="left")
    if "synopsis_told" in frame.columns:
        frame = frame.with_columns(pl.coalesce("synopsis_told", "synopsis").alias("synopsis")).drop("synopsis_told")
    return _Known(known, told, frame)


def _read(
    file: RatingsFile, collector: RowCollector, dropped: Dropped, free: int | None, progress: Progress
) -> dict[str, Any]:
    """Add all rows of one file; what the report says of it.

    Raises DatasetError as soon as there are more rows than fit into the memory that was free before reading: a
    packed file does not say how many it holds.
    """
    source = file.head.source
    counts_bytes = file.head.schema is None and not source.name.lower().endswith(".gz")
    progress.start(f"reading {source.name}", total=source.size if counts_bytes else None)
    before = collector.n_rows + dropped.count
    unpacked = unpacked_at_once(file.head, file.layout)
    advice = f"{source.name} holds still more: close other programs, or read a part of it"
    for piece in one_ahead(read_rows(file.head, file.layout, dropped)):
        collector.add(piece)
        require(collector.need(unpacked=unpacked), advice=advice, free=free, error=DatasetError)
        progress.advance(piece.progress)
    return {"role": "ratings", **_about(source, collector.n_rows + dropped.count - before)}


def _plan(files: list[RatingsFile], free: int | None, progress: Progress) -> None:
    """Say what reading will take, where the files tell how many rows they hold.

    Raises DatasetError if that does not fit into the memory that is free.
    """
    n_rows = [_rows_about(file) for file in files]
    if None in n_rows:
        return
    total = sum(filter(None, n_rows))
    need = need_of_ingest(total, unpacked=max(unpacked_at_once(file.head, file.layout) for file in files))
    if total >= _MANY_ROWS:
        seconds = total / _ROWS_A_SECOND / (os.cpu_count() or 1)
        progress.note(f"about {total:,} rows: {in_words(need.n_bytes)} of memory, and some {seconds:.0f} s")
    require(need, advice="close other programs, or read a part of the files", free=free, error=DatasetError)


def _rows_about(file: RatingsFile) -> int | None:
    """How many rows a file holds: Parquet says, text by the length of its first lines; None where it is packed."""
    head = file.head
    if head.schema is not None:
        return head.n_rows
    if head.source.name.lower().endswith(".gz") or not head.sample:
        return None
    separators = len(head.separator) * max(len(head.names) - 1, 0)
    length = sum(sum(map(len, row)) for row in head.sample) / len(head.sample) + separators + 1
    return max(1, round((head.source.size - len(head.first_line)) / length))


def _about(source: Source, n_rows: int) -> dict[str, Any]:
    return {"name": source.name, "size": source.size, "rows": n_rows}


def _without(known: pl.DataFrame | None, rated: NDArray[Any]) -> NDArray[Any]:
    """The ids in the catalog that are not among the rated ones, in catalog order, of the same dtype."""
    if known is None:
        return rated[:0]
    ids = known["item_id"]
    unrated = ids.filter(~ids.is_in(pl.Series(rated, dtype=ids.dtype).implode()))
    return np.array(unrated.to_list(), dtype=np.int64 if rated.dtype.kind == "i" else np.str_)


def _ratings(packed: Packed, items: IdIndex) -> Ratings:
    narrow = len(items) <= 1 << 16
    return Ratings(
        offsets=packed.offsets,
        item_index=packed.item_index.astype(np.uint16 if narrow else np.int32, copy=False),
        rating_code=packed.rating_code,
        levels=packed.levels,
        status=packed.status,
        users=IdIndex(packed.user_ids, "user"),
        items=items,
    )


def _nothing_readable(files: list[RatingsFile], dropped: Dropped) -> InputFileError:
    names = ", ".join(file.head.source.name for file in files)
    if dropped.count == 0:
        return InputFileError(f"{names} has a header and no rows: there is nothing to learn from")
    shown = "".join(f"\n  {example}" for example in dropped.examples)
    return InputFileError(
        f"none of the {dropped.count:,} rows of {names} (taken for {files[0].layout.format}) can be read; "
        f"the first ones:{shown}\nMend the file, or name its columns or its format"
    )


def _nobody_left(packed: Packed, rules: Rules) -> DatasetError:
    if packed.short_lists == 0:
        return DatasetError(
            f"all {packed.bots:,} users have lists that look made by a script: keep them with keep_bots"
        )
    return DatasetError(
        f"no user has {rules.min_ratings:,} ratings or more (the longest list has {packed.longest:,}): "
        "ask for fewer"
    )
