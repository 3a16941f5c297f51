import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import COLUMNS, Catalog, fold
from konomi.data.ids import IdIndex
from konomi.errors import AmbiguousTitleError, ConfigError, UnknownTitleError


def catalog_of(titles: list[str], **more: list[object]) -> Catalog:
    ids = np.arange(1, len(titles) + 1)
    return Catalog.of(IdIndex(ids, "item"), pl.DataFrame({"item_id": ids, "title": titles, **more}))


def test_the_title_of_an_item_that_the_file_lacks_is_its_id(tiny_dataset):
    assert tiny_dataset.catalog.titles[5] == "#106"


def test_a_catalog_has_all_columns_even_if_the_file_lacks_some():
    assert dict(catalog_of(["One"]).frame.schema) == COLUMNS


def test_of_rows_with_one_id_the_last_counts():
    known = pl.DataFrame({"item_id": [1, 1], "title": ["Old", "New"]})
    assert Catalog.of(IdIndex(np.array([1]), "item"), known).titles == ["New"]


def test_rows_of_other_items_are_left_out():
    known = pl.DataFrame({"item_id": [7, 2], "title": ["Seven", "Two"]})
    assert Catalog.of(IdIndex(np.array([2, 1]), "item"), known).titles == ["Two", "#1"]


def test_a_catalog_without_a_file_has_titles():
    assert Catalog.of(IdIndex(np.array(["a", "b"]), "item")).titles == ["#a", "#b"]


def test_a_row_has_all_facts_of_an_item(tiny_dataset):
    about = tiny_dataset.catalog.row(1)
    assert (about["item_id"], about["title"], about["year"]) == (102, "Star Kitchen: The Movie", 2001)


@pytest.mark.parametrize("typed", ["Star Kitchen", "  star   KITCHEN", "Ｓｔａｒ Kitchen", "星の台所"])
def test_case_width_and_space_do_not_count_in_a_title(tiny_dataset, typed):
    assert tiny_dataset.catalog.find(typed) == 0


def test_an_exact_title_that_starts_another_is_found(tiny_dataset):
    assert tiny_dataset.catalog.find("Star Kitchen") == 0


def test_an_english_title_is_found(tiny_dataset):
    assert tiny_dataset.catalog.find("the mountain post") == 2


def test_titles_of_a_language_are_shown_and_those_of_all_are_found():
    catalog = catalog_of(["Kimi no Na wa.", "Monster"], title_english=["Your Name.", None])
    english = catalog.with_titles("english")
    assert english.titles == ["Your Name.", "Monster"]
    assert [english.find(title) for title in ("your name.", "kimi no na wa.", "monster")] == [0, 0, 1]
    assert english.frame["title_english"].to_list() == ["Kimi no Na wa.", None]
    assert catalog.with_titles("main") is catalog
    with pytest.raises(ConfigError, match="has no Japanese titles"):
        catalog.with_titles("japanese")


def test_a_title_of_several_items_is_an_error():
    catalog = catalog_of(["Robot", "Robot"], year=[1979, 2001], members=[5, 900])
    with pytest.raises(AmbiguousTitleError) as caught:
        catalog.find("robot")
    first, second = str(caught.value).splitlines()[1:]
    assert (first.split()[0], second.split()[0]) == ("2", "1")
    assert "2001" in first


def test_a_typing_error_gets_suggestions(tiny_dataset):
    with pytest.raises(UnknownTitleError, match=r"did you mean[\s\S]*103  Mountain Post"):
        tiny_dataset.catalog.find("Mountian Post")


def test_a_title_similar_to_none_gets_no_suggestions(tiny_dataset):
    with pytest.raises(UnknownTitleError, match="or a similar one"):
        tiny_dataset.catalog.find("§")


def test_search_puts_exact_before_longer_titles(tiny_dataset):
    assert tiny_dataset.catalog.search("star kitchen")[:2] == [0, 1]


def test_an_empty_search_finds_nothing(tiny_dataset):
    assert tiny_dataset.catalog.search("   ") == []


def test_folding_a_title_twice_is_folding_it_once():
    assert fold(fold("ＦＡＩＲＹ  Tail ")) == "fairy tail"


def test_a_frame_of_another_length_than_the_items_is_refused(tiny_dataset):
    with pytest.raises(ValueError, match="6 rows for 1 items"):
        Catalog(IdIndex(np.array([1]), "item"), tiny_dataset.catalog.frame)
