"""From rows in any order to a dataset: what stays, in which order, and what the report says."""

import gzip
import json
import sys
import zipfile

import numpy as np
import pytest

from konomi import memory
from konomi.data.dataset import Dataset
from konomi.errors import DatasetError
from konomi.formats import ingest, report_lines
from konomi.progress import Silent

HEADER = "user_id,anime_id,rating\n"


@pytest.fixture
def ratings(tmp_path):
    def ratings(text: str, name: str = "r.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return ratings


def triples(dataset: Dataset) -> list[tuple[int, int, float]]:
    """(user id, item id, rating) of every row, in order."""
    own = dataset.ratings
    users = np.repeat(own.users.ids, own.lengths()).tolist()
    return list(
        zip(users, own.items.ids[own.item_index].tolist(), own.levels[own.rating_code].tolist(), strict=True)
    )


def test_users_and_items_stand_in_order_of_first_appearance(ratings):
    dataset = ingest(ratings(HEADER + "5,30,1\n5,10,2\n2,20,3\n2,10,4\n"))
    assert dataset.ratings.users.ids.tolist() == [5, 2]
    assert dataset.ratings.items.ids.tolist() == [30, 10, 20]
    assert triples(dataset) == [(5, 30, 1), (5, 10, 2), (2, 20, 3), (2, 10, 4)]


def test_scattered_rows_are_grouped_in_file_order(ratings):
    dataset = ingest(ratings(HEADER + "5,30,1\n2,20,2\n5,10,3\n2,30,4\n5,20,5\n"))
    assert triples(dataset) == [(5, 30, 1), (5, 10, 3), (5, 20, 5), (2, 20, 2), (2, 30, 4)]
    assert dataset.ratings.items.ids.tolist() == [30, 10, 20]


def test_the_last_of_duplicate_rows_stays(ratings):
    dataset = ingest(ratings(HEADER + "5,30,1\n5,10,2\n5,30,3\n2,30,4\n5,30,6\n"))
    assert triples(dataset) == [(5, 10, 2), (5, 30, 6), (2, 30, 4)]
    assert dataset.report["duplicates"] == 2
    assert dataset.ratings.items.ids.tolist() == [10, 30]


def test_a_later_file_has_the_last_word(ratings):
    paths = [ratings(HEADER + "5,30,1\n5,10,2\n"), ratings(HEADER + "5,30,9\n7,30,8\n", "later.csv")]
    assert triples(ingest(paths)) == [(5, 10, 2), (5, 30, 9), (7, 30, 8)]


def _plainly(lines: list[tuple[int, int, int]], min_ratings: int) -> list[tuple[int, int, float]]:
    """What ingest does, the slow and plain way."""
    lists: dict[int, dict[int, float]] = {}
    for user, item, rating in lines:
        own = lists.setdefault(user, {})
        own.pop(item, None)
        own[item] = float(rating)
    return [
        (user, item, rating)
        for user, own in lists.items()
        if len(own) >= min_ratings
        for item, rating in own.items()
    ]


@pytest.mark.parametrize("piece_bytes", [60, 1 << 23])
@pytest.mark.parametrize("block_rows", [7, 1 << 18])
@pytest.mark.parametrize("grouped", [True, False])
def test_any_order_and_any_cut_give_what_the_plain_way_gives(
    ratings, monkeypatch, piece_bytes, block_rows, grouped
):
    monkeypatch.setattr("konomi.formats.lines.PIECE_BYTES", piece_bytes)
    monkeypatch.setattr("konomi.formats.packing._BLOCK_ROWS", block_rows)
    rng = np.random.default_rng(3)
    lines = rng.integers(1, [30, 25, 11], size=(400, 3))
    if grouped:
        lines = lines[np.argsort(lines[:, 0], kind="stable")]
    text = HEADER + "".join(f"{user},{item},{rating}\n" for user, item, rating in lines.tolist())
    dataset = ingest(ratings(text), min_ratings=10)
    expected = _plainly(lines.tolist(), 10)
    assert triples(dataset) == expected
    assert dataset.ratings.items.ids.tolist() == list(dict.fromkeys(item for _, item, _ in expected))


def test_short_lists_are_left_out_and_counted(ratings):
    dataset = ingest(ratings(HEADER + "1,10,5\n2,10,5\n2,20,0\n3,30,5\n"), min_ratings=2)
    assert dataset.ratings.users.ids.tolist() == [2]
    assert dataset.ratings.items.ids.tolist() == [10, 20]
    assert dataset.report["users_below_min"] == 2


def test_repeats_do_not_lengthen_a_list(ratings):
    dataset = ingest(ratings(HEADER + "1,10,5\n1,10,6\n2,10,5\n2,20,7\n"), min_ratings=2)
    assert dataset.ratings.users.ids.tolist() == [2]


def test_items_that_only_the_catalog_knows_come_last_by_their_ids(ratings):
    catalog = ratings("anime_id,name,genre\n7,Seven,x\n20,Twenty,x\n3,Three,x\n7,Seven again,x\n", "anime.csv")
    dataset = ingest(ratings(HEADER + "1,10,5\n1,20,6\n"), items=catalog)
    assert dataset.ratings.items.ids.tolist() == [10, 20, 3, 7]
    assert dataset.catalog.titles == ["#10", "Twenty", "Three", "Seven again"]
    assert dataset.ratings.row_counts().tolist() == [1, 1, 0, 0]
    assert dataset.report["items_without_catalog"] == 1
    assert dataset.report["catalog_items_without_ratings"] == 2


BAD_ROWS = """user_id,anime_id,rating,watching_status
1,10,5,2
x,10,5,2
1,99999999999999999999,5,2
1,20,high,2
1,20,NaN,2

1,20,11,2
1,20,-2,2
1,20,5,7
1,,5,2
1,20
1,30,6,2,extra,fields
y,10,5,2
"""


def test_franchises_are_named_from_titles(ratings, tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\n5,Star Kitchen\n6,Star Kitchen 2nd Season\n7,Lighthouse\n")
    dataset = ingest(ratings("user_id,item_id,rating\n1,6,8\n1,9,7\n"), items=tmp_path / "items.csv")
    assert dataset.ratings.items.ids.tolist() == [6, 9, 5, 7]
    assert dataset.catalog.frame["franchise"].to_list() == ["Star Kitchen", None, "Star Kitchen", None]


def test_franchises_that_the_catalog_names_stay(ratings, tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title,franchise\n6,Star Kitchen,\n5,Star Kitchen II,Kitchens\n")
    dataset = ingest(ratings("user_id,item_id,rating\n1,6,8\n"), items=tmp_path / "items.csv")
    assert dataset.catalog.frame["franchise"].to_list() == [None, "Kitchens"]


def test_rows_that_cannot_be_read_are_counted_by_reason_with_their_lines(ratings):
    dataset = ingest(ratings(BAD_ROWS))
    assert triples(dataset) == [(1, 10, 5), (1, 30, 6)]
    assert {reason: (one["count"], one["first_lines"]) for reason, one in dataset.report["dropped"].items()} == {
        "the user id is not an integer": (2, [3, 14]),
        "the item id is beyond 64 bits": (1, [4]),
        "the rating is not a number": (1, [5]),
        "the rating is NaN or infinite": (1, [6]),
        "the rating is outside 0 to 10": (2, [8, 9]),
        "the status is none of 1, 2, 3, 4, 6": (1, [10]),
        "a field is missing": (2, [11, 12]),
    }
    assert dataset.report["rows_read"] == 12
    assert dataset.report["rows_kept"] == 2


def test_only_the_first_three_lines_are_shown(ratings):
    text = HEADER + "1,1,5\n" + "x,1,5\n" * 50
    about = ingest(ratings(text)).report["dropped"]["the user id is not an integer"]
    assert about == {"count": 50, "first_lines": [3, 4, 5], "first_files": ["r.csv"] * 3}


def test_line_numbers_go_on_from_piece_to_piece(ratings, monkeypatch):
    monkeypatch.setattr("konomi.formats.lines.PIECE_BYTES", 64)
    text = HEADER + "".join(f"{n},1,5\n" for n in range(99)) + "x,1,5\n"
    assert ingest(ratings(text)).report["dropped"]["the user id is not an integer"]["first_lines"] == [101]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path, ending, start):
    text = start + "user_id,anime_id,rating\n1,10,9\n2,20,8\n"
    path = tmp_path / "r.csv"
    path.write_bytes(text.replace("\n", ending or "\n").encode() if ending else text.rstrip("\n").encode())
    assert triples(ingest(path)) == [(1, 10, 9), (2, 20, 8)]


def test_a_line_that_is_cut_short_is_dropped(ratings):
    dataset = ingest(ratings("user_id,anime_id,rating,watching_status,episodes\n1,10,9,2,5\n1,20,1,2"))
    assert triples(dataset) == [(1, 10, 9)]
    assert dataset.report["dropped"]["the last line is cut short"]["first_lines"] == [3]


def test_a_quote_that_never_closes_swallows_only_its_own_line(ratings):
    text = HEADER + "1,10,9\n" + '1,"20,8\n' + "".join(f"2,{n},7\n" for n in range(50))
    dataset = ingest(ratings(text))
    assert dataset.ratings.n_rows == 51
    assert dataset.report["dropped"]["the item id is not an integer"]["first_lines"] == [3]


def test_quoted_numbers_are_read(ratings):
    assert triples(ingest(ratings('"user_id","anime_id","rating"\n"1","10","9"\n'))) == [(1, 10, 9)]


def test_a_kaggle_archive_gives_the_list_with_statuses_and_brings_the_rest(tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("rating_complete.csv", HEADER + "1,1,9\n" * 9)
        archive.writestr("watching_status.csv", "status, description\n1,Currently Watching\n")
        archive.writestr("anime.csv", "MAL_ID,Name,Genres\n1,Alpha,Drama\n2,Beta,Drama\n")
        archive.writestr("anime_with_synopsis.csv", "MAL_ID,Name,Score,Genres,sypnopsis\n1,Alpha,8,Drama,Told.\n")
        archive.writestr("animelist.csv", "user_id,anime_id,rating,watching_status\n1,1,9,2\n1,2,0,6\n")
        archive.writestr("html folder/page.html", "<html>")
    dataset = ingest(tmp_path / "archive.zip")
    assert [(one["role"], one["name"].split(":")[1]) for one in dataset.report["files"]] == [
        ("ratings", "animelist.csv"),
        ("items", "anime.csv"),
        ("synopsis", "anime_with_synopsis.csv"),
    ]
    assert dataset.catalog.titles == ["Alpha", "Beta"]
    assert dataset.catalog.frame["synopsis"].to_list() == ["Told.", None]


def test_the_report_is_plain_json_and_outlives_saving(ratings, tmp_path):
    dataset = ingest(ratings(BAD_ROWS))
    dataset.save(tmp_path / "data")
    assert Dataset.open(tmp_path / "data").report == json.loads(json.dumps(dataset.report)) == dataset.report


def test_an_ingested_dataset_opens_equal(ratings, tmp_path):
    dataset = ingest(ratings(HEADER + "5,30,1\n2,20,2\n"))
    dataset.save(tmp_path / "data")
    assert triples(Dataset.open(tmp_path / "data")) == triples(dataset)


def test_the_report_reads_as_a_few_lines(ratings):
    catalog = ratings("anime_id,name,genre\n10,Ten,x\n77,Other,x\n", "anime.csv")
    text = HEADER + "1,10,5\n1,10,6\n1,20,0\nx,1,5\n2,10,5\n"
    assert report_lines(ingest(ratings(text), items=catalog, min_ratings=2).report) == [
        "read r.csv (5 rows), anime.csv (2 rows) as mal",
        "kept 2 rows of 1 user on 3 items; 1 of them hold no rating",
        "dropped 1 row: the user id is not an integer (line 5)",
        "dropped 1 repeat of the same user and item; the last row stays",
        "left out 1 user with fewer than 2 rows",
        "1 item of the catalog without ratings",
        "1 rated item not in the catalog: called by id",
    ]


def test_a_catalog_of_other_items_is_noted(ratings):
    catalog = ratings("anime_id,name,genre\n77,Other,x\n", "anime.csv")
    notes = ingest(ratings(HEADER + "1,10,5\n"), items=catalog).report["notes"]
    assert notes == ["the catalog holds none of the rated items: is it the right one?"]


def test_progress_adds_up_to_the_size_of_the_file(ratings):
    class Listener(Silent):
        def __init__(self):
            self.totals, self.done = [], 0

        def start(self, task, total=None):
            self.totals.append((task, total))

        def advance(self, amount=1, figures=""):
            self.done += amount + len(figures)

    listener = Listener()
    ingest(ratings(HEADER + "1,10,5\n" * 9), progress=listener)
    assert listener.totals == [("reading r.csv", len(HEADER) + 63)]
    assert listener.done == len(HEADER) + 63


def test_what_reading_will_take_is_said_before_it_begins(ratings, monkeypatch):
    class Listener(Silent):
        def __init__(self):
            self.said = []

        def note(self, text):
            self.said.append(text)

        def start(self, task, total=None):
            self.said.append((task, total))

    monkeypatch.setattr(sys.modules["konomi.formats.ingest"], "_MANY_ROWS", 1_000)
    listener = Listener()
    ingest(ratings(HEADER + "1,10,5\n" * 4_000), progress=listener)
    assert listener.said[0].startswith("about 4,000 rows: ")
    assert "MB of memory, and about 0 s" in listener.said[0]
    assert listener.said[1] == ("reading r.csv", len(HEADER) + 28_000)


def test_reading_what_does_not_fit_into_memory_is_refused(ratings, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 10_000_000)
    with pytest.raises(DatasetError, match=r"reading 40 rows needs .* and 10 MB are free: close other programs"):
        ingest(ratings(HEADER + "1,10,5\n" * 40))


def test_a_packed_file_does_not_tell_its_rows_and_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 10_000_000)
    with gzip.open(tmp_path / "r.csv.gz", "wt") as file:
        file.write(HEADER + "1,10,5\n")
    assert ingest(tmp_path / "r.csv.gz").ratings.n_rows == 1
