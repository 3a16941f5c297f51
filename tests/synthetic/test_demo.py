"""The hand-written catalog of the demo."""

import polars as pl
import pytest

from konomi.synthetic.demo import catalog

TYPES = {"TV", "Movie", "OVA", "ONA", "Special"}
GENRE_WORDS = (
    "Action, Adventure, Cars, Comedy, Dementia, Demons, Drama, Ecchi, Fantasy, Game, Harem, Historical, Horror, "
    "Josei, Kids, Magic, Martial Arts, Mecha, Military, Music, Mystery, Parody, Police, Psychological, Romance, "
    "Samurai, School, Sci-Fi, Seinen, Shoujo, Shounen, Slice of Life, Space, Sports, Super Power, Supernatural, "
    "Thriller, Vampire"
)


@pytest.fixture(scope="module")
def titles() -> pl.DataFrame:
    return catalog()


def test_the_catalog_has_at_least_330_titles(titles: pl.DataFrame) -> None:
    assert titles.height >= 330


def test_ids_are_consecutive_from_one(titles: pl.DataFrame) -> None:
    assert titles["item_id"].to_list() == list(range(1, titles.height + 1))


def test_no_two_titles_differ_only_in_case(titles: pl.DataFrame) -> None:
    assert titles["title"].str.to_lowercase().is_duplicated().sum() == 0


def test_every_title_has_a_known_type(titles: pl.DataFrame) -> None:
    assert set(titles["type"].to_list()) == TYPES


def test_every_genre_is_one_of_myanimelist(titles: pl.DataFrame) -> None:
    assert set(titles["genres"].str.split(", ").explode().to_list()) <= set(GENRE_WORDS.split(", "))


def test_no_title_has_a_genre_twice(titles: pl.DataFrame) -> None:
    genres = titles["genres"].str.split(", ")
    assert (genres.list.len() == genres.list.n_unique()).all()


def test_years_are_from_the_sixties_to_2023(titles: pl.DataFrame) -> None:
    assert (titles["year"].min(), titles["year"].max()) == (1963, 2023)


def test_films_have_at_most_three_episodes(titles: pl.DataFrame) -> None:
    # "5 Centimeters per Second" is a film of three parts.
    assert titles.filter(pl.col("type") == "Movie")["episodes"].is_between(1, 3).all()


def test_only_series_that_are_still_running_have_no_number_of_episodes(titles: pl.DataFrame) -> None:
    endless = titles.filter(pl.col("episodes").is_null())
    assert sorted(endless["title"]) == ["Crayon Shin-chan", "Detective Conan", "One Piece", "Sazae-san"]


def test_fame_is_from_1_to_5(titles: pl.DataFrame) -> None:
    assert sorted(titles["fame"].unique()) == [1, 2, 3, 4, 5]


def test_most_titles_have_a_synopsis_and_some_have_none(titles: pl.DataFrame) -> None:
    share = 1 - titles["synopsis"].null_count() / titles.height
    assert 0.55 < share < 0.95


def test_synopses_are_one_short_sentence(titles: pl.DataFrame) -> None:
    synopses = titles["synopsis"].drop_nulls()
    assert synopses.str.len_chars().max() <= 140
    assert synopses.str.ends_with(".").all()


def test_no_field_has_space_at_its_start_or_end(titles: pl.DataFrame) -> None:
    texts = titles.select(pl.col(pl.String))
    assert texts.equals(texts.select(pl.all().str.strip_chars()))


def test_a_franchise_joins_at_least_two_titles(titles: pl.DataFrame) -> None:
    sizes = titles["franchise"].drop_nulls().value_counts()
    assert sizes["count"].min() == 2


def test_cowboy_bebop_is_a_title_and_the_start_of_another(titles: pl.DataFrame) -> None:
    found = titles.filter(pl.col("title").str.starts_with("Cowboy Bebop"))["title"].to_list()
    assert found == ["Cowboy Bebop", "Cowboy Bebop: Tengoku no Tobira"]
