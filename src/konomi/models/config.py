"""A model's settings from words that somebody typed or a file held: checked, never guessed."""

import dataclasses
import difflib
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from konomi.errors import ConfigError

Config = TypeVar("Config")


def config_from(kind: type[Config], settings: Mapping[str, Any]) -> Config:
    """An instance of the dataclass `kind` with these settings, text turned into each field's type.

    Raises ConfigError on an unknown key or a value that does not fit, naming what is allowed.
    """
    hints = get_type_hints(kind)
    values = {}
    for key, value in settings.items():
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1)
            raise ConfigError(
                f'there is no setting "{key}"'
                + (f', did you mean "{near[0]}"?' if near else "")
                + f" The settings are: {', '.join(hints)}"
            )
        values[key] = _typed(key, value, hints[key])
    return kind(**values)


# Settings that konomi 0.1 stored under other names.
_NAMES_OF_0_1 = {"kept_neighbours": "kept_neighbors", "neighbours": "neighbors", "among": "predictors"}


def config_of_0_1(kind: type[Config], settings: Mapping[str, Any]) -> Config:
    """The config in a model folder that konomi 0.1 wrote. Raises ConfigError as `config_from` does."""
    return config_from(kind, {_NAMES_OF_0_1.get(key, key): value for key, value in settings.items()})


def as_settings(config: Any) -> dict[str, Any]:
    """The settings of a config as plain JSON values, for model.json."""
    return {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}


def check_range(key: str, value: float, *, low: float, high: float = float("inf")) -> None:
    """Raises ConfigError unless low <= value <= high."""
    if not low <= value <= high:
        bounds = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
        raise ConfigError(f"{key}={value:g} is out of range: {key} must be {bounds}")


def _typed(key: str, value: Any, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ConfigError(f"{key}={value} is not among the choices: {', '.join(map(str, get_args(kind)))}")
        return value
    if get_origin(kind) in (Union, types.UnionType):
        if value is None or str(value).lower() in ("none", "null"):
            return None
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    text = str(value).strip()
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        allowed = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, kind.__name__)
        raise ConfigError(f"{key}={value} does not fit: {key} is {allowed}") from None
