"""Filters: which items an answer may contain."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.filters import Filters, filter_options
from konomi.errors import ConfigError


@pytest.fixture
def catalog(tiny_dataset: Dataset) -> Catalog:
    """Items 101 to 106; 105 is for adults, 106 has only its id."""
    return tiny_dataset.catalog


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, [101, 102, 103, 104, 106]),
        ({"adult": True}, [101, 102, 103, 104, 105, 106]),
        ({"type": "tv"}, [101, 103]),
        ({"type": ("TV", "Movie")}, [101, 102, 103]),
        ({"genre": "comedy"}, [101, 102]),
        ({"genre": ["Sci-Fi", "Drama"]}, [101, 103]),
        ({"genre_all": ["Comedy", "Sci-Fi"]}, [101]),
        ({"genre_none": ["Comedy"]}, [103, 104, 106]),
        ({"studio": "studio one"}, [101, 102]),
        ({"year_from": 2001}, [102, 103]),
        ({"year_to": 2001}, [101, 102]),
        ({"episodes_from": 2, "episodes_to": 12}, [103, 104]),
        ({"min_members": 500}, [101, 102]),
        ({"min_score": 7}, [101, 102]),
        ({"only": [101, 103, 999]}, [101, 103]),
        ({"without": [101, 999]}, [102, 103, 104, 106]),
        ({"type": "TV", "genre": "Drama", "year_from": 2000}, [103]),
        ({"type": "TV", "year_from": 2030}, []),
    ],
)
def test_an_item_passes_only_if_it_matches_all_filters(catalog: Catalog, where: Any, expected: list[int]) -> None:
    allowed = Filters.of(where).allowed(catalog)
    assert allowed.dtype == np.bool_
    assert catalog.items.ids[allowed].tolist() == expected


def test_ids_may_come_from_numpy() -> None:
    assert Filters(only=np.array([101, 103])) == Filters(only=(101, 103))
    assert Filters(without=[np.int64(101), "a"]) == Filters(without=(101, "a"))


def test_every_filter_has_a_description_and_says_what_it_allows() -> None:
    assert [option.name for option in filter_options()] == list(Filters.__struct_fields__)
    assert all(option.description and option.allowed for option in filter_options())


def test_a_changed_result_does_not_change_the_next_one(catalog: Catalog) -> None:
    Filters(type=("TV",), without=(101,)).allowed(catalog)[:] = False
    assert Filters().allowed(catalog).tolist() == [True, True, True, True, False, True]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"color": "red"}, 'no filter "color"; the filters are: type, genre'),
        ({"type": 3}, "one name or several"),
        ({"genre": [1]}, "one name or several"),
        ({"only": "101"}, "list of item ids"),
        ({"without": 101}, "list of item ids"),
        ({"year_from": "2001"}, "whole number"),
        ({"year_from": True}, "whole number"),
        ({"min_score": "high"}, "a number"),
        ({"adult": "yes"}, "true or false"),
        ({"year_to": 10_000}, "from 0 to 9999"),
        ({"min_members": -1}, "from 0 to 1000000000"),
        ({"min_score": float("nan")}, "from -1000 to 1000"),
        ({"studio": ["s" * 201]}, "at most 200 characters"),
        ({"only": [1.5]}, "list of item ids"),
        ({"year_from": 2010, "year_to": 2000}, "swap them"),
        ({"episodes_from": 13, "episodes_to": 12}, "swap them"),
    ],
)
def test_a_filter_that_does_not_fit_is_a_config_error(where: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Filters.of(where)


@pytest.mark.parametrize(
    ("column", "where", "message"),
    [
        ("year", {"year_from": 1990}, "no years"),
        ("episodes", {"episodes_to": 12}, "no numbers of episodes"),
        ("members", {"min_members": 1}, "no numbers of members"),
        ("score", {"min_score": 7}, "no scores"),
    ],
)
def test_a_filter_by_a_column_without_values_is_an_error(
    catalog: Catalog, column: str, where: Any, message: str
) -> None:
    empty = pl.lit(None, dtype=catalog.frame.schema[column]).alias(column)
    without = Catalog(catalog.items, catalog.frame.with_columns(empty))
    with pytest.raises(ConfigError, match=message):
        Filters.of(where).allowed(without)
    assert Filters.of(None).allowed(without).any()


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"type": "Tvv"}, 'did you mean "TV"'),
        ({"genre": "Comdy"}, 'did you mean "Comedy"'),
        ({"studio": "Studio Three"}, "Studio One, Studio Two"),
        ({"only": [987_654, 987_655]}, "none of the ids in only"),
    ],
)
def test_the_error_for_an_unknown_name_lists_the_known_ones(catalog: Catalog, where: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Filters.of(where).allowed(catalog)
