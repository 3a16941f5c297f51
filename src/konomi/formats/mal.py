"""MyAnimeList's public dumps: ratings and catalogs of 2016, 2018 and 2020."""

import html

import polars as pl

from konomi.formats.fields import lists, numbers, years
from konomi.formats.layout import Head, RatingsLayout

NEEDED = "MyAnimeList's dumps have user_id, anime_id, rating and in some cases watching_status"
_NO_SYNOPSIS = "No synopsis information has been added"


def ratings_layout(head: Head) -> RatingsLayout | None:
    """How to read `animelist.csv`, `rating_complete.csv`, `rating.csv`, `UserAnimeList.csv`; None for other files.

    Scores are 0 to 10; 0 (2018, 2020) and -1 (2016) mean that the user watched the item but did not rate it.
    """
    user, item = head.index_of("user_id", "username"), head.index_of("anime_id")
    rating = head.index_of("rating", "my_score")
    if user is None or item is None or rating is None:
        return None
    return RatingsLayout(
        format="mal",
        has_header=True,
        user=user,
        item=item,
        rating=rating,
        status=head.index_of("watching_status", "my_status"),
        integer_users=head.keys[user] == "user_id" or head.holds_integers(user),
        integer_items=True,
        scale=(0.0, 10.0),
        not_rated=(0.0, -1.0),
    )


def is_catalog(head: Head) -> bool:
    """Whether this is `anime.csv` of 2020 or of 2016."""
    return "mal_id" in head.keys or {"anime_id", "name", "genre"} <= set(head.keys)


def catalog(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of `anime.csv` as a frame with `item_id` (text) and columns of a Catalog.

    table : all columns as text. Numbers may be written `28.0`; `Unknown` and "" mean that a value is missing.
    """
    columns = {name.strip().casefold(): name for name in table.columns}
    text = {
        key: pl.col(name).str.strip_chars().replace({"Unknown": None, "": None, "None found, add some": None})
        for key, name in columns.items()
    }
    missing = pl.lit(None, dtype=pl.String)
    is_2020 = "mal_id" in columns
    genres = lists(text.get("genres", text.get("genre", missing)), ",")
    age = text["rating"] if is_2020 and "rating" in text else missing
    # "Premiered" has the season ("Spring 1998"), "Aired" the first and the last day.
    year = pl.coalesce(years(text.get("premiered", missing)), years(text.get("aired", missing)))
    frame = table.select(
        text["mal_id" if is_2020 else "anime_id"].alias("item_id"),
        pl.col(columns["name"]).str.strip_chars().alias("title") if "name" in columns else missing.alias("title"),
        text.get("english name", missing).alias("title_english"),
        text.get("japanese name", missing).alias("title_japanese"),
        text.get("type", missing).alias("type"),
        year.alias("year"),
        numbers(text.get("episodes", missing), pl.Int32).alias("episodes"),
        genres.alias("genres"),
        lists(text.get("studios", missing), ",").alias("studios"),
        numbers(text.get("score", missing) if is_2020 else text.get("rating", missing), pl.Float32).alias("score"),
        numbers(text.get("members", missing), pl.Int64).alias("members"),
        _synopsis(text.get("sypnopsis", text.get("synopsis", missing))).alias("synopsis"),
        (
            genres.list.contains("Hentai").fill_null(value=False) | age.str.starts_with("Rx").fill_null(value=False)
        ).alias("adult"),
    )
    titles = ("title", "title_english", "title_japanese")
    return frame.with_columns(
        pl.Series(name, [None if one is None else html.unescape(one) for one in frame[name].to_list()], pl.String)
        for name in titles
    )


def synopses(table: pl.DataFrame) -> pl.DataFrame | None:
    """item_id (text) and synopsis from `anime_with_synopsis.csv`, under either spelling; None for another table."""
    columns = {name.strip().casefold(): name for name in table.columns}
    item = next((columns[key] for key in ("mal_id", "anime_id", "item_id") if key in columns), None)
    text = next((columns[key] for key in ("sypnopsis", "synopsis") if key in columns), None)
    if item is None or text is None:
        return None
    return table.select(
        pl.col(item).str.strip_chars().alias("item_id"),
        _synopsis(pl.col(text).str.strip_chars()).alias("synopsis"),
    )


def _synopsis(text: pl.Expr) -> pl.Expr:
    """The text; null where it only says that there is no synopsis."""
    return pl.when(~text.str.starts_with(_NO_SYNOPSIS) & (text != "")).then(text)
