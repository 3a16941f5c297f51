"""CatalogColumns: the catalog as plain lists and arrays, for fast answers."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Labels:
    """Which items have which of the names of one kind: types, genres or studios.

    names    : the names, sorted.
    index_of : folded name -> its index in `names`. Spellings that differ only in case share the first one's index.
    mask     : bool (n_names, n_items), whether an item has a name.
    """

    names: list[str]
    index_of: dict[str, int]
    mask: NDArray[np.bool_]

    @classmethod
    def of(cls, cells: list[list[str] | None]) -> "Labels":
        """The labels of each item's names; None for an item whose names are unknown."""
        names = sorted({name for cell in cells for name in cell or () if name})
        index_of: dict[str, int] = {}
        for index, name in enumerate(names):
            index_of.setdefault(name.casefold(), index)
        mask = np.zeros((len(names), len(cells)), dtype=np.bool_)
        for item, cell in enumerate(cells):
            for name in cell or ():
                if name:
                    mask[index_of[name.casefold()], item] = True
        return cls(names, index_of, mask)


@dataclass(frozen=True, eq=False)
class CatalogColumns:
    """The columns of the catalog, each (n_items,) in item order.

    titles, english, japanese, genres, types, years, synopses : the values of the catalog, None if unknown.
    year, episodes, members, score : float64, NaN if unknown.
    adult : bool, False if unknown.
    type_labels, genre_labels : the items of each type and genre.
    """

    titles: list[str]
    english: list[str | None]
    japanese: list[str | None]
    genres: list[list[str] | None]
    types: list[str | None]
    years: list[int | None]
    synopses: list[str | None]
    year: NDArray[np.float64]
    episodes: NDArray[np.float64]
    members: NDArray[np.float64]
    score: NDArray[np.float64]
    adult: NDArray[np.bool_]
    type_labels: Labels
    genre_labels: Labels

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "CatalogColumns":
        """The columns of the frame of a catalog."""
        genres = frame["genres"].to_list()
        types = frame["type"].to_list()
        numbers = {
            name: frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            for name in ("year", "episodes", "members", "score")
        }
        return cls(
            frame["title"].to_list(),
            frame["title_english"].to_list(),
            frame["title_japanese"].to_list(),
            genres,
            types,
            frame["year"].to_list(),
            frame["synopsis"].to_list(),
            numbers["year"],
            numbers["episodes"],
            numbers["members"],
            numbers["score"],
            frame["adult"].fill_null(False).to_numpy(),
            Labels.of([[name] if name else None for name in types]),
            Labels.of(genres),
        )
