"""MyAnimeList's XML export of one user's list, `animelist_*.xml`."""

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from konomi.data.ratings import Status
from konomi.errors import InputFileError
from konomi.formats.list_rows import ListEntry, ListRows, check_n_entries, check_n_values, whole_number

_ROOT = "myanimelist"
_FIELDS = frozenset(
    ["series_animedb_id", "series_title", "series_type", "series_episodes", "my_score", "my_status", "user_name"]
)
_STATUSES = {
    "watching": Status.WATCHING,
    "completed": Status.COMPLETED,
    "on-hold": Status.ON_HOLD,
    "on hold": Status.ON_HOLD,
    "dropped": Status.DROPPED,
    "plan to watch": Status.PLANNED,
    "1": Status.WATCHING,
    "2": Status.COMPLETED,
    "3": Status.ON_HOLD,
    "4": Status.DROPPED,
    "6": Status.PLANNED,
}
_HIGHEST_SCORE = 10
_LONGEST_FIELD = 10_000
_MAX_DEPTH = 16


def read(content: bytes, name: str) -> ListRows:
    """The list in an XML export. A status may be a word or a number.

    Raises InputFileError if the XML is damaged, cut short or dangerous, or is not an anime list.
    """
    # An attribute takes ten times as long to read as an element. Exports have none.
    check_n_values(content.count(b"<") + 10 * content.count(b"="), name)
    reader = _Reader(name)
    parser = XMLParser(target=reader, forbid_dtd=True)
    try:
        # In one call: the parser reads a long comment or name again from its start with each further piece.
        parser.feed(content)
        parser.close()
    except ParseError as error:
        raise InputFileError(f"{name} is damaged or cut short ({error}): export the list again") from error
    except DefusedXmlException as error:
        raise InputFileError(
            f"{name} defines XML entities or a document type, which no export of a list does: it was not read"
        ) from error
    except (ValueError, LookupError) as error:  # an encoding that is unknown or wrong
        raise InputFileError(f"{name} cannot be read as XML ({error}): export the list again") from error
    if not reader.entries and reader.n_manga:
        raise InputFileError(f"{name} is a list of manga: export the anime list instead")
    if not reader.entries:
        raise InputFileError(f"{name} holds no entry with a series_animedb_id: export the list again")
    notes = []
    if reader.n_odd_scores:
        notes.append(f"{reader.n_odd_scores} scores are not within 0 ... {_HIGHEST_SCORE} and count as not scored")
    if reader.n_without_id:
        notes.append(f"{reader.n_without_id} entries have no series_animedb_id and were left out")
    entries = list(reader.entries.values())
    return ListRows("mal-xml", reader.user_name, entries, ids_are_mal=True, notes=tuple(notes))


class _Reader:
    """Receives the parser's events. It builds no tree, so memory holds only the entries."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.user_name = ""
        self.entries: dict[int, ListEntry] = {}
        self.n_manga = self.n_odd_scores = self.n_without_id = 0
        self._n_seen = self._depth = 0
        self._field = ""
        self._text: list[str] = []
        self._length = 0
        self._fields: dict[str, str] = {}

    def start(self, tag: str, attributes: Any) -> None:
        del attributes
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise InputFileError(
                f"{self.name} is nested deeper than any list, so it was not read: export the list again"
            )
        if self._depth == 1 and tag != _ROOT:
            raise InputFileError(
                f"{self.name} is XML, but not an export of MyAnimeList: its outermost element is <{tag[:40]}>, "
                f"not <{_ROOT}>"
            )
        self._field = tag if tag in _FIELDS else ""
        self._text, self._length = [], 0
        if tag == "anime":
            self._fields = {}

    def data(self, text: str) -> None:
        if self._field and self._length < _LONGEST_FIELD:
            self._text.append(text)
            self._length += len(text)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag == self._field:
            text = "".join(self._text).strip()
            if tag == "user_name":
                self.user_name = text[:100]
            else:
                self._fields[tag] = text
        elif tag == "anime":
            self._add()
        elif tag == "manga":
            self.n_manga += 1
        self._field = ""

    def close(self) -> None:
        return

    def _add(self) -> None:
        self._n_seen += 1
        check_n_entries(self._n_seen, self.name)
        fields = self._fields
        item_id = whole_number(fields.get("series_animedb_id", ""))
        if item_id is None:
            self.n_without_id += 1
            return
        score = fields.get("my_score", "") or "0"
        rating = whole_number(score)
        if rating is None or rating > _HIGHEST_SCORE:
            self.n_odd_scores += 1
            rating = 0
        title = fields.get("series_title", "")
        self.entries[item_id] = ListEntry(
            item_id,
            (title,) if title else (),
            float(rating) if rating else None,
            _STATUSES.get(fields.get("my_status", "").casefold(), Status.UNKNOWN),
            fields.get("series_type", ""),
            whole_number(fields.get("series_episodes", "")) or None,
        )
