"""The people that a question is about: users of the model, owners of lists, and histories of named titles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from konomi.errors import ConfigError
from konomi.printable import one_line

# The maximum number of titles that a message or a heading names.
_MAX_NAMED = 20


@dataclass(frozen=True)
class NewPeople:
    """The options that give people whom the model does not know."""

    list_file: Annotated[
        list[Path],
        typer.Option(
            "--list", metavar="FILE", help="A list: MyAnimeList's XML, AniList's JSON, or a CSV of title and score."
        ),
    ] = field(default_factory=list)
    like: Annotated[
        list[str], typer.Option("--like", metavar="TITLE[=SCORE]", help="A title of a history; may be repeated.")
    ] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Subject:
    """One person that a question is about.

    name   : for headings: "user 7", "the list mine.csv" or "the history Monster=10, Mushishi".
    person : a user id as typed, or the Histories of a new person.
    rows   : the rows of a new person as in a request to the HTTP interface; None for a user.
    """

    name: str
    person: Any
    rows: list[dict[str, Any]] | None = None

    def arguments(self) -> dict[str, Any]:
        """The person as keyword arguments of Recommender: `user_id` or `history`."""
        return {"user_id": self.person} if self.rows is None else {"history": self.person}

    def query(self) -> dict[str, Any]:
        """The history for the query that is printed as JSON; of a user the answer's own query has the id."""
        return {} if self.rows is None else {"history": self.rows}


def subjects_of(recommender: Any, user_ids: Sequence[str], new: NewPeople, *, quiet: bool) -> list[Subject]:
    """The given users, one person for each list, and one person for the titles of `like`, if any.

    quiet : print the notes on lists to standard error, so that standard output holds nothing but the answer.
    Raises UnknownTitleError, AmbiguousTitleError, InputFileError, ConfigError.
    """
    found = [Subject(f"user {one_line(user_id)}", user_id) for user_id in user_ids]
    for path in new.list_file:
        history = _history_in(recommender, path, quiet=quiet)
        found.append(Subject(f"the list {one_line(str(path))}", history, _rows(recommender, history)))
    if new.like:
        history, _ = recommender.history(dict(_item_and_score(recommender, text) for text in new.like))
        rows = _rows(recommender, history)
        titles = [recommender.catalog.titles[item] for item in history.item_index.tolist()]
        scores = ["" if row["rating"] is None else f"={row['rating']:g}" for row in rows]
        named = [title + score for title, score in zip(titles, scores, strict=True)]
        found.append(Subject(f"the history {_listing(named)}", history, rows))
    return found


def _rows(recommender: Any, history: Any) -> list[dict[str, Any]]:
    """The rows of one person as plain values; a rating that is not given is None, an unknown status is left out."""
    from konomi.data.ratings import Status

    ids = recommender.catalog.items.ids[history.item_index].tolist()
    rows = []
    for item_id, rating, status in zip(ids, history.rating.tolist(), history.status.tolist(), strict=True):
        row = {"item_id": item_id, "rating": None if rating != rating else round(rating, 4)}
        if status != Status.UNKNOWN:
            row["status"] = Status(status).name.lower()
        rows.append(row)
    return rows


def _history_in(recommender: Any, path: Path, *, quiet: bool) -> Any:
    """The history in a list file; prints the number of titles that were found, and those that were not."""
    from konomi.formats.lists import read_list

    found = read_list(path, recommender.catalog)
    unknown = _listing([title or str(item_id) for item_id, title in found.unknown])
    if not found.n_matched:
        raise ConfigError(f"none of the {found.n_entries:,} titles of {path} is in this model ({unknown})")
    typer.echo(f"{path}: matched {found.n_matched:,} of {found.n_entries:,} titles", err=quiet)
    for note in [*found.notes, *([f"not in this model: {unknown}"] if unknown else [])]:
        typer.echo(f"Note: {note}", err=quiet)
    return found.history


def _listing(names: Sequence[str]) -> str:
    """The names with commas between them, at most `_MAX_NAMED`."""
    more = f" and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more


def _item_and_score(recommender: Any, text: str) -> tuple[Any, float | None]:
    """The item id and the score in "TITLE=SCORE"; the text after the last "=" is a score only if it is a number."""
    title, _, score = text.rpartition("=")
    try:
        rating: float | None = float(score)
    except ValueError:
        title, rating = text, None
    if not title:
        title, rating = text, None
    return recommender.catalog.items.ids[recommender.item_index(title)].item(), rating
