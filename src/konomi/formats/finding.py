"""Finds the table of ratings in a file or archive, and the catalog and synopses in the same archive."""

from collections.abc import Mapping
from dataclasses import dataclass

from konomi.errors import InputFileError
from konomi.formats import catalogs, mal, movielens, table
from konomi.formats.layout import Head, RatingsLayout, columns_needed, read_head
from konomi.formats.opening import PathLike, Source, sources_in

FORMATS = ("auto", "mal", "movielens", "table")
# In the order in which they are preferred if an archive has several.
_RATINGS_NAMES = ("animelist.csv", "rating_complete.csv", "ratings.csv", "ratings.dat", "rating.csv", "u.data")
_CATALOG_NAMES = ("anime.csv", "movies.csv", "movies.dat", "u.item", "items.csv")
_SYNOPSIS_NAMES = ("anime_with_synopsis.csv",)


@dataclass(frozen=True)
class RatingsFile:
    """A table of ratings: its head, its layout, and the other tables of the same archive."""

    head: Head
    layout: RatingsLayout
    others: list[Source]


def find_ratings(path: PathLike, family: str, columns: Mapping[str, str | None]) -> RatingsFile:
    """The table of ratings in a file or an archive.

    family : one of FORMATS.
    Raises InputFileError if there is no table of ratings of this family.
    """
    sources = sources_in(path)
    if sources[0].member is None:
        head = read_head(sources[0])
        layout = _layout(head, family, columns)
        if layout is None:
            raise columns_needed(head, _needed(head, family, columns))
        return RatingsFile(head, layout, [])
    candidates = _best_first(sources, _RATINGS_NAMES)
    is_table = False
    for source in candidates:
        one = _head_or_none(source)
        if one is None:
            continue
        is_table = True
        layout = _layout(one, family, columns)
        if layout is not None:
            return RatingsFile(one, layout, [other for other in sources if other != source])
    if not is_table:
        read_head(candidates[0])  # raises InputFileError
    held = ", ".join(str(source.member) for source in sources[:6])
    raise InputFileError(f"{path} holds no table of ratings ({held}); {_NEEDED[family]}")


def find_catalog(sources: list[Source], columns: Mapping[str, str | None]) -> Source | None:
    """The catalog among these tables, or None."""
    for source in _best_first(sources, _CATALOG_NAMES):
        head = _head_or_none(source)
        if source.basename not in _SYNOPSIS_NAMES and head is not None and catalogs.is_catalog(head, columns):
            return source
    return None


def find_synopses(sources: list[Source]) -> Source | None:
    """The file of synopses among these tables, or None."""
    return next((source for source in sources if source.basename in _SYNOPSIS_NAMES), None)


_NEEDED = {
    "auto": table.NEEDED,
    "mal": f"format 'mal' was asked for; {mal.NEEDED}: try format='auto'",
    "movielens": f"format 'movielens' was asked for; {movielens.NEEDED}: try format='auto'",
    "table": table.NEEDED,
}


def _needed(head: Head, family: str, columns: Mapping[str, str | None]) -> str:
    if family in ("auto", "table") and catalogs.is_catalog(head, columns):
        return f"{_NEEDED[family]}. It looks like a catalog: give it as items="
    return _NEEDED[family]


def _layout(head: Head, family: str, columns: Mapping[str, str | None]) -> RatingsLayout | None:
    if family == "mal":
        return mal.ratings_layout(head)
    if family == "movielens":
        return movielens.ratings_layout(head)
    if family == "table" or columns.keys() & table.RATING_COLUMNS.keys():
        return table.ratings_layout(head, columns)
    return mal.ratings_layout(head) or movielens.ratings_layout(head) or table.ratings_layout(head, columns)


def _best_first(sources: list[Source], names: tuple[str, ...]) -> list[Source]:
    """The sources in the order of `names`, then the others, the largest first."""
    return sorted(
        sources, key=lambda one: (names.index(one.basename) if one.basename in names else len(names), -one.size)
    )


def _head_or_none(source: Source) -> Head | None:
    """The head of a member of an archive, or None if it is not a table."""
    try:
        return read_head(source)
    except InputFileError:
        return None
