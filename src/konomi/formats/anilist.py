"""AniList's answer to a query for a `MediaListCollection`, as JSON."""

import json
import math
from collections.abc import Iterator
from typing import Any

from konomi.data.ratings import Status
from konomi.errors import InputFileError
from konomi.formats.list_rows import ListEntry, ListRows, check_n_entries, check_n_values, whole_number

_STATUSES = {
    "CURRENT": Status.WATCHING,
    "PLANNING": Status.PLANNED,
    "COMPLETED": Status.COMPLETED,
    "DROPPED": Status.DROPPED,
    "PAUSED": Status.ON_HOLD,
    "REPEATING": Status.COMPLETED,
}
# The highest score of each format, and the value of one point on the scale of 10.
_FORMATS = {
    "POINT_100": (100, 0.1),
    "POINT_10_DECIMAL": (10, 1.0),
    "POINT_10": (10, 1.0),
    "POINT_5": (5, 2.0),
    "POINT_3": (3, math.nan),
}
# AniList stores its three smileys as 35, 60 and 85 of 100.
_FACES = {1: 3.5, 2: 6.0, 3: 8.5}
_NEEDED = 'AniList\'s JSON has {"MediaListCollection": {"lists": [{"entries": [...]}]}}'


def read(content: bytes, name: str) -> ListRows:
    """The list in a `MediaListCollection`, with scores on the scale 1 to 10.

    An entry that custom lists repeat counts once.
    Raises InputFileError if the JSON is damaged or cut short, or is not such a list.
    """
    # Each value follows one of these characters.
    check_n_values(sum(content.count(one) for one in (b",", b"[", b"{")), name)
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise InputFileError(
            f"{name} is nested deeper than any list, so it was not read: export the list again"
        ) from error
    except ValueError as error:
        raise InputFileError(f"{name} is damaged or cut short ({error}): fetch it again") from error
    collection = _collection(document)
    if collection is None:
        raise InputFileError(f"{name} is JSON, but not a list of AniList: {_NEEDED}")
    by_media: dict[Any, tuple[dict[str, Any], Any]] = {}
    n_manga = 0
    for number, (entry, list_status) in enumerate(_entries(collection), start=1):
        check_n_entries(number, name)
        media = entry["media"]
        if media.get("type") == "MANGA":
            n_manga += 1
            continue
        key = (media.get("idMal"), _first(media.get("id"), entry.get("mediaId")), str(_titles(media)[:1]))
        by_media[key] = (entry, entry.get("status") or list_status)
    if not by_media:
        what = "is a list of manga" if n_manga else "holds no entry"
        raise InputFileError(f"{name} {what}: fetch the anime list; {_NEEDED}")
    user = collection.get("user")
    user = user if isinstance(user, dict) else {}
    options = user.get("mediaListOptions")
    score_format = options.get("scoreFormat") if isinstance(options, dict) else None
    notes: list[str] = []
    scores = [_score(entry) for entry, _ in by_media.values()]
    if score_format not in _FORMATS:
        score_format = _likely_format(scores)
        notes.append(f"the file does not name its score format; by its scores it is {score_format}")
    ratings = [_on_ten(score, score_format) for score in scores]
    n_odd = sum(rating is None and score != 0 for score, rating in zip(scores, ratings, strict=True))
    if n_odd:
        notes.append(f"{n_odd} scores do not fit {score_format} and count as not scored")
    entries = [
        ListEntry(
            whole_number(entry["media"].get("idMal")) or None,
            _titles(entry["media"]),
            rating,
            _STATUSES.get(str(status), Status.UNKNOWN),
            str(entry["media"].get("format") or "").replace("TV_SHORT", "TV"),
            whole_number(entry["media"].get("episodes")),
            whole_number(entry["media"].get("seasonYear")),
        )
        for (entry, status), rating in zip(by_media.values(), ratings, strict=True)
    ]
    user_name = str(user.get("name") or "")[:100]
    return ListRows("anilist-json", user_name, entries, ids_are_mal=True, notes=tuple(notes))


def _collection(document: Any) -> dict[str, Any] | None:
    """The collection, with or without the outer objects of AniList's answer."""
    for key in ("data", "MediaListCollection"):
        if isinstance(document, dict) and isinstance(document.get(key), dict):
            document = document[key]
    return document if isinstance(document, dict) and isinstance(document.get("lists"), list) else None


def _entries(collection: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each entry with a medium, and the status of the list that contains it."""
    for one in collection["lists"]:
        entries = one.get("entries") if isinstance(one, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("media"), dict):
                yield entry, one.get("status")


def _titles(media: dict[str, Any]) -> tuple[str, ...]:
    title = media.get("title")
    if isinstance(title, str):
        return (title,)
    if not isinstance(title, dict):
        return ()
    named = (title.get(key) for key in ("romaji", "english", "native", "userPreferred"))
    return tuple(dict.fromkeys(one for one in named if isinstance(one, str) and one))


def _score(entry: dict[str, Any]) -> float:
    """The score in the file; 0 = not scored, NaN = not a number."""
    score = entry.get("score") or 0
    return float(score) if isinstance(score, int | float) and abs(score) < 1e9 else math.nan


def _likely_format(scores: list[float]) -> str:
    given = [score for score in scores if score > 0]
    highest = max(given, default=10.0)
    if highest > 10:
        return "POINT_100"
    if any(score != int(score) for score in given):
        return "POINT_10_DECIMAL"
    return "POINT_3" if highest <= 3 else "POINT_5" if highest <= 5 else "POINT_10"


def _on_ten(score: float, score_format: str) -> float | None:
    highest, point = _FORMATS[score_format]
    if not 0 < score <= highest:
        return None
    if score_format == "POINT_3":
        return _FACES.get(int(score)) if score == int(score) else None
    return max(1.0, round(score * point, 1))


def _first(*values: Any) -> Any:
    return next((value for value in values if isinstance(value, int | str)), None)
