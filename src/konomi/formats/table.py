"""Any table of ratings or items, CSV or Parquet, by the names of its columns."""

from collections.abc import Mapping
from itertools import combinations

import polars as pl

from konomi.data.catalog import COLUMNS
from konomi.errors import ConfigError, InputFileError
from konomi.formats.fields import lists, numbers, truths, years
from konomi.formats.layout import Head, RatingsLayout, columns_needed, comparable

_ITEM = (
    "item_id", "itemid", "item", "anime_id", "animeid", "mal_id", "movie_id", "movieid", "product_id", "productid",
    "book_id", "isbn", "asin", "game_id", "track_id", "business_id",
)  # fmt: skip
# Accepted column names, the preferred ones first, in the form of `comparable`.
RATING_COLUMNS: dict[str, tuple[str, ...]] = {
    "user": (
        "user_id",
        "userid",
        "user",
        "username",
        "user_name",
        "uid",
        "reviewer_id",
        "reviewerid",
        "customer_id",
    ),
    "item": _ITEM,
    "rating": ("rating", "score", "my_score", "book_rating", "stars", "overall"),
    "status": ("watching_status", "status", "my_status"),
}
ITEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "item_id": (*_ITEM, "id"),
    "title": ("title", "name", "anime_title", "book_title", "product_title"),
    "title_english": ("title_english", "english_title", "english_name"),
    "title_japanese": ("title_japanese", "japanese_title", "japanese_name"),
    "type": ("type", "media_type"),
    "year": ("year", "release_year", "start_year", "year_of_publication", "premiered", "aired"),
    "episodes": ("episodes", "num_episodes"),
    "genres": ("genres", "genre"),
    "studios": ("studios", "studio"),
    "franchise": ("franchise", "series"),
    "score": ("score", "mean", "average_rating", "rating"),
    "members": ("members", "num_list_users", "num_ratings"),
    "synopsis": ("synopsis", "sypnopsis", "description", "overview"),
    "adult": ("adult", "is_adult", "nsfw"),
}
NEEDED = (
    "ratings need a user (user_id, user, ...), an item (item_id, anime_id, movieId, ...) and a rating (rating, "
    "score, ...): rename the columns, or in Python give columns={'user': ..., 'item': ..., 'rating': ...} "
    "('rating': None if the file has none)"
)
_NO_COLUMNS: Mapping[str, str | None] = {}


def check_columns(columns: Mapping[str, str | None]) -> None:
    """Raises ConfigError if a key is not a role, or if a required role is None."""
    for role, name in columns.items():
        if role not in RATING_COLUMNS and role not in ITEM_COLUMNS:
            allowed = ", ".join([*RATING_COLUMNS, *ITEM_COLUMNS])
            raise ConfigError(f"columns names a role {role!r}; the roles are {allowed}")
        if name is None and role in ("user", "item", "item_id"):
            raise ConfigError(f"columns={{{role!r}: None}}: each row needs one; give the name of its column")


def ratings_layout(head: Head, columns: Mapping[str, str | None] = _NO_COLUMNS) -> RatingsLayout | None:
    """The layout of a table with a user, an item and a rating; None if it lacks one of these columns.

    columns : role -> the name of its column, None if the file has none.
    Any finite number is a rating.
    Raises InputFileError if the table lacks a column that `columns` names.
    """
    indices = {role: _column_index(head, role, synonyms, columns) for role, synonyms in RATING_COLUMNS.items()}
    user, item, rating = indices["user"], indices["item"], indices["rating"]
    if user is None or item is None or (rating is None and columns.get("rating", "") is not None):
        return None
    for (one, index), (other, same) in combinations(indices.items(), 2):
        if index is not None and index == same:
            raise columns_needed(head, f"{head.names[index]} cannot be both the {one} and the {other}")
    return RatingsLayout(
        format="table",
        has_header=True,
        user=user,
        item=item,
        rating=rating,
        status=indices["status"],
        integer_users=head.holds_integers(user),
        integer_items=head.holds_integers(item),
        scale=None,
        not_rated=(),
    )


def is_catalog(head: Head, columns: Mapping[str, str | None] = _NO_COLUMNS) -> bool:
    """Whether the table has an item id, at least one other column of a catalog, and no user."""
    if head.index_of(*RATING_COLUMNS["user"]) is not None:
        return False
    indices = {role: _column_index(head, role, synonyms, columns) for role, synonyms in ITEM_COLUMNS.items()}
    return indices.pop("item_id") is not None and any(index is not None for index in indices.values())


def catalog(table: pl.DataFrame, head: Head, columns: Mapping[str, str | None] = _NO_COLUMNS) -> pl.DataFrame:
    """A table of items as a frame with `item_id` (text) and the columns of a Catalog that it has."""
    indices = {role: _column_index(head, role, synonyms, columns) for role, synonyms in ITEM_COLUMNS.items()}
    found = [
        _as(role, table.columns[index], table.schema[table.columns[index]])
        for role, index in indices.items()
        if index is not None
    ]
    return table.select(found)


def _column_index(
    head: Head, role: str, synonyms: tuple[str, ...], columns: Mapping[str, str | None]
) -> int | None:
    if role not in columns:
        return head.index_of(*synonyms)
    name = columns[role]
    if name is None:
        return None
    if name in head.names:
        return head.names.index(name)
    index = head.index_of(comparable(name))
    if index is None:
        raise columns_needed(head, f"columns={{{role!r}: {name!r}}} names a column that is not among them")
    return index


def _as(role: str, name: str, found: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    dtype = COLUMNS.get(role)
    if isinstance(found, pl.List):
        if not isinstance(dtype, pl.List):
            raise InputFileError(f"column {name} holds lists, but {role} is one value: give another column")
        return column.cast(dtype, strict=False).alias(role)
    text = column.cast(pl.String, strict=False).str.strip_chars()
    text = pl.when(text != "").then(text)
    if role == "year":
        text = years(text)
    elif role == "adult":
        text = truths(text)
    elif isinstance(dtype, pl.List):
        # Written as a Python list, or separated by | or ; or, if it has neither, by commas.
        bare = text.str.replace_all(r"^\[|\]$", "").str.replace_all(r"'([^']*)'", "$1").str.replace_all('"', "")
        parted = pl.when(bare.str.contains("[|;]")).then(bare.str.replace_all("[|;]", "\n"))
        text = lists(parted.otherwise(bare.str.replace_all(",", "\n")), "\n")
    elif dtype is not None and dtype.is_numeric():
        text = numbers(text, dtype)
    return text.alias(role)
