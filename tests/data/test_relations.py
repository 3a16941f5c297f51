"""Franchises and the order of their parts from relations between items."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.franchises import Franchises, with_relations
from konomi.data.ids import IdIndex
from konomi.data.relations import RelationKind, Relations, relation_kind

Edge = tuple[int, str, int]

# Without relations, titles join the first two only. Item 8 has no title: the catalog has nothing of it.
TITLES = ["Star Kitchen", "Star Kitchen 2", "Blue Hour", "The Last Cook", "Lighthouse", "Night Ferry", "Ten Hashi"]
YEARS = [2001, 2003, 2002, 2010, 2005, 1999, 2007]


def catalog_of(titles: list[str] = TITLES, **columns: list[object]) -> Catalog:
    items = IdIndex(np.arange(1, len(titles) + 2), "item")
    facts = pl.DataFrame({"item_id": items.ids[:-1], "title": titles, "year": YEARS[: len(titles)], **columns})
    return Catalog.of(items, facts)


def relations(*edges: Edge) -> Relations:
    """Relations like (1, "sequel", 2): 2 is the sequel of 1."""
    kinds = [relation_kind(word) for _, word, _ in edges]
    assert None not in kinds
    first, second = (np.array([edge[side] for edge in edges], dtype=np.int64) for side in (0, 2))
    return Relations(first, second, np.array(kinds, dtype=np.uint8))


def groups(catalog: Catalog) -> list[list[int]]:
    """The ids of each franchise of two or more."""
    number = Franchises.of(catalog).number
    found = [(np.flatnonzero(number == one) + 1).tolist() for one in range(number.max() + 1)]
    return [group for group in found if len(group) > 1]


def follows(catalog: Catalog) -> dict[int, int]:
    """Of each item that follows a part, the id of this part."""
    before = Franchises.of(catalog).predecessor
    return {item + 1: int(part) + 1 for item, part in enumerate(before) if part >= 0}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Sequel", RelationKind.SEQUEL),
        ("PREQUEL", RelationKind.PREQUEL),
        ("Side story", RelationKind.EXTRA),
        ("SIDE_STORY", RelationKind.EXTRA),
        ("Parent story", RelationKind.MAIN_STORY),
        ("spin-off", RelationKind.SAME_SERIES),
        ("Alternative version", RelationKind.SAME_SERIES),
        ("character", RelationKind.OTHER_SERIES),
        ("", RelationKind.NOT_GIVEN),
        (None, RelationKind.NOT_GIVEN),
        ("cousin", None),
    ],
)
def test_the_words_of_three_sites_name_kinds(word: str | None, kind: RelationKind | None) -> None:
    assert relation_kind(word) is kind


def test_items_that_are_related_through_others_are_one_franchise() -> None:
    named = with_relations(catalog_of(), relations((3, "", 4), (4, "", 5)))
    assert groups(named.catalog) == [[1, 2], [3, 4, 5]]
    assert (named.n_joined, named.n_franchises, named.n_unknown, named.n_rings) == (3, 1, 0, 0)


@pytest.mark.parametrize("word", ["character", "other", "adaptation"])
def test_a_shared_character_joins_no_series(word: str) -> None:
    assert groups(with_relations(catalog_of(), relations((3, word, 4), (5, "sequel", 6))).catalog) == [
        [1, 2],
        [5, 6],
    ]


def test_relations_part_what_titles_join() -> None:
    named = with_relations(catalog_of(), relations((1, "sequel", 3), (2, "sequel", 4)))
    assert groups(named.catalog) == [[1, 3], [2, 4]]


def test_an_item_without_relations_stays_with_those_that_its_title_suggests() -> None:
    named = with_relations(catalog_of(), relations((1, "sequel", 3)))
    assert groups(named.catalog) == [[1, 2, 3]]


def test_an_item_without_relations_stays_in_the_franchise_that_the_catalog_names() -> None:
    catalog = catalog_of(franchise=["A", None, None, "A", "B", "B", None])
    assert groups(with_relations(catalog, relations((1, "sequel", 3))).catalog) == [[1, 3, 4], [5, 6]]


def test_items_are_joined_through_an_id_that_the_catalog_lacks() -> None:
    named = with_relations(catalog_of(), relations((3, "sequel", 99), (99, "sequel", 4)))
    assert groups(named.catalog) == [[1, 2], [3, 4]]
    assert named.n_unknown == 1


def test_an_item_of_which_the_catalog_has_only_the_id_gets_no_franchise() -> None:
    """Whether such an item is in the dataset depends on the users."""
    named = with_relations(catalog_of(), relations((3, "sequel", 8)))
    assert named.catalog.frame["franchise"][7] is None
    assert named.catalog.frame["follows"][7] is None
    assert named.n_unknown == 1


def test_parts_follow_their_prequels_against_the_years() -> None:
    named = with_relations(catalog_of(), relations((5, "sequel", 3), (6, "prequel", 3)))
    assert groups(named.catalog) == [[1, 2], [3, 5, 6]]
    assert follows(named.catalog) == {2: 1, 3: 5, 6: 3}


def test_side_stories_follow_their_main_story_and_spin_offs_follow_nothing() -> None:
    named = with_relations(catalog_of(), relations((3, "side story", 4), (3, "sequel", 5), (3, "spin-off", 7)))
    assert follows(named.catalog) == {2: 1, 4: 3, 5: 3}


def test_a_prequel_comes_before_a_main_story_and_the_latest_prequel_before_earlier_ones() -> None:
    edges = relations((3, "sequel", 4), (5, "sequel", 4), (7, "side story", 4), (3, "sequel", 5), (7, "other", 1))
    assert follows(with_relations(catalog_of(), edges).catalog)[4] == 5


def test_relations_without_kinds_leave_the_order_to_the_years() -> None:
    named = with_relations(catalog_of(), relations((3, "", 4), (4, "", 6)))
    assert named.catalog.frame["follows"].null_count() == len(named.catalog)
    assert follows(named.catalog) == {2: 1, 3: 6, 4: 3}


@pytest.mark.parametrize("n_parts", [2, 3, 5])
def test_a_ring_of_sequels_is_opened_at_its_earliest_part(n_parts: int) -> None:
    ring = [(part, "sequel", part % n_parts + 1) for part in range(1, n_parts + 1)]
    titles = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]
    catalog = catalog_of(titles).frame.with_columns(pl.Series("year", [*range(2000, 2005), None], dtype=pl.Int32))
    named = with_relations(Catalog(IdIndex(np.arange(1, 7), "item"), catalog), relations(*ring))
    assert groups(named.catalog) == [list(range(1, n_parts + 1))]
    assert follows(named.catalog) == {part: part - 1 for part in range(2, n_parts + 1)}
    assert named.n_rings == 1


def test_from_every_part_the_way_back_ends_whatever_the_relations() -> None:
    rng = np.random.default_rng(3)
    words = ["sequel", "prequel", "side story", "parent story", "", "spin-off"]
    for _ in range(200):
        edges = [
            (int(a), words[int(w)], int(b)) for a, b, w in rng.integers((1, 1, 0), (8, 8, 6), (9, 3)) if a != b
        ]
        before = Franchises.of(with_relations(catalog_of(), relations(*edges)).catalog).predecessor
        for part in range(len(before)):
            steps = 0
            while part >= 0:
                part, steps = int(before[part]), steps + 1
                assert steps <= len(before)


def test_when_a_part_is_left_out_the_next_one_follows_the_one_before() -> None:
    named = with_relations(catalog_of(), relations((3, "sequel", 4), (4, "sequel", 5), (5, "sequel", 6))).catalog
    kept = np.array([2, 5, 4])
    rows = named.rows(kept, IdIndex(named.items.ids[kept], "item"))
    assert rows.frame["follows"].to_list() == ["", "5", "3"]


def test_the_order_of_rows_changes_no_franchise() -> None:
    edges = relations((3, "sequel", 4), (5, "sequel", 4), (6, "side story", 5))
    plain = with_relations(catalog_of(), edges).catalog
    order = np.random.default_rng(0).permutation(len(plain))
    mixed = with_relations(plain.rows(order, IdIndex(plain.items.ids[order], "item")), edges).catalog
    columns = ["franchise", "follows"]
    assert mixed.frame[columns].equals(plain.frame[columns][order.tolist()])


@pytest.mark.parametrize(
    "arrays",
    [
        (np.array([1]), np.array([1]), np.array([0], dtype=np.uint8)),
        (np.array([1]), np.array([2]), np.array([7], dtype=np.uint8)),
        (np.array([1]), np.array([2, 3]), np.array([0], dtype=np.uint8)),
    ],
)
def test_wrong_arrays_are_refused(arrays: tuple[Any, Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"not related to itself|RelationKind|\(m,\)"):
        Relations(*arrays)
