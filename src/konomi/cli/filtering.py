"""The options that say which items may appear, the same for every command that lists items."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from konomi.data.filters import FilterOption, Filters, filter_options

_FLAGS = {"genre_none": "--no-genre"}  # the other flags are the names of the fields
_TYPES: dict[str, Any] = {
    "names": list[str],
    "ids": list[str],
    "integer": int | None,
    "number": float | None,
    "flag": bool,
}


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one option for each filter in place of its parameter `where`."""
    signature = inspect.signature(command)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name != "where"
    ]
    parameters = [*own, *map(_parameter, filter_options())]

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        filters = Filters(**{option.name: arguments.pop(option.name) for option in filter_options()})
        command(**arguments, where=filters)

    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameter(option: FilterOption) -> inspect.Parameter:
    several = option.kind in ("names", "ids")
    flag = _FLAGS.get(option.name, "--" + option.name.replace("_", "-"))
    text = option.description + (" May be repeated." if several else "")
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=[] if several else option.default,
        annotation=Annotated[_TYPES[option.kind], typer.Option(flag, help=text, show_default=False)],
    )
