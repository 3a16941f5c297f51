"""A user's list as a table: CSV with an id or a title, and optionally a score and a status, on each line."""

import csv
import io
import math

from konomi.data.ratings import Status
from konomi.errors import InputFileError
from konomi.formats.layout import comparable, decode
from konomi.formats.list_rows import ListEntry, ListRows, check_n_entries, check_n_values, whole_number

_IDS = ("item_id", "anime_id", "mal_id", "idmal", "series_animedb_id", "animedb_id", "movieid", "movie_id", "id")
_TITLES = ("title", "name", "anime", "anime_title", "series_title", "movie")
_SCORES = (
    "score",
    "rating",
    "my_score",
    "my_rating",
    "user_score",
    "user_rating",
    "your_score",
    "your_rating",
    "scored",
)
_STATUSES_COLUMN = ("status", "my_status", "watching_status")
_STATUSES = {
    "watching": Status.WATCHING,
    "current": Status.WATCHING,
    "completed": Status.COMPLETED,
    "repeating": Status.COMPLETED,
    "on_hold": Status.ON_HOLD,
    "paused": Status.ON_HOLD,
    "dropped": Status.DROPPED,
    "plan_to_watch": Status.PLANNED,
    "planned": Status.PLANNED,
    "planning": Status.PLANNED,
    "1": Status.WATCHING,
    "2": Status.COMPLETED,
    "3": Status.ON_HOLD,
    "4": Status.DROPPED,
    "6": Status.PLANNED,
}
_SEPARATORS = (",", "\t", ";", "|")
_HIGHEST_SCORE = 10
_LONGEST_HEADER = 1 << 16
_NEEDED = "a list needs a column item_id or title, and may have score and status; or lines such as `Monster,9`"


def read(content: bytes, name: str) -> ListRows:
    """The list in a table with a header, or in lines of an id or title and a score. A score of 0 means "not rated".

    Raises InputFileError for any other content.
    """
    text = decode(content)
    first = next(iter(text[:_LONGEST_HEADER].splitlines()), "")
    separator = max(_SEPARATORS, key=first.count)
    check_n_values(sum(text.count(one) for one in (separator, "\n", "\r")), name)
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")
    try:
        rows = []
        for row in csv.reader(lines, delimiter=separator, strict=True):
            if any(field.strip() for field in row):
                rows.append(row)
                check_n_entries(len(rows) - 1, name)
    except csv.Error as error:
        raise InputFileError(f"{name} is damaged as a table ({error}): {_NEEDED}") from error
    if not rows:
        raise InputFileError(f"{name} is empty: {_NEEDED}")
    notes: list[str] = []
    head = rows[0]
    keys = [comparable(field) for field in head]
    column_of = {
        role: next((keys.index(key) for key in names if key in keys), None)
        for role, names in (("id", _IDS), ("title", _TITLES), ("score", _SCORES), ("status", _STATUSES_COLUMN))
    }
    if column_of["id"] is None and column_of["title"] is None:
        column_of = _without_header(rows, name)
    else:
        rows = rows[1:]
        if column_of["score"] is None:
            held = ", ".join(field.strip() for field in head[:20])[:200]
            notes.append(
                f"no column is called score or rating, so no title counts as scored; the columns are: {held}"
            )
    entries: dict[tuple[str, str], ListEntry] = {}
    n_odd = n_unread = n_nameless = 0
    for row in rows:
        cell = {
            role: row[index].strip() if index is not None and index < len(row) else ""
            for role, index in column_of.items()
        }
        if not cell["id"] and not cell["title"]:
            n_nameless += 1
            continue
        rating = _number(cell["score"])
        n_unread += bool(cell["score"].strip("-")) and rating is None
        if rating is not None and not 0 <= rating <= _HIGHEST_SCORE:
            n_odd += 1
            rating = None
        number = whole_number(cell["id"])
        entries[cell["id"], cell["title"]] = ListEntry(
            (cell["id"] or None) if number is None else number,
            (cell["title"],) if cell["title"] else (),
            rating or None,
            _STATUSES.get(comparable(cell["status"]), Status.UNKNOWN),
        )
    if not entries:
        raise InputFileError(f"{name} holds no entry: {_NEEDED}")
    if n_unread:
        notes.append(f"{n_unread} scores are not numbers and count as not scored")
    if n_odd:
        notes.append(f"{n_odd} scores are not within 0 ... {_HIGHEST_SCORE} and count as not scored")
    if n_nameless:
        notes.append(f"{n_nameless} lines have neither id nor title and were left out")
    return ListRows("csv", "", list(entries.values()), ids_are_mal=False, notes=tuple(notes))


def _without_header(rows: list[list[str]], name: str) -> dict[str, int | None]:
    """The columns of lines of an id or title and a score. Raises InputFileError if the rows are not such lines."""
    is_scored = all(len(row) == 2 and (not row[1].strip() or _number(row[1]) is not None) for row in rows)
    if not is_scored:
        found = ", ".join(field.strip() for field in rows[0][:20])[:200]
        raise InputFileError(f"{name} begins with {found}: {_NEEDED}")
    is_id = all(row[0].strip().isdecimal() for row in rows)
    return {"id": 0 if is_id else None, "title": None if is_id else 0, "score": 1, "status": None}


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
