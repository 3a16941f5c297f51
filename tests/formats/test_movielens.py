"""MovieLens in its three shapes."""

import zipfile

import pytest

from konomi.errors import InputFileError
from konomi.formats import ingest

FLAGS = "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0"


def _ratings(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ratings.csv", "userId,movieId,rating,timestamp\r\n1,31,2.5,1260759144\r\n7,31,5.0,1260759179\r\n"),
        ("ratings.csv", "userId,movieId,rating\n1,31,2.5\n7,31,5.0\n"),
        ("ratings.dat", "1::31::2.5::1260759144\n7::31::5::1260759179\n"),
        ("u.data", "1\t31\t2.5\t881250949\n7\t31\t5\t891717742\n"),
    ],
)
def test_all_shapes_of_ratings_read_alike(tmp_path, name, text):
    dataset = ingest(_ratings(tmp_path, name, text))
    assert dataset.report["format"] == "movielens"
    assert dataset.report["rows_read"] == 2
    assert dataset.ratings.users.ids.tolist() == [1, 7]
    assert dataset.ratings.items.ids.tolist() == [31]
    assert dataset.ratings.histories().rating.tolist() == [2.5, 5.0]


def test_a_rating_outside_half_to_five_is_dropped(tmp_path):
    dataset = ingest(_ratings(tmp_path, "r.dat", "1::31::5\n1::32::0\n1::33::5.5\n"))
    assert dataset.report["dropped"]["the rating is outside 0.5 to 5"]["first_lines"] == [2, 3]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        (
            "movies.csv",
            b'movieId,title,genres\r\n31,"Caf\xc3\xa9, The (1995)",Animation|Drama\r\n7,M,(no genres listed)\r\n',
        ),
        ("movies.dat", b"31::Caf\xe9, The (1995)::Animation|Children\n7::M::(no genres listed)\n"),
        (
            "u.item",
            b"31|Caf\xe9, The (1995)|01-Jan-1995||http://x|" + FLAGS.encode() + b"\n"
            b"7|M||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n",
        ),
    ],
)
def test_all_shapes_of_catalogs_read_alike(tmp_path, name, raw):
    (tmp_path / name).write_bytes(raw)
    frame = ingest(_ratings(tmp_path, "ratings.dat", "1::31::5\n1::7::4\n"), items=tmp_path / name).catalog.frame
    assert frame["title"].to_list() == ["Café, The (1995)", "M"]
    assert frame["title_english"].to_list() == ["The Café", "M"]
    assert frame["year"].to_list() == [1995, None]
    assert frame["genres"][0].to_list()[0] == "Animation"
    assert frame["genres"][1].to_list() == []


@pytest.mark.parametrize(
    ("title", "english", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("City of Lost Children, The (Cité, La) (1995)", "The City of Lost Children", 1995),
        ("Planet Earth (2006–2007)", "Planet Earth", 2006),
        ("Fantasia 2000 (1999) ", "Fantasia 2000", 1999),
        ("(500) Days", "(500) Days", None),
    ],
)
def test_the_year_leaves_the_title_and_the_article_comes_first(tmp_path, title, english, year):
    (tmp_path / "movies.csv").write_text(f'movieId,title,genres\n1,"{title}",Drama\n')
    dataset = ingest(_ratings(tmp_path, "ratings.dat", "1::1::5\n"), items=tmp_path / "movies.csv")
    about = dataset.catalog.row(0)
    assert (about["title"], about["title_english"], about["year"]) == (title.strip(), english, year)


@pytest.mark.parametrize("folder", ["", "ml-1m/"])
def test_an_archive_brings_its_catalog_along(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        archive.writestr(f"{folder}README.txt", "words, and more words")
        archive.writestr(f"{folder}tags.csv", "userId,movieId,tag\n1,31,funny\n")
        archive.writestr(f"{folder}movies.dat", "31::Heat (1995)::Action\n")
        archive.writestr(f"{folder}ratings.dat", "1::31::5::9\n")
    dataset = ingest(tmp_path / "ml.zip")
    assert dataset.catalog.titles == ["Heat (1995)"]
    assert [one["name"] for one in dataset.report["files"]] == [
        f"ml.zip:{folder}ratings.dat",
        f"ml.zip:{folder}movies.dat",
    ]


def test_links_are_no_ratings(tmp_path):
    with pytest.raises(InputFileError, match="has the columns movieId, imdbId, tmdbId"):
        ingest(_ratings(tmp_path, "links.csv", "movieId,imdbId,tmdbId\n1,2,3\n"))


@pytest.mark.realdata
def test_the_real_small_set_has_its_known_counts(shared_data):
    folder = shared_data / "movielens" / "ml-latest-small"
    dataset = ingest(folder / "ratings.csv", items=folder / "movies.csv")
    assert (dataset.ratings.n_rows, dataset.ratings.n_users, dataset.ratings.n_items) == (100_836, 610, 9_742)
    assert dataset.report["catalog_items_without_ratings"] == 9_742 - 9_724
    assert dataset.catalog.titles[dataset.catalog.find("Toy Story")] == "Toy Story (1995)"
    assert dataset.ratings.levels[1:].tolist() == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]
