"""One user's list from MyAnimeList, AniList or a table, matched with a catalog."""

import gzip
import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from konomi.data.catalog import Catalog, fold
from konomi.data.ratings import Histories
from konomi.errors import InputFileError
from konomi.formats import anilist, list_table, mal_xml
from konomi.formats.list_rows import MAX_ENTRIES, ListEntry, ListRows

__all__ = ["MAX_BYTES", "MAX_ENTRIES", "ImportedList", "read_list"]

# The most bytes of an unpacked list. A list of 10,000 titles has about 10 MB.
MAX_BYTES = 50 * 1024 * 1024

# Titles with this ratio (of 100) or more are spellings of one title. "Shingeki no Kyojin" and "Attack on Titan"
# have 39.
_TITLES_AGREE = 80
# Well-known ids of MyAnimeList. A catalog has MyAnimeList's ids if most of these have these titles in it.
_MAL_IDS = {
    1: "Cowboy Bebop",
    6: "Trigun",
    19: "Monster",
    20: "Naruto",
    21: "One Piece",
    30: "Neon Genesis Evangelion",
    47: "Akira",
    121: "Fullmetal Alchemist",
    164: "Mononoke Hime",
    199: "Sen to Chihiro no Kamikakushi",
    226: "Elfen Lied",
    269: "Bleach",
    457: "Mushishi",
    1535: "Death Note",
    2904: "Code Geass: Hangyaku no Lelouch R2",
    5114: "Fullmetal Alchemist: Brotherhood",
    9253: "Steins;Gate",
    16498: "Shingeki no Kyojin",
}
# Bytes that no text contains: control characters but tab, line ends, form feed and escape.
_BINARY = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27})


@dataclass(frozen=True, eq=False)
class ImportedList:
    """One user's list, matched with a catalog.

    history    : the rows of one user, each item once.
    source     : "mal-xml", "anilist-json" or "csv".
    user_name  : the name in the file, or "".
    n_entries  : the number of titles in the file.
    n_matched  : the number of these that are in the catalog.
    matched_by : the number of matches by "id" and by "title".
    unknown    : (id, title) of each title that is not in the catalog; None and "" if the file has none.
    notes      : remarks for the user.
    """

    history: Histories
    source: str
    user_name: str
    n_entries: int
    n_matched: int
    matched_by: dict[str, int]
    unknown: list[tuple[Any, str]]
    notes: tuple[str, ...]


def read_list(path_or_bytes: str | os.PathLike[str] | bytes, catalog: Catalog, *, name: str = "") -> ImportedList:
    """One user's list, matched with the catalog.

    path_or_bytes : a file or its content, plain or gzip: MyAnimeList's XML export, AniList's MediaListCollection as
                    JSON, or CSV of id or title, score and status. The format is detected from the content.
    name          : the name for messages; by default the file's name.
    Entries are matched by id if the list and the catalog use the same ids: if, among the entries whose id is in
    the catalog, most have a title similar to the item's. A list without titles uses the same ids if it is a table,
    or if the catalog's ids are MyAnimeList's. Other entries are matched by a title that is equal up to case and
    width. If several items have the title, type, episodes and year decide; if they do not, the entry is left out.
    Scores are converted to 1 to 10, those of a table are unchanged; 0 means "not rated".
    Raises InputFileError on any other content, and beyond MAX_BYTES or MAX_ENTRIES.
    """
    name = name or ("the list" if isinstance(path_or_bytes, bytes) else Path(path_or_bytes).name)
    rows = _parse(_content(path_or_bytes, name), name)
    return _matched(rows, catalog)


def _content(path_or_bytes: str | os.PathLike[str] | bytes, name: str) -> bytes:
    """The unpacked bytes, at most MAX_BYTES of them."""
    if isinstance(path_or_bytes, bytes):
        raw = path_or_bytes
    else:
        path = Path(path_or_bytes)
        try:
            if path.exists() and not path.is_file():
                raise InputFileError(f"{path} is not a file: give the file of a list")
            with path.open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputFileError(f"{path} cannot be read ({reason}): check the path") from error
    if raw[:2] == b"\x1f\x8b" and len(raw) <= MAX_BYTES:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
                raw = stream.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputFileError(f"{name} is a gzip that is damaged or cut short: export the list again") from error
    if len(raw) > MAX_BYTES:
        raise InputFileError(f"{name} is larger than {MAX_BYTES >> 20} MB unpacked: give one user's list")
    return raw


def _parse(content: bytes, name: str) -> ListRows:
    content = content.removeprefix(b"\xef\xbb\xbf")
    start = content[:4096].lstrip()
    if not start:
        raise InputFileError(f"{name} is empty: give an exported list")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", errors="replace")
        if text.lstrip()[:1] == "<":
            return mal_xml.read(content, name)
        return _parse(text.encode(), name)
    if start[:1] == b"<":
        return mal_xml.read(content, name)
    if start[:1] in (b"{", b"["):
        return anilist.read(content, name)
    if content.translate(None, _BINARY) != content:
        raise InputFileError(
            f"{name} is neither text nor gzip: give MyAnimeList's .xml or .xml.gz, AniList's JSON, or a CSV"
        )
    return list_table.read(content, name)


def _matched(rows: ListRows, catalog: Catalog) -> ImportedList:
    entries = rows.entries
    by_id = _rows_by_id(entries, catalog)
    shares_ids, note = _shares_ids(rows, by_id, catalog)
    notes = [*rows.notes, *note]
    item_of = np.full(len(entries), -1, dtype=np.int32)
    matched_by = {"id": 0, "title": 0}
    n_ambiguous = 0
    for number, entry in enumerate(entries):
        if shares_ids and entry.item_id is not None:
            item_of[number] = by_id[number]
            matched_by["id"] += int(by_id[number] >= 0)
        else:
            indices_with_title = _items_with_title(entry, catalog)
            if len(indices_with_title) == 1:
                item_of[number] = indices_with_title[0]
                matched_by["title"] += 1
            n_ambiguous += len(indices_with_title) > 1
    if n_ambiguous:
        notes.append(
            f"{n_ambiguous} titles belong to several items here and were left out: it is not clear which is meant"
        )
    known = np.flatnonzero(item_of >= 0)
    last = list({int(item_of[number]): int(number) for number in known}.values())
    if len(last) < len(known):
        notes.append(
            f"{len(known) - len(last)} entries name an item that another entry names too; the last one counts"
        )
    history = Histories(
        np.array([0, len(last)], dtype=np.int64),
        item_of[last],
        np.array([np.nan if entries[n].rating is None else entries[n].rating for n in last], dtype=np.float32),
        np.array([entries[n].status for n in last], dtype=np.uint8),
        len(catalog),
    )
    unknown = [
        (entry.item_id, entry.titles[0] if entry.titles else "")
        for entry, item in zip(entries, item_of.tolist(), strict=True)
        if item < 0
    ]
    return ImportedList(
        history, rows.source, rows.user_name, len(entries), len(known), matched_by, unknown, tuple(notes)
    )


def _rows_by_id(entries: Sequence[ListEntry], catalog: Catalog) -> NDArray[np.int32]:
    """int32 (n_entries,): the item index of each entry's id, -1 if there is none."""
    found = np.full(len(entries), -1, dtype=np.int32)
    kind = int if catalog.items.are_integers else str
    has_id = np.array([isinstance(entry.item_id, int | str) for entry in entries])
    if kind is int:
        has_id &= np.array([isinstance(entry.item_id, int) for entry in entries])
    wanted = [kind(entry.item_id) for entry, has in zip(entries, has_id.tolist(), strict=True) if has]
    found[has_id] = catalog.items.indices_of(wanted)
    return found


def _shares_ids(rows: ListRows, by_id: NDArray[np.int32], catalog: Catalog) -> tuple[bool, tuple[str, ...]]:
    """Whether the list uses the catalog's ids, and notes for the user."""
    agrees = [
        _titles_agree(entry.titles, int(row), catalog)
        for entry, row in zip(rows.entries, by_id.tolist(), strict=True)
        if row >= 0 and entry.titles
    ]
    if agrees:
        shares = 2 * sum(agrees) > len(agrees)
        note = "most ids of the list belong to other titles here, so it was matched by title"
        return shares, () if shares else (note,)
    if any(entry.titles for entry in rows.entries):
        # No entry with a title has an id of the catalog, so the ids are different ones.
        return False, ()
    if not rows.ids_are_mal or _has_mal_ids(catalog):
        return True, ()
    return False, (
        "the list has only MyAnimeList's ids, and this catalog has other ids: export a list that has titles",
    )


def _has_mal_ids(catalog: Catalog) -> bool:
    """Whether most of the well-known ids have MyAnimeList's titles in this catalog."""
    rows = catalog.items.indices_of(list(_MAL_IDS)) if catalog.items.are_integers else np.array([-1])
    agrees = [
        _titles_agree((title,), int(row), catalog)
        for title, row in zip(_MAL_IDS.values(), rows.tolist(), strict=False)
        if row >= 0
    ]
    return 2 * sum(agrees) > len(agrees)


def _titles_agree(titles: Sequence[str], row: int, catalog: Catalog) -> bool:
    known = [fold(one) for one in catalog.titles_of(row)]
    return any(fuzz.ratio(fold(title), one) >= _TITLES_AGREE for title in titles for one in known)


def _items_with_title(entry: ListEntry, catalog: Catalog) -> list[int]:
    """The items with the first of the entry's titles that any item has, narrowed by type, episodes and year."""
    for title in entry.titles:
        found = catalog.indices_with_title(title)
        if not found:
            continue
        columns = catalog.columns()
        if len(found) > 1 and entry.type:
            found = [
                row for row in found if (columns.types[row] or "").casefold() == entry.type.casefold()
            ] or found
        for wanted, known in ((entry.episodes, columns.episodes), (entry.year, columns.year)):
            if len(found) > 1 and wanted is not None:
                found = [row for row in found if known[row] == wanted] or found
        return found
    return []
