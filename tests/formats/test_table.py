"""Any table, by the names of its columns."""

import gzip
import zipfile

import numpy as np
import polars as pl
import pytest

import konomi
from konomi.data.ratings import Status
from konomi.errors import InputFileError
from konomi.formats import ingest


@pytest.mark.parametrize(
    "header",
    ["user_id,item_id,rating", "userId,itemId,Score", "User-ID;ISBN;Book-Rating", "user\tproduct_id\trating"],
)
def test_columns_are_found_by_many_names(tmp_path, header):
    separator = next(one for one in ",;\t" if one in header)
    (tmp_path / "r.txt").write_text(header + "\n" + separator.join(["7", "3", "2.5"]) + "\n")
    dataset = ingest(tmp_path / "r.txt")
    assert dataset.report["format"] == "table"
    assert dataset.ratings.users.ids.tolist() == [7]
    assert dataset.ratings.items.ids.tolist() == [3]
    assert dataset.ratings.histories().rating.tolist() == [2.5]


def test_columns_may_be_named(tmp_path):
    (tmp_path / "r.csv").write_text("who,what,how,rating\nann,tea,4,1\nbob,tea,2,1\n")
    dataset = konomi.ingest(tmp_path / "r.csv", columns={"user": "who", "item": "what", "rating": "how"})
    assert dataset.ratings.users.ids.tolist() == ["ann", "bob"]
    assert dataset.ratings.histories().rating.tolist() == [4, 2]


def test_a_named_column_that_is_not_there_is_told(tmp_path):
    (tmp_path / "r.csv").write_text("who,what,how\nann,tea,4\n")
    with pytest.raises(InputFileError, match=r"has the columns who, what, how; columns=.*'user': 'whom'"):
        ingest(tmp_path / "r.csv", columns={"user": "whom", "item": "what", "rating": "how"})


def test_a_table_may_hold_no_ratings_if_one_says_so(tmp_path):
    (tmp_path / "r.csv").write_text("user,item\nann,tea\n")
    assert ingest(tmp_path / "r.csv", columns={"rating": None}).ratings.is_rated.tolist() == [False]


def test_statuses_are_kept_and_unknown_ones_dropped(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating,status\n1,1,5,2\n1,2,5,6\n1,3,5,5\n1,4,5,x\n1,5,5,\n")
    dataset = ingest(tmp_path / "r.csv")
    assert dataset.ratings.status.tolist() == [Status.COMPLETED, Status.PLANNED]
    dropped = dataset.report["dropped"]
    assert dropped["the status is none of 1, 2, 3, 4, 6"]["first_lines"] == [4, 5]
    assert dropped["a field is missing"]["first_lines"] == [6]


def test_any_finite_number_is_a_rating(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\n1,1,-3.5\n1,2,1e3\n1,3,0\n1,4,nan\n1,5,inf\n1,6,-0.0\n")
    dataset = ingest(tmp_path / "r.csv")
    assert dataset.ratings.levels[1:].tolist() == [-3.5, 0, 1000]
    assert dataset.ratings.histories().rating.tolist() == [-3.5, 1000, 0, 0]
    assert dataset.report["dropped"]["the rating is NaN or infinite"]["first_lines"] == [5, 6]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["5", "-3", "+7"], [5, -3, 7]),
        (["5.0", "6.0"], [5, 6]),
        (["0155061224", "080652121X"], ["0155061224", "080652121X"]),
        (["u1", "ünï", " u2 "], ["u1", "ünï", "u2"]),
        ([str(2**63 - 1), str(-(2**63))], [2**63 - 1, -(2**63)]),
        (["70000000", "3", "70000000000"], [70000000, 3, 70000000000]),
    ],
)
def test_ids_are_integers_where_the_column_is(tmp_path, ids, expected):
    (tmp_path / "r.csv").write_text("user,item,rating\n" + "".join(f"{one},1,5\n" for one in ids))
    assert ingest(tmp_path / "r.csv").ratings.users.ids.tolist() == expected


def test_strings_in_one_file_make_strings_in_all(tmp_path):
    (tmp_path / "a.csv").write_text("user,item,rating\n1,1,5\n")
    (tmp_path / "b.csv").write_text("user,item,rating\nann,1,5\n")
    assert ingest([tmp_path / "a.csv", tmp_path / "b.csv"]).ratings.users.ids.tolist() == ["1", "ann"]


def test_latin_1_ids_are_told_apart(tmp_path):
    (tmp_path / "r.csv").write_bytes("user,item,rating\né,1,5\nè,1,5\n".encode("latin-1"))
    assert ingest(tmp_path / "r.csv").ratings.users.ids.tolist() == ["é", "è"]


def test_quoted_fields_may_hold_separators_quotes_and_line_ends(tmp_path):
    (tmp_path / "r.csv").write_text(
        'user,item,review,rating\n"a, b",1,"said ""no""\nand left",4\nc,1,,x\n"d",1,"two\n\nbreaks",3\ne,1,,y\n'
    )
    dataset = ingest(tmp_path / "r.csv")
    assert dataset.ratings.users.ids.tolist() == ["a, b", "d"]
    assert dataset.report["dropped"]["the rating is not a number"]["first_lines"] == [4, 8]


def test_parquet_reads_like_csv(tmp_path):
    frame = pl.DataFrame({"userId": [1.0, 2.0, None, 2.5], "item": ["a", "b", "c", "d"], "score": [5, 4, 3, 2]})
    frame.write_parquet(tmp_path / "r.parquet")
    dataset = ingest(tmp_path / "r.parquet")
    assert dataset.ratings.users.ids.tolist() == [1, 2]
    assert dataset.ratings.items.ids.tolist() == ["a", "b"]
    assert {reason: one["first_lines"] for reason, one in dataset.report["dropped"].items()} == {
        "a field is missing": [3],
        "the user id is not an integer": [4],
    }


def test_a_packed_table_reads_like_a_plain_one(tmp_path):
    text = "user,item,rating\n1,2,3\n"
    frame = pl.DataFrame({"user": [1], "item": [2], "rating": [3]})
    frame.write_parquet(tmp_path / "r.parquet")
    (tmp_path / "r.csv.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/r.csv", text)
    with zipfile.ZipFile(tmp_path / "gz.zip", "w") as archive:
        archive.write(tmp_path / "r.csv.gz", "r.csv.gz")
    with zipfile.ZipFile(tmp_path / "parquet.zip", "w") as archive:
        archive.write(tmp_path / "r.parquet", "r.parquet")
    names = ["r.parquet", "r.csv.gz", "csv.zip", "gz.zip", "parquet.zip"]
    assert len({ingest(tmp_path / name).digest() for name in names}) == 1


def test_a_table_of_items_is_read_by_its_columns(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\nann,a,5\nann,b,4\nann,c,3\n")
    (tmp_path / "i.csv").write_text(
        "Item,Name,Japanese title,Type,Release Year,Episodes,Genres,Studio,Franchise,Score,Members,Adult\n"
        "a,Alpha,ア,TV,1998-04-03,26.0,\"['Action', 'Drama']\",S|T,Letters,8.5,100,False\n"
        'b,Beta,,,2001,x,"Comedy, Drama",,,nan,,1\n'
    )
    frame = ingest(tmp_path / "r.csv", items=tmp_path / "i.csv").catalog.frame.drop("follows")
    assert frame.row(0) == (
        *("Alpha", None, "ア", "TV", 1998, 26, ["Action", "Drama"], ["S", "T"], "Letters", 8.5, 100, None, False),
    )
    assert frame.row(1) == (
        *("Beta", None, None, None, 2001, None, ["Comedy", "Drama"], None, None, None, None, None, True),
    )
    assert frame["title"][2] == "#c"


def test_lists_in_a_parquet_catalog_stay_lists(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\n1,1,5\n")
    known = pl.DataFrame(
        {"id": [1], "title": ["Alpha, or: first"], "genres": [["Sci-Fi, hard", "Drama"]], "year": [1998]}
    )
    known.write_parquet(tmp_path / "i.parquet")
    frame = ingest(tmp_path / "r.csv", items=tmp_path / "i.parquet").catalog.frame
    assert frame["genres"].to_list() == [["Sci-Fi, hard", "Drama"]]
    assert frame["year"].to_list() == [1998]


def test_columns_of_a_catalog_may_be_named(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\n1,1,5\n")
    (tmp_path / "i.csv").write_text("key,label,other\n1,Alpha,x\n")
    dataset = ingest(tmp_path / "r.csv", items=tmp_path / "i.csv", columns={"item_id": "key", "title": "label"})
    assert dataset.catalog.titles == ["Alpha"]


def test_more_than_255_levels_are_kept_in_two_bytes(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\n" + "".join(f"1,{n},{n / 4}\n" for n in range(300)))
    ratings = ingest(tmp_path / "r.csv").ratings
    assert ratings.rating_code.dtype == np.uint16
    assert ratings.histories().rating.tolist() == [n / 4 for n in range(300)]


def test_255_levels_fit_one_byte(tmp_path):
    (tmp_path / "r.csv").write_text("user,item,rating\n" + "".join(f"1,{n},{n}\n" for n in range(255)))
    ratings = ingest(tmp_path / "r.csv").ratings
    assert ratings.rating_code.dtype == np.uint8
    assert ratings.histories().rating.tolist() == list(range(255))


def test_more_than_65536_items_are_numbered_in_four_bytes(tmp_path):
    n_items = (1 << 16) + 1
    (tmp_path / "r.csv").write_text("user,item,rating\n" + "".join(f"{n % 7},{n},5\n" for n in range(n_items)))
    ratings = ingest(tmp_path / "r.csv").ratings
    assert ratings.item_index.dtype == np.int32
    assert ratings.items.ids[ratings.history(3).item_index].tolist() == list(range(3, n_items, 7))
