"""MyAnimeList's public dumps: ratings and catalogs of 2016, 2018 and 2020."""

import html

import polars as pl

from konomi.formats.fields import lists, numbers, years
from konomi.formats.layout import Head, RatingsLayout

NEEDED = "MyAnimeList's dumps have user_id, anime_id, rating and, some, watching_status"
_NO_SYNOPSIS = "No synopsis information has been added"


def ratings_layout(head: Head) -> RatingsLayout | None:
    """How to read `animelist.csv`, `rating_complete.csv`, `rating.csv`, `UserAnimeList.csv`; None for other files.

    Scores are 0 to 10; 0 (2018, 2020) and -1 (2016) say that the person watched without scoring.
    """
    user, item = head.place("user_id", "username"), head.place("anime_id")
    rating = head.place("rating", "my_score")
    if user is None or item is None or rating is None:
        return None
    return RatingsLayout(
        format="mal",
        has_header=True,
        user=user,
        item=item,
        rating=rating,
        status=head.place("watching_status", "my_status"),
        integer_users=head.keys[user] == "user_id" or head.holds_integers(user),
        integer_items=True,
        scale=(0.0, 10.0),
        not_rated=(0.0, -1.0),
    )


def is_catalog(head: Head) -> bool:
    """Whether this is `anime.csv` of 2020 or of 2016."""
    return "mal_id" in head.keys or {"anime_id", "name", "genre"} <= set(head.keys)


def catalog(table: pl.DataFrame) -> pl.DataFrame:
    """What `anime.csv` says, as a frame with `item_id` (text) and columns of a Catalog.

    table : all columns as text. Numbers may be written `28.0`; `Unknown` and the empty string say nothing.
    """
    columns = {name.strip().casefold(): name for name in table.columns}
    text = {
        key: pl.col(name).str.strip_chars().replace({"Unknown": None, "": None, "None found, add some": None})
        for key, name in columns.items()
    }
    nothing = pl.lit(None, dtype=pl.String)
    is_2020 = "mal_id" in columns
    genres = lists(text.get("genres", text.get("genre", nothing)), ",")
    age = text["rating"] if is_2020 and "rating" in text else nothing
    # Premiered ("Spring 1998") is the year that people name; Aired begins with the first day on air.
    year = pl.coalesce(years(text.get("premiered", nothing)), years(text.get("aired", nothing)))
    frame = table.select(
        text["mal_id" if is_2020 else "anime_id"].alias("item_id"),
        pl.col(columns["name"]).str.strip_chars().alias("title") if "name" in columns else nothing.alias("title"),
        text.get("english name", nothing).alias("title_english"),
        text.get("japanese name", nothing).alias("title_japanese"),
        text.get("type", nothing).alias("type"),
        year.alias("year"),
        numbers(text.get("episodes", nothing), pl.Int32).alias("episodes"),
        genres.alias("genres"),
        lists(text.get("studios", nothing), ",").alias("studios"),
        numbers(text.get("score", nothing) if is_2020 else text.get("rating", nothing), pl.Float32).alias("score"),
        numbers(text.get("members", nothing), pl.Int64).alias("members"),
        _told(text.get("sypnopsis", text.get("synopsis", nothing))).alias("synopsis"),
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
    told = next((columns[key] for key in ("sypnopsis", "synopsis") if key in columns), None)
    if item is None or told is None:
        return None
    return table.select(
        pl.col(item).str.strip_chars().alias("item_id"),
        _told(pl.col(told).str.strip_chars()).alias("synopsis"),
    )


def _told(text: pl.Expr) -> pl.Expr:
    """Null where the site says in many words that it knows nothing."""
    return pl.when(~text.str.starts_with(_NO_SYNOPSIS) & (text != "")).then(text)
