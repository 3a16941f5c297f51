"""The options that say which items may appear, the same for every command that lists items."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

# Each option's field in Filters, its flag, what it takes and what it says.
_OPTIONS: tuple[tuple[str, str, Any, str], ...] = (
    ("type", "--type", list[str], "Only this type (TV, Movie, ...); may be repeated."),
    ("genre", "--genre", list[str], "Only with this genre; repeated: any of them."),
    ("genre_all", "--genre-all", list[str], "Only with this genre; repeated: all of them."),
    ("genre_none", "--no-genre", list[str], "Nothing with this genre; may be repeated."),
    ("studio", "--studio", list[str], "Only by this studio; repeated: any of them."),
    ("year_from", "--year-from", int | None, "First year."),
    ("year_to", "--year-to", int | None, "Last year."),
    ("episodes_from", "--episodes-from", int | None, "Fewest episodes."),
    ("episodes_to", "--episodes-to", int | None, "Most episodes."),
    ("min_members", "--min-members", int | None, "Fewest members who have it on their list."),
    ("min_score", "--min-score", float | None, "Lowest mean rating."),
    ("only", "--only", list[str], "Only this item id; may be repeated."),
    ("without", "--without", list[str], "Never this item id; may be repeated."),
    ("adult", "--adult", bool, "Adult titles too."),
)


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command, its parameter `where` replaced by an option for each filter."""
    own = inspect.signature(command)
    options = [
        inspect.Parameter(
            field,
            inspect.Parameter.KEYWORD_ONLY,
            default=[] if kind == list[str] else False if kind is bool else None,
            annotation=Annotated[kind, typer.Option(flag, help=text, show_default=False)],
        )
        for field, flag, kind, text in _OPTIONS
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        from konomi.data.filters import Filters

        asked: dict[str, Any] = {field: given.pop(field) for field, *_ in _OPTIONS}
        command(**given, where=Filters(**asked))

    kept = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own.parameters.values() if one.name != "where"
    ]
    run.__signature__ = own.replace(parameters=[*kept, *options])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in [*kept, *options]}
    return run
