"""Titles are found while a user types them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konomi.data.titles import TitleIndex, fold

MAIN = ["Cowboy Bebop", "Cowboy Bebop: The Movie", "Naruto", "Shingeki no Kyojin", "Bebop Cowboys", "Naruto"]
ENGLISH = [None, None, None, "Attack on Titan", None, ""]
JAPANESE = ["カウボーイビバップ", None, "ナルト", "進撃の巨人", None, None]
MEMBERS = np.array([900, 500, 800, 1000, 10, 20])


@pytest.fixture(scope="module")
def index() -> TitleIndex:
    return TitleIndex.of([MAIN, ENGLISH, JAPANESE], MEMBERS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Cowboy Bebop", [0, 1]),
        ("cowboy", [0, 1, 4]),
        ("bebop", [4, 0, 1]),
        ("bebop movie", [1]),
        ("naruto", [2, 5]),
        ("NARUTO", [2, 5]),
        ("attack", [3]),
        ("ナル", [2]),
        ("\uff33hingeki", [3]),
        ("no", [3]),
    ],
)
def test_exact_titles_come_first_then_beginnings_then_words_each_by_members(
    index: TitleIndex, query: str, expected: list[int]
) -> None:
    assert index.search(query, limit=10)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("typed", "meant"), [("nartuo", 2), ("cowbow bebpo", 0), ("shingek no kyogin", 3), ("atack on titn", 3)]
)
def test_typing_errors_are_forgiven(index: TitleIndex, typed: str, meant: int) -> None:
    assert index.search(typed, limit=10)[0] == meant


@pytest.mark.parametrize("query", ["", "   ", "\n", "zzzzqqqq", "😀" * 50, "\ud800"])
def test_a_query_similar_to_no_title_finds_nothing(index: TitleIndex, query: str) -> None:
    assert index.search(query, limit=10) == []


def test_a_query_of_any_length_is_answered(index: TitleIndex) -> None:
    assert index.search("naruto " * 10_000, limit=3) in ([], [2, 5], [2])


def test_an_empty_index_finds_nothing() -> None:
    assert TitleIndex.of([[], []], np.array([], dtype=np.int64)).search("naruto", limit=5) == []


def test_a_title_has_all_its_items(index: TitleIndex) -> None:
    assert index.indices_with_title(" Ｎaruto ") == [2, 5]
    assert index.indices_with_title("Narut") == []


titles = st.lists(st.text("abc de", min_size=1, max_size=8), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(main=titles, query=st.text("abc de", min_size=1, max_size=7))
def test_search_finds_the_same_as_a_scan_of_all_titles(main: list[str], query: str) -> None:
    members = np.arange(len(main))[::-1]
    wanted = fold(query)
    folded = [fold(title) for title in main]
    groups = (
        lambda title: title == wanted,
        lambda title: title.startswith(wanted),
        lambda title: all(word in title for word in wanted.split()),
    )
    expected: list[int] = []
    for fits in groups if wanted else ():
        expected += [row for row, title in enumerate(folded) if title and fits(title) and row not in expected]
    found = TitleIndex.of([main], members).search(query, limit=len(main))
    assert found[: len(expected)] == expected
