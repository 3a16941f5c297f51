"""Filters: which items an answer may hold, by what the catalogue knows of them."""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.catalog import Catalog
from konomi.errors import ConfigError
from konomi.ids import Id


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What an item must be to appear in an answer; what is left at its default asks nothing.

    An item of which the catalogue does not know what a filter asks for (no year, say) does not pass it.
    """

    type: tuple[str, ...] = ()
    """One of these: TV, Movie, OVA, ... (case does not count)."""
    genre: tuple[str, ...] = ()
    """At least one of these genres."""
    genre_all: tuple[str, ...] = ()
    """Every one of these genres."""
    genre_none: tuple[str, ...] = ()
    """None of these genres."""
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
    adult: bool = False
    """Whether adult titles may appear."""
    only: tuple[Id, ...] = ()
    """Only these item ids."""
    without: tuple[Id, ...] = ()
    """None of these item ids."""

    def __post_init__(self) -> None:
        for name in ("type", "genre", "genre_all", "genre_none"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, (value,))
            elif not (isinstance(value, Iterable) and all(isinstance(one, str) for one in value)):
                raise ConfigError(f"{name}={value!r} does not fit: give one name or several")
            else:
                object.__setattr__(self, name, tuple(value))
        for name in ("only", "without"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("year_from", "year_to", "episodes_from", "episodes_to", "min_members"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise ConfigError(f"{name}={value!r} does not fit: give a whole number")
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise ConfigError(f"no year is from {self.year_from} and to {self.year_to}: swap them")

    @classmethod
    def of(cls, where: "Filters | Mapping[str, Any] | None") -> "Filters":
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

        Raises ConfigError if a type or genre is in no item of the catalogue.
        """
        frame = catalog.frame
        tests = [] if self.adult else [~pl.col("adult").fill_null(False)]
        if self.type:
            tests.append(pl.col("type").is_in(_known("type", self.type, frame["type"])))
        genres = frame["genres"].explode() if self.genre or self.genre_all or self.genre_none else pl.Series([""])
        has = pl.col("genres").fill_null([]).list
        if self.genre:
            tests.append(pl.any_horizontal(has.contains(one) for one in _known("genre", self.genre, genres)))
        if self.genre_all:
            tests.extend(has.contains(one) for one in _known("genre", self.genre_all, genres))
        if self.genre_none:
            tests.extend(~has.contains(one) for one in _known("genre", self.genre_none, genres))
        if self.year_from is not None:
            tests.append(pl.col("year") >= self.year_from)
        if self.year_to is not None:
            tests.append(pl.col("year") <= self.year_to)
        if self.episodes_from is not None:
            tests.append(pl.col("episodes") >= self.episodes_from)
        if self.episodes_to is not None:
            tests.append(pl.col("episodes") <= self.episodes_to)
        if self.min_members is not None:
            tests.append(pl.col("members") >= self.min_members)
        if tests:
            allowed = frame.select(pl.all_horizontal(tests).fill_null(False)).to_series().to_numpy().copy()
        else:
            allowed = np.ones(len(catalog), dtype=np.bool_)
        if self.only:
            listed = np.zeros(len(catalog), dtype=np.bool_)
            rows = catalog.items.rows_of(self.only)
            listed[rows[rows >= 0]] = True
            allowed &= listed
        if self.without:
            rows = catalog.items.rows_of(self.without)
            allowed[rows[rows >= 0]] = False
        return np.asarray(allowed, dtype=np.bool_)


def _known(what: str, wanted: tuple[str, ...], column: pl.Series) -> list[str]:
    """The catalogue's own spelling of each wanted name."""
    spelling = {name.casefold(): name for name in column.drop_nulls().unique().to_list()}
    found = []
    for name in wanted:
        if name.casefold() not in spelling:
            near = difflib.get_close_matches(name.casefold(), spelling, n=1)
            hint = f', did you mean "{spelling[near[0]]}"?' if near else ""
            raise ConfigError(
                f'no item has the {what} "{name}"{hint} The catalogue has: '
                + (", ".join(sorted(spelling.values())) or "none at all")
            )
        found.append(spelling[name.casefold()])
    return found
