"""Options that several commands share: single ones, groups of them, and the model that they name."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from konomi.data.filters import FilterOption, Filters, filter_options

if TYPE_CHECKING:
    from konomi import Recommender

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model folder written by `konomi train`.")]
K = Annotated[int, typer.Option("-k", metavar="K", help="Number of rows in the answer.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Titles = Annotated[
    Literal["main", "english", "japanese"], typer.Option("--titles", help="The titles to show, where known.")
]

_FLAGS = {"genre_none": "--no-genre"}  # the other flags are the names of the fields
_TYPES: dict[str, Any] = {
    "names": (list[str], "NAME"),
    "ids": (list[str], "ITEM_ID"),
    "integer": (int | None, "NUMBER"),
    "number": (float | None, "NUMBER"),
    "flag": (bool, None),
}


def load(model: Path, titles: Titles) -> "Recommender":
    """The model, whose answers show these titles.

    Raises ArtifactError; ConfigError if the catalog has no titles of this language.
    """
    import konomi

    recommender = konomi.load(model)
    return recommender if titles == "main" else recommender.with_titles(titles)


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of each group in place of the parameter that takes the group.

    A parameter takes a group if its type is Filters, or a dataclass whose fields are annotated as Typer's options.
    """
    signature = inspect.signature(command)
    groups: dict[str, Any] = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if parameter.annotation is Filters or dataclasses.is_dataclass(parameter.annotation)
    }
    members = {name: list(_options_of(group)) for name, group in groups.items()}
    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
        for one in members.get(name, [parameter])
    ]

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        for name, group in groups.items():
            arguments[name] = group(**{one.name: arguments.pop(one.name) for one in members[name]})
        command(**arguments)

    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def as_query(where: Filters) -> dict[str, Any]:
    """The filters that are not at their defaults, by name."""
    values = {option.name: (getattr(where, option.name), option.default) for option in filter_options()}
    return {name: value for name, (value, default) in values.items() if value != default}


def _options_of(group: Any) -> Iterator[inspect.Parameter]:
    if group is Filters:
        yield from map(_filter, filter_options())
        return
    for field in dataclasses.fields(group):
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        yield inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=field.type)


def _filter(option: FilterOption) -> inspect.Parameter:
    several = option.kind in ("names", "ids")
    flag = _FLAGS.get(option.name, "--" + option.name.replace("_", "-"))
    text = option.description + (" May be repeated." if several else "")
    kind, metavar = _TYPES[option.kind]
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=[] if several else option.default,
        annotation=Annotated[kind, typer.Option(flag, metavar=metavar, help=text)],
    )
