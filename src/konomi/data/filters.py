"""Filters: which items an answer may hold, by what the catalog says about them."""

import difflib
import functools
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct
from msgspec.inspect import BoolType, FloatType, IntType, Metadata, StrType, UnionType, VarTupleType, type_info
from numpy.typing import NDArray

from konomi.data.ids import Id
from konomi.errors import ConfigError

if TYPE_CHECKING:  # the command line reads the options of Filters, and starts faster without Polars
    from konomi.data.catalog import Catalog
    from konomi.data.columns import Labels

Names = Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=100)]
Ids = Annotated[tuple[Id, ...], Meta(max_length=100_000)]


def _year(description: str) -> Meta:
    return Meta(ge=0, le=9999, description=description)


def _count(description: str) -> Meta:
    return Meta(ge=0, le=10**9, description=description)


def _score(description: str) -> Meta:
    return Meta(ge=-1000, le=1000, description=description)


class Filters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, repr_omit_defaults=True):
    """What an item must be to appear in an answer. A field at its default asks for nothing.

    The fields are the filters of Python, of the command line, of a query string and of a JSON body.
    An item passes a filter only if the catalog has the value: an item without a year does not pass `year_from`.
    Raises ConfigError for a value of another type or outside its range, and for a range that is empty.
    """

    type: Annotated[Names, Meta(description="One of these types, such as TV, Movie or OVA.")] = ()
    genre: Annotated[Names, Meta(description="At least one of these genres.")] = ()
    genre_all: Annotated[Names, Meta(description="All of these genres.")] = ()
    genre_none: Annotated[Names, Meta(description="None of these genres.")] = ()
    studio: Annotated[Names, Meta(description="At least one of these studios.")] = ()
    year_from: Annotated[int, _year("First year, inclusive.")] | None = None
    year_to: Annotated[int, _year("Last year, inclusive.")] | None = None
    episodes_from: Annotated[int, _count("Minimum number of episodes.")] | None = None
    episodes_to: Annotated[int, _count("Maximum number of episodes.")] | None = None
    min_members: Annotated[int, _count("Minimum number of members with the item on their list.")] | None = None
    min_score: Annotated[float, _score("Minimum mean score in the catalog.")] | None = None
    adult: Annotated[bool, Meta(description="Adult titles too.")] = False
    only: Annotated[Ids, Meta(description="Only these item ids.")] = ()
    without: Annotated[Ids, Meta(description="None of these item ids.")] = ()

    def __post_init__(self) -> None:
        for option in filter_options():
            value = getattr(self, option.name)
            if value is not option.default:
                msgspec.structs.force_setattr(self, option.name, option.checked(value))
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise ConfigError(f"year_from={self.year_from} is after year_to={self.year_to}: swap them")
        if (
            self.episodes_from is not None
            and self.episodes_to is not None
            and self.episodes_from > self.episodes_to
        ):
            raise ConfigError(
                f"episodes_from={self.episodes_from} is more than episodes_to={self.episodes_to}: swap them"
            )

    @classmethod
    def of(cls, where: "FiltersLike") -> "Filters":
        """Filters unchanged, from a mapping of field names to values, or the default for None.

        Raises ConfigError for an unknown name, and as the constructor does.
        """
        if where is None:
            return cls()
        if isinstance(where, Filters):
            return where
        names = cls.__struct_fields__
        for name in where:
            if name not in names:
                raise ConfigError(f'there is no filter "{name}"; the filters are: {", ".join(names)}')
        return cls(**where)

    def allowed(self, catalog: "Catalog") -> NDArray[np.bool_]:
        """bool (n_items,): which items pass.

        Raises ConfigError if a type, genre or studio is in no item of the catalog, if no id of `only` is an item,
        or if the catalog has no years, numbers of episodes or members, or scores and a filter asks for them.
        """
        columns = catalog.columns()
        allowed = np.ones(len(catalog), dtype=np.bool_) if self.adult else ~columns.adult
        genres = columns.genre_labels
        if self.type:
            allowed &= _mask_of("type", self.type, columns.type_labels).any(axis=0)
        if self.genre:
            allowed &= _mask_of("genre", self.genre, genres).any(axis=0)
        if self.genre_all:
            allowed &= _mask_of("genre", self.genre_all, genres).all(axis=0)
        if self.genre_none:
            allowed &= ~_mask_of("genre", self.genre_none, genres).any(axis=0)
        if self.studio:
            allowed &= _mask_of("studio", self.studio, catalog.studio_labels()).any(axis=0)
        for plural, values, minimum, maximum in (
            ("years", columns.year, self.year_from, self.year_to),
            ("numbers of episodes", columns.episodes, self.episodes_from, self.episodes_to),
            ("numbers of members", columns.members, self.min_members, None),
            ("scores", columns.score, self.min_score, None),
        ):
            if (minimum is not None or maximum is not None) and np.isnan(values).all():
                raise ConfigError(
                    f"this catalog has no {plural}, so you cannot filter by them: leave that filter out"
                )
            # A comparison with NaN is false, so an unknown value does not pass.
            if minimum is not None:
                allowed &= values >= minimum
            if maximum is not None:
                allowed &= values <= maximum
        if self.only:
            listed = np.zeros(len(catalog), dtype=np.bool_)
            indices = catalog.items.indices_of(self.only)
            if not (indices >= 0).any():
                first_ids = ", ".join(map(str, self.only[:3]))
                raise ConfigError(f"none of the ids in only ({first_ids}) is an item here: give ids of its items")
            listed[indices[indices >= 0]] = True
            allowed &= listed
        if self.without:
            indices = catalog.items.indices_of(self.without)
            allowed[indices[indices >= 0]] = False
        return allowed


FiltersLike = Filters | Mapping[str, Any] | None


@dataclass(frozen=True)
class FilterOption:
    """One field of Filters, for the interfaces that offer it as an option or a parameter.

    annotation       : the field's type with its limits.
    kind             : "names" and "ids" take several values, the others one.
    allowed          : the values that fit, in words.
    minimum, maximum : the range of a number; None for the other kinds.
    """

    name: str
    annotation: Any
    default: Any
    description: str
    kind: Literal["names", "ids", "integer", "number", "flag"]
    allowed: str
    minimum: float | None = None
    maximum: float | None = None

    def checked(self, value: Any) -> Any:
        """The value as the field's type: a single name as a tuple, NumPy's numbers as Python's.

        Raises ConfigError for a value that does not fit.
        """
        plain = _plain(value)
        if self.kind == "names" and isinstance(plain, str):
            plain = (plain,)
        elif self.kind in ("names", "ids") and isinstance(plain, Iterable) and not isinstance(plain, str):
            plain = tuple(map(_plain, plain))
        try:
            return msgspec.convert(plain, self.annotation)
        except msgspec.ValidationError:
            raise ConfigError(f"{self.name}={reprlib.repr(value)} does not fit: give {self.allowed}") from None


@functools.cache
def filter_options() -> tuple[FilterOption, ...]:
    """The fields of Filters, in order."""
    return tuple(map(_option_of, msgspec.structs.fields(Filters)))


def _option_of(field: msgspec.structs.FieldInfo) -> FilterOption:
    info = type_info(field.type)
    if isinstance(info, UnionType):
        info = info.types[0]  # the other is None
    if not isinstance(info, Metadata):
        raise TypeError(f"the filter {field.name} has no description")
    description = (info.extra_json_schema or {})["description"]
    option = functools.partial(FilterOption, field.name, field.type, field.default, description)
    match info.type:
        case VarTupleType(item_type=StrType(max_length=longest), max_length=most):
            return option("names", f"one name or several, at most {most} of at most {longest} characters each")
        case VarTupleType(max_length=most):
            return option("ids", f"a list of item ids, at most {most:,}")
        case BoolType():
            return option("flag", "true or false")
        case IntType(ge=low, le=high):
            return option("integer", f"a whole number from {low} to {high}", low, high)
        case FloatType(ge=low, le=high):
            return option("number", f"a number from {low} to {high}", low, high)
    raise TypeError(f"no interface offers a filter of the type {field.type}")


def _plain(value: Any) -> Any:
    """A NumPy array or number as Python's own, anything else unchanged."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _mask_of(kind: str, names: tuple[str, ...], labels: "Labels") -> NDArray[np.bool_]:
    """bool (n_names, n_items): which items have each of these names; upper and lower case are the same.

    Raises ConfigError for a name that no item has.
    """
    for name in names:
        if name.casefold() not in labels.index_of:
            near = difflib.get_close_matches(name.casefold(), labels.index_of, n=1)
            hint = f', did you mean "{labels.names[labels.index_of[near[0]]]}"?' if near else ""
            available = ", ".join(labels.names[:60]) + (", ..." if len(labels.names) > 60 else "")
            raise ConfigError(
                f'no item has the {kind} "{name}"{hint or "."} The catalog has: {available or "none at all"}'
            )
    return labels.mask[[labels.index_of[name.casefold()] for name in names]]
