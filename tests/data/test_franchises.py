"""Franchises inferred from titles."""

import html
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.franchises import (
    Franchises,
    infer_franchises,
    named_franchises,
    names_of,
    predecessors,
    with_franchises,
)
from konomi.data.ids import IdIndex

TITLES = [
    "Star Kitchen",
    "Star Kitchen 2nd Season",
    "Star Kitchen: The Movie",
    "Gekijouban Star Kitchen",
    "Mountain Post",
    "Mountain Post OVA",
    "Night Ferry",
    "Night Baker",
    "Ten no Hashi",
    "Kaze no Uta",
    "Lighthouse",
]


def catalog_of(titles: list[str], **columns: list[object]) -> Catalog:
    items = IdIndex(np.arange(1, len(titles) + 1), "item")
    known = pl.DataFrame({"item_id": items.ids, "title": titles, **columns})
    return Catalog.of(items, known)


def groups(number: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(number == one).tolist() for one in range(number.max() + 1)]


def test_parts_of_one_work_share_a_number() -> None:
    found = infer_franchises(catalog_of(TITLES))
    assert [group for group in groups(found) if len(group) > 1] == [[0, 1, 2, 3], [4, 5]]


def test_numbers_are_in_the_order_of_the_first_items() -> None:
    found = infer_franchises(catalog_of(TITLES))
    assert found.dtype == np.int32
    assert found.tolist() == [0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6]


def test_case_and_width_do_not_matter_in_the_titles_of_a_franchise() -> None:
    assert infer_franchises(catalog_of(["Ｓtar Kitchen", "STAR KITCHEN II", "Other Thing"])).tolist() == [0, 0, 1]


@pytest.mark.parametrize("titles", [[], ["Alone"], ["!!", "??", "…"], ["", " "], ["1", "2"]])
def test_unusual_catalogs_have_one_franchise_for_each_item(titles: list[str]) -> None:
    number = (
        infer_franchises(catalog_of(titles))
        if titles
        else infer_franchises(Catalog.of(IdIndex(np.array([], dtype=np.int64), "item")))
    )
    assert number.tolist() == list(range(len(titles)))


def test_the_franchises_that_a_catalog_names_are_used() -> None:
    catalog = catalog_of(["A", "B", "C", "D"], franchise=["X", None, "X", None])
    assert named_franchises(catalog) is not None
    assert Franchises.of(catalog).number.tolist() == [0, 1, 0, 2]


def test_main_parts_follow_each_other_and_others_follow_a_main_part() -> None:
    catalog = catalog_of(
        ["Second", "First", "Special of 2004", "Film before all", "Third"],
        type=["TV", "TV", "Special", "Movie", "TV"],
        year=[2003, 2000, 2004, 1999, None],
    )
    before = predecessors(catalog, np.zeros(5, dtype=np.int32))
    assert before.tolist() == [1, -1, 0, 1, 0]


def test_without_years_and_types_parts_follow_in_order_of_ids() -> None:
    assert predecessors(catalog_of(["A", "B", "C"]), np.array([0, 1, 0], dtype=np.int32)).tolist() == [-1, -1, 0]


def test_the_name_of_a_franchise_is_the_title_of_its_first_part() -> None:
    catalog = with_franchises(catalog_of(TITLES))
    assert catalog.frame["franchise"].to_list()[:7] == [*["Star Kitchen"] * 4, *["Mountain Post"] * 2, None]


def test_naming_franchises_keeps_their_numbers() -> None:
    catalog = catalog_of(TITLES)
    assert Franchises.of(with_franchises(catalog)).number.tolist() == infer_franchises(catalog).tolist()


def test_two_franchises_of_one_title_get_different_names() -> None:
    titles = ["Alpha", "Alpha", "Alpha", "Alpha"]
    number = np.array([0, 0, 1, 1], dtype=np.int32)
    assert names_of(catalog_of(titles), number) == ["Alpha", "Alpha", "Alpha (2)", "Alpha (2)"]


def test_in_a_catalog_without_names_each_item_is_alone() -> None:
    assert named_franchises(catalog_of(TITLES)) is None
    assert Franchises.of(catalog_of(TITLES)).number.tolist() == list(range(len(TITLES)))


def test_items_of_unknown_ids_and_the_order_of_rows_change_no_name() -> None:
    """Which rows there are without a catalog entry, and in which order all rows come, depends on the users."""
    plain = with_franchises(catalog_of(TITLES))
    order = np.random.default_rng(0).permutation(len(TITLES))
    ids = np.concatenate([1 + order, np.arange(100, 160)])
    mixed = with_franchises(
        Catalog.of(IdIndex(ids, "item"), pl.DataFrame({"item_id": range(1, 12), "title": TITLES}))
    )
    names = mixed.frame["franchise"].to_list()
    assert names[: len(TITLES)] == [plain.frame["franchise"][int(row)] for row in order]
    assert names[len(TITLES) :] == [None] * 60


@pytest.mark.realdata
def test_myanimelists_own_relations_are_found(shared_data: Path) -> None:
    known = pl.read_csv(shared_data / "mal2016" / "anime.csv", infer_schema_length=None)
    items = IdIndex(known["anime_id"].to_numpy(), "item")
    titles = [html.unescape(name) for name in known["name"].to_list()]
    number = infer_franchises(Catalog.of(items, pl.DataFrame({"item_id": items.ids, "title": titles})))
    related = pl.read_csv(shared_data / "mal2016" / "related.csv")
    first, second = (items.indices_of(related[name].to_numpy()) for name in related.columns)
    known_both = (first >= 0) & (second >= 0)
    recall = np.mean(number[first[known_both]] == number[second[known_both]])
    assert 0.72 < recall < 0.80
