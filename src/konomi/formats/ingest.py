"""Files become a Dataset: find the tables, read and group the rows, join the catalog, write the report."""

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
from konomi.data.franchises import with_franchises, with_relations
from konomi.data.ids import IdIndex
from konomi.errors import ConfigError, DatasetError, InputFileError
from konomi.formats import table
from konomi.formats.ahead import one_ahead
from konomi.formats.catalogs import KnownItems, read_catalog, read_synopses
from konomi.formats.dropped import Dropped
from konomi.formats.finding import FORMATS, RatingsFile, find_catalog, find_ratings, find_synopses
from konomi.formats.opening import PathLike, Source, sources_in
from konomi.formats.packing import Counts, RowCollector, Rules
from konomi.formats.relations import ReadRelations, read_relations
from konomi.formats.rows import read_rows, unpacked_at_once
from konomi.memory import in_words, need_of_ingest, require
from konomi.progress import SILENT, Progress

# From this number of rows on, a note says how long reading takes.
_MANY_ROWS = 1_000_000
# Measured, for each core.
_ROWS_A_SECOND = 3_700_000


def ingest(
    ratings: PathLike | Sequence[PathLike],
    *,
    items: PathLike | None = None,
    synopsis: PathLike | None = None,
    relations: PathLike | None = None,
    format: str = "auto",  # noqa: A002  (the interface's word, as on the command line)
    min_ratings: int = 1,
    keep_bots: bool = False,
    columns: Mapping[str, str | None] | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """The dataset in one or more files; `konomi.ingest` documents the arguments.

    Users come in order of first appearance, the rows of each in file order, items as `Dataset.canonical` orders
    them. The dataset's `report` says what was left out, and why.
    Raises InputFileError, ConfigError, and DatasetError if no user is left.
    """
    columns = {} if columns is None else columns
    _check_options(format, min_ratings, columns)
    paths = [ratings] if isinstance(ratings, str | os.PathLike) else list(ratings)
    if not paths:
        raise ConfigError("no file of ratings was given: give one or more")
    files = _of_one_family([find_ratings(path, format, columns) for path in paths])
    layout = files[0].layout
    others = [source for file in files for source in file.others]
    catalog_source = find_catalog(others, columns) if items is None else _catalog_in(items, columns)
    synopsis_source = find_synopses(others) if synopsis is None else _synopses_in(synopsis)
    # Before the ratings: reading those takes minutes, and a catalog that cannot be read ends the command.
    known = _known_items(catalog_source, synopsis_source, columns, integer_ids=layout.integer_items)
    related = None if relations is None else _relations_in(relations, integer_ids=layout.integer_items)

    free = memory.free_bytes()
    _plan(files, free, progress)
    dropped = Dropped()
    collector = RowCollector(integer_users=layout.integer_users, integer_items=layout.integer_items)
    about_files = [_read(file, collector, dropped, free, progress) for file in files]
    if collector.n_rows == 0:
        raise _no_readable_row(files, dropped)
    rules = Rules(min_ratings=min_ratings, find_bots=layout.format == "mal", keep_bots=keep_bots)
    packed = collector.packed(rules)
    grouped, left_out = packed.ratings, packed.left_out
    if grouped.n_users == 0:
        raise _no_user_left(left_out, rules)

    about_files += [{"role": role, **_about(one.source, one.n_rows)} for role, one in known.files()]
    if related is not None:
        about_files.append({"role": "relations", **_about(related.source, related.n_rows)})
    unrated = _without(known.frame, grouped.items.ids)
    all_items = IdIndex(np.concatenate([grouped.items.ids, unrated]), "item")
    catalog, about_relations, relation_notes = _with_franchises(Catalog.of(all_items, known.frame), related)
    dataset = Dataset(replace(grouped, items=catalog.items), catalog).canonical()
    n_unknown = grouped.n_items - (0 if known.frame is None else known.frame.height - len(unrated))
    report: dict[str, Any] = {
        "format": layout.format,
        "files": about_files,
        "rows_read": sum(one["rows"] for one in about_files if one["role"] == "ratings"),
        "rows_kept": grouped.n_rows,
        "dropped": dropped.reasons,
        "duplicates": left_out.repeats,
        "bots": left_out.bots,
        "bots_kept": keep_bots,
        "min_ratings": min_ratings,
        "users_below_min": left_out.short_lists,
        "n_users": grouped.n_users,
        "n_items": dataset.ratings.n_items,
        "n_rows": grouped.n_rows,
        "n_rated": int(np.count_nonzero(grouped.rating_code)),
        "items_without_catalog": n_unknown,
        "catalog_items_without_ratings": dataset.ratings.n_items - grouped.n_items,
        **about_relations,
        "notes": [*known.notes(rated=grouped.n_items, unknown=n_unknown), *relation_notes],
    }
    return replace(dataset, report=report)


@dataclass(frozen=True, eq=False)
class _Known:
    """The catalog joined with the file of synopses; `frame` is None if there is neither."""

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
            f"columns names {', '.join(named)}, and format {family!r} has fixed columns: use format='table'"
        )


def _of_one_family(files: list[RatingsFile]) -> list[RatingsFile]:
    """The files, with ids that are integers in all of them or in none. Raises InputFileError if formats differ."""
    families = {file.layout.format: file.head.source.name for file in files}
    if len(families) > 1:
        listed = ", ".join(f"{name} is {family}" for family, name in families.items())
        raise InputFileError(
            f"the files are of different formats ({listed}): ingest them separately, or use format='table'"
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


def _relations_in(path: PathLike, *, integer_ids: bool) -> ReadRelations:
    sources = sources_in(path)
    if len(sources) > 1:
        held = ", ".join(str(source.member) for source in sources[:6])
        raise InputFileError(f"{path} holds several files ({held}): give the file of relations itself")
    return read_relations(sources[0], integer_ids=integer_ids)


def _with_franchises(catalog: Catalog, related: ReadRelations | None) -> tuple[Catalog, dict[str, Any], list[str]]:
    """The catalog with franchises; what the report says about the relations, if there are any; and notes."""
    if related is None:
        return with_franchises(catalog), {}, []
    named = with_relations(catalog, related.relations)
    about = {
        **related.counts(),
        "unknown_ids": named.n_unknown,
        "rings": named.n_rings,
        "items": named.n_joined,
        "franchises": named.n_franchises,
    }
    notes = list(related.notes)
    if named.n_joined == 0:
        notes.append(
            f"{related.source.name} joins no two items of the catalog, so franchises come from the titles: is it "
            "the right file?"
        )
    return named.catalog, {"relations": about}, notes


def _known_items(
    catalog: Source | None, synopses: Source | None, columns: Mapping[str, str | None], *, integer_ids: bool
) -> _Known:
    texts = None if synopses is None else read_synopses(synopses, integer_ids=integer_ids)
    known = None if catalog is None else read_catalog(catalog, columns, integer_ids=integer_ids)
    if known is None and synopses is not None:
        # A file of synopses also has titles, so it can be read as a small catalog.
        return _Known(None, texts, read_catalog(synopses, columns, integer_ids=integer_ids).frame)
    if known is None or texts is None:
        return _Known(known, texts, None if known is None else known.frame)
    frame = known.frame.join(texts.frame, on="item_id", how="left", suffix="_new", maintain_order="left")
    if "synopsis_new" in frame.columns:
        frame = frame.with_columns(pl.coalesce("synopsis_new", "synopsis").alias("synopsis")).drop("synopsis_new")
    return _Known(known, texts, frame)


def _read(
    file: RatingsFile, collector: RowCollector, dropped: Dropped, free: int | None, progress: Progress
) -> dict[str, Any]:
    """Add all rows of one file; returns what the report says about the file.

    Raises DatasetError as soon as there are more rows than fit into the memory that was free before reading. The
    number of rows in a packed file is not known before.
    """
    source = file.head.source
    counts_bytes = file.head.schema is None and not source.name.lower().endswith(".gz")
    progress.start(f"reading {source.name}", total=source.size if counts_bytes else None)
    before = collector.n_rows + dropped.count
    unpacked = unpacked_at_once(file.head, file.layout)
    advice = f"{source.name} has more rows: close other programs, or read a part of it"
    for piece in one_ahead(read_rows(file.head, file.layout, dropped)):
        collector.add(piece)
        require(collector.need(unpacked=unpacked), advice=advice, free=free, error=DatasetError)
        progress.advance(piece.progress)
    return {"role": "ratings", **_about(source, collector.n_rows + dropped.count - before)}


def _plan(files: list[RatingsFile], free: int | None, progress: Progress) -> None:
    """Say how much memory and time reading takes, if the numbers of rows are known.

    Raises DatasetError if they do not fit into the free memory.
    """
    n_rows = [_rows_about(file) for file in files]
    if None in n_rows:
        return
    total = sum(filter(None, n_rows))
    need = need_of_ingest(total, unpacked=max(unpacked_at_once(file.head, file.layout) for file in files))
    if total >= _MANY_ROWS:
        seconds = total / _ROWS_A_SECOND / (os.cpu_count() or 1)
        progress.note(f"about {total:,} rows: {in_words(need.n_bytes)} of memory, and about {seconds:.0f} s")
    require(need, advice="close other programs, or read a part of the files", free=free, error=DatasetError)


def _rows_about(file: RatingsFile) -> int | None:
    """The number of rows of a file: exact for Parquet, estimated from the first lines of text, None if packed."""
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
    """The ids of the catalog that are not among the rated ones, in catalog order, in the dtype of `rated`."""
    if known is None:
        return rated[:0]
    ids = known["item_id"]
    unrated = ids.filter(~ids.is_in(pl.Series(rated, dtype=ids.dtype).implode()))
    return np.array(unrated.to_list(), dtype=np.int64 if rated.dtype.kind == "i" else np.str_)


def _no_readable_row(files: list[RatingsFile], dropped: Dropped) -> InputFileError:
    names = ", ".join(file.head.source.name for file in files)
    if dropped.count == 0:
        return InputFileError(f"{names} has a header and no rows: give a file with ratings")
    shown = "".join(f"\n  {example}" for example in dropped.examples)
    return InputFileError(
        f"none of the {dropped.count:,} rows of {names} (read as {files[0].layout.format}) can be read; "
        f"the first ones:{shown}\nRepair the file, or name its columns or its format"
    )


def _no_user_left(left_out: Counts, rules: Rules) -> DatasetError:
    if left_out.short_lists == 0:
        return DatasetError(
            f"all {left_out.bots:,} users have lists that look made by a script: keep them with keep_bots"
        )
    return DatasetError(
        f"no user has {rules.min_ratings:,} ratings or more (the longest list has {left_out.longest_list:,}): "
        "ask for fewer"
    )
