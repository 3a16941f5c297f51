"""Settings of a model: declared once with their meaning and range, and read from text or from a file."""

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from konomi.errors import ConfigError

C = TypeVar("C")


@dataclass(frozen=True)
class Setting:
    """What one field of a `Config` means and which values it takes.

    text : one or two sentences, for help texts and the documentation.
    low, high : the smallest and the largest value, None where there is no limit.
    step : values are whole multiples of this, None for any value.
    """

    text: str
    low: float | None = None
    high: float | None = None
    step: float | None = None


def setting(
    default: Any, text: str, *, low: float | None = None, high: float | None = None, step: float | None = None
) -> Any:
    """A field of a `Config`, with its default, meaning and range."""
    return dataclasses.field(default=default, metadata={"setting": Setting(text, low, high, step)})


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of a model. Every field is made by `setting`.

    Raises ConfigError where a value is out of the range of its field.
    """

    def __post_init__(self) -> None:
        for name, rule in settings_of_type(type(self)).items():
            _check(name, getattr(self, name), rule)


def settings_of_type(kind: type[Any]) -> dict[str, Setting]:
    """The name of each setting of a `Config` class -> what it means and which values it takes."""
    return {field.name: field.metadata["setting"] for field in dataclasses.fields(kind)}


@dataclass(frozen=True)
class SettingRow:
    """One setting in words, for help texts and tables: its name, default, allowed values and meaning."""

    name: str
    default: str
    allowed: str
    text: str


def settings_table(kind: type[Any]) -> list[SettingRow]:
    """Every setting of a `Config` class in words, in the order of the class."""
    hints = get_type_hints(kind)
    return [
        SettingRow(field.name, str(field.default), _allowed(hints[field.name], rule), rule.text)
        for field, rule in zip(dataclasses.fields(kind), settings_of_type(kind).values(), strict=True)
    ]


def config_from(kind: type[C], settings: Mapping[str, Any]) -> C:
    """An instance of the `Config` class `kind` with these settings, text turned into each field's type.

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
                + (f" The settings are: {', '.join(hints)}" if hints else " This model has no settings")
            )
        values[key] = _typed(key, value, hints[key])
    return kind(**values)


# Settings that konomi 0.1 stored under other names.
_NAMES_OF_0_1 = {"kept_neighbours": "kept_neighbors", "neighbours": "neighbors", "among": "predictors"}


def config_of_0_1(kind: type[C], settings: Mapping[str, Any]) -> C:
    """The config in a model folder that konomi 0.1 wrote. Raises ConfigError as `config_from` does."""
    return config_from(kind, {_NAMES_OF_0_1.get(key, key): value for key, value in settings.items()})


def as_settings(config: Any) -> dict[str, Any]:
    """The settings of a config as plain JSON values, for model.json."""
    return {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}


def check_range(key: str, value: float, *, low: float | None = None, high: float | None = None) -> None:
    """Raises ConfigError unless low <= value <= high, where they are given; NaN is always out of range."""
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise ConfigError(f"{key}={value:g} is out of range: {key} must be {_range(low, high)}")


def _check(key: str, value: Any, rule: Setting) -> None:
    check_range(key, value, low=rule.low, high=rule.high)
    if rule.step is not None and value / rule.step % 1:
        raise ConfigError(f"{key}={value:g} does not fit: {key} must be a multiple of {rule.step:g}")


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _allowed(hint: Any, rule: Setting) -> str:
    """The values that a setting takes, in words: "a whole number, at least 1"."""
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    words = [_KINDS[hint]]
    if rule.low is not None or rule.high is not None:
        words.append(_range(rule.low, rule.high))
    if rule.step is not None:
        words.append(f"in steps of {rule.step:g}")
    return ", ".join(words)


_KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


def _typed(key: str, value: Any, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ConfigError(f"{key}={value} is not among the choices: {', '.join(map(str, get_args(kind)))}")
        return value
    text = str(value).strip()
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        raise ConfigError(f"{key}={value} does not fit: {key} is {_KINDS.get(kind, kind.__name__)}") from None
