"""MovieLens: ratings.csv and movies.csv, the .dat files of its 1M and 10M sets, u.data and u.item of 100K."""

import re

import polars as pl

from konomi.formats.fields import lists
from konomi.formats.layout import Head, RatingsLayout

NEEDED = (
    "MovieLens has userId, movieId, rating (ratings.csv), or user::movie::rating (ratings.dat), "
    "or the same with tabs (u.data)"
)
# The flags of u.item, in order; the first one means that the genre is unknown.
_FLAGS = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_RATING_LINE = re.compile(r"\d+(::|\t)\d+\1\d+(\.\d+)?(\1\d+)?")
_MOVIE_LINE = re.compile(r"\d+::.+::[^:]*")
_YEAR = r"\((\d{4})(?:[-–]\d{0,4})?\)\s*$"


def ratings_layout(head: Head) -> RatingsLayout | None:
    """How to read MovieLens ratings, with or without timestamps; None for other files. Ratings are 0.5 to 5."""
    has_header = {"userid", "movieid", "rating"} <= set(head.keys)
    if not has_header and not _RATING_LINE.fullmatch(head.first_line):
        return None
    return RatingsLayout(
        format="movielens",
        has_header=has_header,
        user=head.keys.index("userid") if has_header else 0,
        item=head.keys.index("movieid") if has_header else 1,
        rating=head.keys.index("rating") if has_header else 2,
        status=None,
        integer_users=True,
        integer_items=True,
        scale=(0.5, 5.0),
        not_rated=(),
    )


def is_catalog(head: Head) -> bool:
    """Whether this is movies.csv, movies.dat or u.item."""
    return {"movieid", "title", "genres"} <= set(head.keys) or not has_catalog_header(head)


def has_catalog_header(head: Head) -> bool:
    """False for movies.dat and u.item, whose first line is a film."""
    is_item = head.separator == "|" and len(head.names) >= 23 and head.names[0].isdigit()
    return not is_item and not _MOVIE_LINE.fullmatch(head.first_line)


def catalog(table: pl.DataFrame) -> pl.DataFrame:
    """A MovieLens catalog as a frame with `item_id` (text), title, title_english, year and genres.

    table : all columns as text; those of a file without a header are called 0, 1, 2 ...
    The title is unchanged, "Matrix, The (1999)"; title_english is what users type, "The Matrix".
    """
    if "0" not in table.columns:
        named = {name.strip().casefold(): name for name in table.columns}
        item, title, genres = (pl.col(named[key]) for key in ("movieid", "title", "genres"))
    elif table.width >= 5 + len(_FLAGS):
        flags = [pl.when(pl.col(str(5 + n)) == "1").then(pl.lit(_FLAGS[n])) for n in range(1, len(_FLAGS))]
        item, title, genres = pl.col("0"), pl.col("1"), pl.concat_str(flags, separator="|", ignore_nulls=True)
    else:
        item, title, genres = pl.col("0"), pl.col("1"), pl.col("2")
    title = title.str.strip_chars()
    spoken = (
        title.str.replace(_YEAR, "")
        .str.strip_chars()
        .str.replace(r"^(.+), (The|A|An|Les|Le|La|Il|El|Das|Der|Die)(?: \(.*\))?$", "$2 $1")
    )
    return table.select(
        item.str.strip_chars().alias("item_id"),
        title.alias("title"),
        pl.when(spoken != "").then(spoken).alias("title_english"),
        title.str.extract(_YEAR).cast(pl.Int32).alias("year"),
        lists(genres.replace({"(no genres listed)": "", "unknown": ""}).fill_null(""), "|").alias("genres"),
    )
