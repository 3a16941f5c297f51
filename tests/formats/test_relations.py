"""A file of relations at ingest: what it joins, what the report counts, and files that cannot be read."""

import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from konomi.data.dataset import Dataset
from konomi.data.franchises import Franchises
from konomi.data.relations import RelationKind
from konomi.errors import InputFileError
from konomi.formats import ingest, report_lines
from konomi.formats.opening import sources_in
from konomi.formats.relations import read_relations

RATINGS = "user_id,anime_id,rating\n1,10,8\n1,20,7\n1,99,5\n2,20,9\n2,30,4\n"
ITEMS = "anime_id,name,genre,type,episodes,rating,members\n" + "".join(
    f"{item},{name},Drama,TV,12,7.5,100\n"
    for item, name in ((10, "Alpha"), (20, "Beta"), (30, "Gamma"), (40, "Delta"))
)
HEADER = "anime_id,related_anime_id,relation\n"


@pytest.fixture
def ingested(tmp_path: Path):
    def ingested(relations: str | bytes | None, *, ratings: str = RATINGS) -> Dataset:
        (tmp_path / "ratings.csv").write_text(ratings)
        (tmp_path / "items.csv").write_text(ITEMS)
        content = relations.encode() if isinstance(relations, str) else relations
        if content is not None:
            (tmp_path / "related.csv").write_bytes(content)
        path = None if content is None else tmp_path / "related.csv"
        return ingest(tmp_path / "ratings.csv", items=tmp_path / "items.csv", relations=path)

    return ingested


def franchises(dataset: Dataset) -> dict[int, str | None]:
    return dict(zip(dataset.catalog.items.ids.tolist(), dataset.catalog.frame["franchise"].to_list(), strict=True))


def test_related_items_are_one_franchise(ingested) -> None:
    dataset = ingested(HEADER + "10,30,Sequel\n40,20,Character\n")
    assert franchises(dataset) == {10: "Alpha", 20: None, 99: None, 30: "Alpha", 40: None}
    assert {"name": "related.csv", "size": 64, "rows": 2, "role": "relations"} in dataset.report["files"]


def test_the_order_of_parts_survives_the_folder(ingested, tmp_path: Path) -> None:
    dataset = ingested(HEADER + "10,30,Prequel\n10,20,Sequel\n")
    dataset.save(tmp_path / "data")
    opened = Dataset.open(tmp_path / "data")
    assert opened.catalog.frame.equals(dataset.catalog.frame)
    before = Franchises.of(opened.catalog).predecessor
    ids = opened.catalog.items.ids
    assert {int(ids[i]): int(ids[part]) for i, part in enumerate(before) if part >= 0} == {10: 30, 20: 10}


def test_a_dataset_without_relations_has_the_files_of_earlier_versions(ingested, tmp_path: Path) -> None:
    ingested(None).save(tmp_path / "data")
    assert "follows" not in pl.read_ipc_schema(tmp_path / "data" / "catalog.arrow")
    assert Dataset.open(tmp_path / "data").catalog.frame["follows"].null_count() == 5


def test_the_report_counts_what_relations_name_and_what_is_left_out(ingested) -> None:
    dataset = ingested(
        HEADER + "10,30,Sequel\n30,10,Sequel\n10,30,Sequel\n10,10,Sequel\n20,5000,Sequel\n20,99,\n"
        "40,x,Sequel\n,40,Sequel\n20,40,cousin\n"
    )
    assert dataset.report["relations"] == {
        "kept": 5,
        "without_id": 2,
        "self_relations": 1,
        "repeats": 1,
        "unknown_kinds": {"cousin": 1},
        "unknown_ids": 2,
        "rings": 1,
        "items": 2,
        "franchises": 1,
    }
    assert report_lines(dataset.report)[-5:] == [
        "5 relations: 2 items in 1 franchise",
        "dropped relations: 2 without two ids, 1 of an item to itself, 1 repeated",
        "2 ids of the relations not in the catalog",
        "1 relation left out of the order of the parts: it would form a ring",
        'kinds of relations that konomi does not know join nothing: "cousin" once',
    ]


def test_relations_of_other_items_are_noted_and_lose_nothing(ingested) -> None:
    dataset = ingested(HEADER + "1000,2000,Sequel\n")
    assert dataset.report["notes"] == [
        "related.csv joins no two items of the catalog, so franchises come from the titles: is it the right file?"
    ]
    assert franchises(dataset) == franchises(ingested(None))


def test_two_columns_of_ids_are_enough(ingested) -> None:
    dataset = ingested("anime_id,related_anime_id\n10,30\n")
    assert franchises(dataset)[30] == "Alpha"
    assert dataset.catalog.frame["follows"].null_count() == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "related.csv is empty"),
        (HEADER.encode(), "related.csv has a header and no rows"),
        (b"anime_id,title\n10,Alpha\n", "has the columns anime_id, title; relations need the ids of two items"),
        (b"related_id,relation\n10,Sequel\n", "relations need the ids of two items"),
        (b"10,30\n10,20\n", "Its first line has numbers: add a line of column names above it"),
        (b"\x00\x01\x02\x03" * 50, "related.csv"),
    ],
)
def test_a_file_that_holds_no_relations_is_one_clear_message(ingested, content: bytes, message: str) -> None:
    with pytest.raises(InputFileError, match=message):
        ingested(content)


def test_text_ids_parquet_and_semicolons_are_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"source": ["a", "b", ""], "target": ["b", "07", "a"], "type": ["PREQUEL", None, "OTHER"]})
    frame.write_parquet(tmp_path / "r.parquet")
    frame.write_csv(tmp_path / "r.csv", separator=";")
    for name in ("r.parquet", "r.csv"):
        read = read_relations(sources_in(tmp_path / name)[0], integer_ids=False)
        assert read.relations.item_ids.tolist() == ["a", "b"]
        assert read.relations.related_ids.tolist() == ["b", "07"]
        assert read.relations.kinds.tolist() == [RelationKind.PREQUEL, RelationKind.NOT_GIVEN]
        assert read.without_id == 1


def test_an_archive_of_several_files_is_refused(ingested, tmp_path: Path) -> None:
    ingested(None)
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("b.csv", HEADER)
    with pytest.raises(InputFileError, match=r"holds several files \(a.csv, b.csv\): give the file of relations"):
        ingest(tmp_path / "ratings.csv", relations=tmp_path / "both.zip")


def test_a_dataset_without_a_user_equals_a_new_ingest_without_their_lines(ingested) -> None:
    relations = HEADER + "10,30,Sequel\n30,99,Sequel\n99,20,Sequel\n"
    without = ingested(relations).without_users(np.array([0]))
    fresh = ingested(relations, ratings=RATINGS.replace("1,10,8\n1,20,7\n1,99,5\n", ""))
    assert without.catalog.items.ids.tolist() == fresh.catalog.items.ids.tolist()
    assert without.catalog.frame.equals(fresh.catalog.frame)
