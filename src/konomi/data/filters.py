"""Filters: which items an answer may hold, by what the catalog knows of them."""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.data.columns import Labels
from konomi.data.ids import Id
from konomi.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What an item must be to appear in an answer; what is left at its default asks nothing.

    An item of which the catalog does not know what a filter asks for (no year, say) does not pass it.
    """

    type: tuple[str, ...] = ()
    """One of these: TV, Movie, OVA, ... (case does not count)."""
    genre: tuple[str, ...] = ()
    """At least one of these genres."""
    genre_all: tuple[str, ...] = ()
    """Every one of these genres."""
    genre_none: tuple[str, ...] = ()
    """None of these genres."""
    studio: tuple[str, ...] = ()
    """At least one of these studios made it."""
    year_from: int | None = None
    """First year, itself included."""
    year_to: int | None = None
    """Last year, itself included."""
    episodes_from: int | None = None
    """Fewest episodes, itself included."""
    episodes_to: int | None = None
    """Most episodes, itself included."""
    min_members: int | None = None
    """Fewest members who have the item on their list."""
    min_score: float | None = None
    """Lowest mean rating, as the catalog has it, itself included."""
    adult: bool = False
    """Whether adult titles may appear."""
    only: tuple[Id, ...] = ()
    """Only these item ids."""
    without: tuple[Id, ...] = ()
    """None of these item ids."""

    def __post_init__(self) -> None:
        for name in ("type", "genre", "genre_all", "genre_none", "studio"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, (value,))
            elif not (isinstance(value, Iterable) and all(isinstance(one, str) for one in value)):
                raise ConfigError(f"{name}={value!r} does not fit: give one name or several")
            else:
                object.__setattr__(self, name, tuple(value))
        for name in ("only", "without"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Iterable):
                raise ConfigError(f"{name}={value!r} does not fit: give a list of item ids")
            object.__setattr__(self, name, tuple(value))
        for name in ("year_from", "year_to", "episodes_from", "episodes_to", "min_members"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise ConfigError(f"{name}={value!r} does not fit: give a whole number")
        if self.min_score is not None and (
            isinstance(self.min_score, bool) or not isinstance(self.min_score, int | float)
        ):
            raise ConfigError(f"min_score={self.min_score!r} does not fit: give a number")
        if not isinstance(self.adult, bool):
            raise ConfigError(f"adult={self.adult!r} does not fit: give true or false")
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise ConfigError(f"no year is from {self.year_from} and to {self.year_to}: swap them")
        if (
            self.episodes_from is not None
            and self.episodes_to is not None
            and self.episodes_from > self.episodes_to
        ):
            raise ConfigError(
                f"nothing has from {self.episodes_from} and to {self.episodes_to} episodes: swap them"
            )

    @classmethod
    def of(cls, where: "Where") -> "Filters":
        """Filters as they are, from a mapping of the field names, or the default for None.

        Raises ConfigError on an unknown name.
        """
        if where is None:
            return cls()
        if isinstance(where, Filters):
            return where
        known = [f.name for f in dataclasses.fields(cls)]
        for name in where:
            if name not in known:
                raise ConfigError(f'there is no filter "{name}"; the filters are: {", ".join(known)}')
        return cls(**where)

    def allowed(self, catalog: Catalog) -> NDArray[np.bool_]:
        """bool (n_items,): which items pass.

        Raises ConfigError if a type, genre or studio is in no item of the catalog, or if it has no years, numbers
        of episodes or members, or scores at all where they are asked for.
        """
        columns = catalog.columns()
        allowed = np.ones(len(catalog), dtype=np.bool_) if self.adult else ~columns.adult
        if self.type:
            allowed &= columns.with_type.bears[_known("type", self.type, columns.with_type)].any(axis=0)
        if self.genre:
            allowed &= columns.with_genre.bears[_known("genre", self.genre, columns.with_genre)].any(axis=0)
        if self.genre_all:
            allowed &= columns.with_genre.bears[_known("genre", self.genre_all, columns.with_genre)].all(axis=0)
        if self.genre_none:
            allowed &= ~columns.with_genre.bears[_known("genre", self.genre_none, columns.with_genre)].any(axis=0)
        if self.studio:
            studios = Labels.of(catalog.frame["studios"].to_list())
            allowed &= studios.bears[_known("studio", self.studio, studios)].any(axis=0)
        for what, known, least, most in (
            ("years", columns.year, self.year_from, self.year_to),
            ("numbers of episodes", columns.episodes, self.episodes_from, self.episodes_to),
            ("numbers of members", columns.members, self.min_members, None),
            ("scores", columns.score, self.min_score, None),
        ):
            if (least is not None or most is not None) and np.isnan(known).all():
                raise ConfigError(f"this catalog has no {what}, so nothing can be filtered by them: leave that out")
            # A comparison with NaN is false, so what is unknown does not pass.
            if least is not None:
                allowed &= known >= least
            if most is not None:
                allowed &= known <= most
        if self.only:
            listed = np.zeros(len(catalog), dtype=np.bool_)
            rows = catalog.items.indices_of(self.only)
            if not (rows >= 0).any():
                named = ", ".join(str(one) for one in self.only[:3])
                raise ConfigError(f"none of the ids in only ({named}) is an item here: give ids that are")
            listed[rows[rows >= 0]] = True
            allowed &= listed
        if self.without:
            rows = catalog.items.indices_of(self.without)
            allowed[rows[rows >= 0]] = False
        return allowed


Where = Filters | Mapping[str, Any] | None


def _known(what: str, wanted: tuple[str, ...], labels: Labels) -> list[int]:
    """The place of each wanted name, however its case is written."""
    for name in wanted:
        if name.casefold() not in labels.rows_of:
            near = difflib.get_close_matches(name.casefold(), labels.rows_of, n=1)
            hint = f', did you mean "{labels.names[labels.rows_of[near[0]]]}"?' if near else ""
            held = ", ".join(labels.names[:60]) + (", ..." if len(labels.names) > 60 else "")
            raise ConfigError(
                f'no item has the {what} "{name}"{hint or "."} The catalog has: {held or "none at all"}'
            )
    return [labels.rows_of[name.casefold()] for name in wanted]
