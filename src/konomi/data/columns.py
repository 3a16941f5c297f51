"""CatalogColumns: what the catalog says as plain lists and arrays, for answers that must be quick."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Labels:
    """Which items bear which of a few names (types, genres, studios).

    names   : the names, sorted.
    rows_of : folded name -> its place in `names`; two spellings that differ in case share the first one's place.
    bears   : bool (n_names, n_items).
    """

    names: list[str]
    rows_of: dict[str, int]
    bears: NDArray[np.bool_]

    @classmethod
    def of(cls, cells: list[list[str] | None]) -> "Labels":
        """From the names of each item, None where unknown."""
        names = sorted({name for cell in cells for name in cell or () if name})
        rows_of: dict[str, int] = {}
        for place, name in enumerate(names):
            rows_of.setdefault(name.casefold(), place)
        bears = np.zeros((len(names), len(cells)), dtype=np.bool_)
        for item, cell in enumerate(cells):
            for name in cell or ():
                if name:
                    bears[rows_of[name.casefold()], item] = True
        return cls(names, rows_of, bears)


@dataclass(frozen=True, eq=False)
class CatalogColumns:
    """The catalog, one list or array a column, each (n_items,) in row order.

    titles, english, japanese, genres, types, years, synopses : as the catalog has them, None where unknown.
    year, episodes, members, score : float64, NaN where unknown.
    adult : bool, False where unknown.
    with_type, with_genre : Labels; studios are too many to be kept so.
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
    with_type: Labels
    with_genre: Labels

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "CatalogColumns":
        """The columns of a catalog's frame."""
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
            Labels.of([[kind] if kind else None for kind in types]),
            Labels.of(genres),
        )
