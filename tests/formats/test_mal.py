"""MyAnimeList's dumps."""

import numpy as np
import pytest

from konomi.data.ratings import Status
from konomi.formats import ingest

ANIME_2020 = """\
MAL_ID,Name,Score,Genres,English name,Japanese name,Type,Episodes,Aired,Premiered,Studios,Rating,Members
1,Cowboys,8.78,"Action, Sci-Fi",Cowboys,宇宙,TV,26,"Apr 3, 1998 to Apr 24, 1999",Spring 1998,"A, B",R - 17+,125196.0
5,Tengoku,Unknown,Unknown,Unknown,Unknown,Movie,1.0,"Sep 1, 2001",Unknown,Unknown,PG-13,273145
9,Night,5.5,"Comedy, Hentai",Unknown,夜,OVA,Unknown,2004 to ?,Unknown,C,Rx - Hentai,20
8,"Cook, the",6.0,Comedy,Unknown,Unknown,Unknown,12,Unknown,Unknown,C,Rx - Hentai,Unknown
"""
ANIME_2016 = """anime_id,name,genre,type,episodes,rating,members\r
1,Gintama&#039;: Enchousen &amp; more,"Action, Comedy",TV,13,9.11,81109\r
5,Unrated,,Music,Unknown,,40\r
9,Night,"Comedy, Hentai",OVA,2,5.5,20\r
"""


@pytest.fixture
def write(tmp_path):
    def write(name: str, text: str, encoding: str = "utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return write


def test_the_dump_of_2020_keeps_scores_and_statuses(write):
    dataset = ingest(
        write(
            "animelist.csv",
            "user_id,anime_id,rating,watching_status,watched_episodes\n0,67,9,1,1\n0,5,0,6,0\n3,67,10,2,24\n",
        )
    )
    history = dataset.ratings.history(0)
    assert dataset.report["format"] == "mal"
    assert dataset.ratings.users.ids.tolist() == [0, 3]
    assert dataset.ratings.items.ids.tolist() == [67, 5]
    assert history.rating[0] == 9
    assert np.isnan(history.rating[1])
    assert history.status.tolist() == [Status.WATCHING, Status.PLANNED]
    assert dataset.ratings.levels[1:].tolist() == [9, 10]


def test_minus_one_of_2016_is_watched_but_not_rated(write):
    dataset = ingest(write("rating.csv", "user_id,anime_id,rating\r\n1,20,-1\r\n1,24,8\r\n"))
    assert dataset.ratings.is_rated.tolist() == [False, True]
    assert dataset.ratings.status.tolist() == [Status.UNKNOWN, Status.UNKNOWN]


def test_user_names_of_2018_are_string_ids(write):
    dataset = ingest(
        write("UserAnimeList.csv", "username,anime_id,my_score,my_status\nkarthiga,21,9,1\nbob,59,0,6\n")
    )
    assert dataset.ratings.users.ids.tolist() == ["karthiga", "bob"]
    assert dataset.ratings.is_rated.tolist() == [True, False]


def test_the_catalog_of_2020_is_read(write):
    ratings = write("animelist.csv", "user_id,anime_id,rating\n1,1,9\n1,5,8\n1,9,7\n1,8,6\n")
    frame = ingest(ratings, items=write("anime.csv", ANIME_2020)).catalog.frame
    assert frame["title"].to_list() == ["Cowboys", "Tengoku", "Night", "Cook, the"]
    assert frame["title_english"].to_list() == ["Cowboys", None, None, None]
    assert frame["title_japanese"].to_list() == ["宇宙", None, "夜", None]
    assert frame["type"].to_list() == ["TV", "Movie", "OVA", None]
    assert frame["year"].to_list() == [1998, 2001, 2004, None]
    assert frame["episodes"].to_list() == [26, 1, None, 12]
    assert frame["genres"].to_list() == [["Action", "Sci-Fi"], None, ["Comedy", "Hentai"], ["Comedy"]]
    assert frame["studios"].to_list() == [["A", "B"], None, ["C"], ["C"]]
    assert frame["score"].round(2).to_list() == [pytest.approx(8.78), None, 5.5, 6.0]
    assert frame["members"].to_list() == [125196, 273145, 20, None]
    assert frame["adult"].to_list() == [False, False, True, True]


def test_the_catalog_of_2016_is_read(write):
    ratings = write("rating.csv", "user_id,anime_id,rating\n1,1,9\n1,5,8\n1,9,7\n")
    frame = ingest(ratings, items=write("anime.csv", ANIME_2016)).catalog.frame
    assert frame["title"].to_list() == ["Gintama': Enchousen & more", "Unrated", "Night"]
    assert frame["genres"].to_list() == [["Action", "Comedy"], None, ["Comedy", "Hentai"]]
    assert frame["episodes"].to_list() == [13, None, 2]
    assert frame["score"].to_list() == [pytest.approx(9.11), None, 5.5]
    assert frame["year"].to_list() == [None, None, None]
    assert frame["adult"].to_list() == [False, False, True]


@pytest.mark.parametrize("spelling", ["sypnopsis", "synopsis"])
def test_synopses_are_joined_under_either_spelling(write, spelling):
    ratings = write("animelist.csv", "user_id,anime_id,rating\n1,1,9\n1,5,8\n1,9,7\n")
    told = (
        f"MAL_ID,Name,Score,Genres,{spelling}\n"
        '1,Space,8,Action,"In 2071, ""cowboys""\nhunt."\n'
        "9,N,5,x,No synopsis information has been added to this title.\n"
    )
    dataset = ingest(ratings, items=write("anime.csv", ANIME_2020), synopsis=write("s.csv", told))
    assert dataset.catalog.frame["synopsis"].to_list()[:3] == ['In 2071, "cowboys"\nhunt.', None, None]


def test_a_file_of_synopses_alone_is_a_small_catalog(write):
    ratings = write("animelist.csv", "user_id,anime_id,rating\n1,1,9\n")
    told = "MAL_ID,Name,Score,Genres,sypnopsis\n1,Space,8,Action,They hunt.\n2,Other,7,Drama,x\n"
    dataset = ingest(ratings, synopsis=write("s.csv", told))
    assert dataset.catalog.titles == ["Space", "Other"]
    assert dataset.catalog.frame["synopsis"].to_list() == ["They hunt.", "x"]


def test_a_catalog_in_latin_1_is_read_with_a_note(write):
    ratings = write("rating.csv", "user_id,anime_id,rating\n1,1,9\n")
    dataset = ingest(ratings, items=write("anime.csv", "anime_id,name,genre\n1,Café,Drama\n", "latin-1"))
    assert dataset.catalog.titles == ["Café"]
    assert dataset.report["notes"] == ["anime.csv is not UTF-8, so it was read as Latin-1"]


def _list_of(user: int, scores: list[int]) -> str:
    return "".join(f"{user},{item},{score}\n" for item, score in enumerate(scores))


BOTS = {
    "over 2,000 scored with a mean above 9": ([10] * 1800 + [6] * 201, [10] * 1800 + [6] * 200),
    "over 500 scored with a deviation under 0.3": ([7] * 501, [7] * 500),
    "over 5,000 watched": ([7, 0, 0, 0, 4] * 1000 + [7], [7, 0, 0, 0, 4] * 1000),
    "over 1,000 watched and none scored": ([0] * 1001, [0] * 1000),
}


@pytest.mark.parametrize("rule", BOTS)
def test_lists_made_by_a_script_are_left_out(write, rule):
    bot, person = BOTS[rule]
    path = write("r.csv", "user_id,anime_id,rating\n" + _list_of(1, bot) + _list_of(2, person))
    dataset = ingest(path)
    assert dataset.ratings.users.ids.tolist() == [2]
    assert dataset.report["bots"] == 1


def test_bots_stay_on_request_and_are_counted(write):
    path = write("r.csv", "user_id,anime_id,rating\n" + _list_of(1, [7] * 501))
    dataset = ingest(path, keep_bots=True)
    assert dataset.ratings.n_rows == 501
    assert dataset.report["bots"] == 1


def test_what_is_only_planned_makes_no_bot(write):
    rows = "".join(f"1,{item},0,6\n" for item in range(6000))
    assert ingest(write("r.csv", "user_id,anime_id,rating,watching_status\n" + rows)).report["bots"] == 0


def test_a_planned_list_of_a_bots_own_is_still_a_bot(write):
    rows = "".join(f"1,{item},0,2\n" for item in range(1001)) + "2,1,5,2\n"
    assert ingest(write("r.csv", "user_id,anime_id,rating,watching_status\n" + rows)).report["bots"] == 1


@pytest.mark.realdata
def test_the_real_dump_of_2016_has_its_known_counts(shared_data):
    folder = shared_data / "mal2016"
    dataset = ingest(folder / "rating.csv", items=folder / "anime.csv", keep_bots=True)
    assert (dataset.ratings.n_rows, dataset.ratings.n_users) == (609_523, 5_849)
    assert dataset.report["dropped"] == {}
    assert dataset.catalog.frame.height == dataset.ratings.n_items == 12_294
    assert "&#" not in "".join(dataset.catalog.titles)


@pytest.mark.realdata
def test_the_real_beginning_of_2020_has_its_known_counts(shared_data):
    folder = shared_data / "mal2020"
    dataset = ingest(folder / "animelist.csv", items=folder / "anime.csv")
    frame = dataset.catalog.frame
    assert (dataset.ratings.n_rows, dataset.ratings.n_users, dataset.ratings.n_items) == (5_000, 18, 17_562)
    assert dataset.report["items_without_catalog"] == 0
    assert frame["score"].null_count() == 5_141
    assert frame["genres"].null_count() == 63
    assert frame["episodes"].null_count() == 516
    assert frame.filter(frame["genres"].list.contains("Hentai"))["adult"].to_list() == [True] * 1_348
    assert frame["year"][dataset.ratings.items.index_of(1)] == 1998


@pytest.mark.realdata
def test_a_catalog_that_lacks_some_rated_items_says_how_many(shared_data):
    dataset = ingest(shared_data / "mal2020/animelist.first301users.csv", items=shared_data / "mal2016/anime.csv")
    lacking = [title for title in dataset.catalog.titles if title.startswith("#")]
    assert dataset.report["items_without_catalog"] == len(lacking) == 1_048
