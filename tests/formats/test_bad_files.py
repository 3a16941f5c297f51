"""Files that cannot be read as what they were given for: each ends in one message that says what to do."""

import gzip
import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konomi.errors import ConfigError, DatasetError, InputFileError, KonomiError
from konomi.formats import ingest

GOOD = b"user_id,anime_id,rating\n1,10,9\n1,20,0\n2,10,7\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0"


def _zip(**members: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return raw.getvalue()


def _locked_zip() -> bytes:
    raw = bytearray(_zip(ratings__csv=GOOD))
    raw[6] |= 1  # the flag that says "encrypted", here and in the directory
    directory = raw.index(b"PK\1\2")
    raw[directory + 8] |= 1
    return bytes(raw)


def _parquet() -> bytes:
    raw = io.BytesIO()
    pl.DataFrame({"user_id": [1], "anime_id": [10], "rating": [9]}).write_parquet(raw)
    return raw.getvalue()


BAD_RATINGS = {
    "empty": ("r.csv", b"", "is empty"),
    "gzip of nothing": ("r.csv.gz", gzip.compress(b""), "is empty"),
    "only a header": ("r.csv", b"user_id,anime_id,rating\n", "a header and no rows"),
    "only line ends": ("r.csv", b"\n\n\n", "has the columns"),
    "NUL bytes": ("r.csv", b"user_id,anime_id,rating\n1,1\0,3\n", "binary data"),
    "a picture": ("r.csv", PNG, "binary data"),
    "Parquet by another name": ("r.csv", _parquet(), r"rename it so that it ends in \.parquet"),
    "not Parquet in spite of its name": ("r.parquet", b"PAR1" + b"x" * 40, "damaged Parquet"),
    "Parquet cut short": ("r.parquet", _parquet()[:-9], "damaged Parquet"),
    "UTF-16": ("r.csv", GOOD.decode().encode("utf-16"), "UTF-16"),
    "a gzip cut short": ("r.csv.gz", gzip.compress(os.urandom(9999))[:5000], "damaged or cut short"),
    "a corrupt gzip": ("r.csv.gz", b"\x1f\x8b" + b"x" * 50, "damaged or cut short"),
    "a zip cut short": ("r.zip", _zip(ratings__csv=GOOD)[:60], "damaged zip"),
    "an empty zip": ("r.zip", _zip(), "holds nothing"),
    "a zip of pictures": ("r.zip", _zip(cat__png=PNG), r"holds no table \(cat\.png\)"),
    "a zip without ratings": (
        "r.zip",
        _zip(a__csv=b"a,b\n1,2\n", c__csv=PNG),
        r"holds no table of ratings \(a\.csv",
    ),
    "a zip with a password": ("r.zip", _locked_zip(), "cannot be unpacked .*encrypted"),
    "other columns": ("r.csv", b"a,b\n1,2\n", r"has the columns a, b; ratings need a user .* an item .* a rating"),
    "no rating column": ("r.csv", b"user_id,anime_id\n1,2\n", r"has the columns user_id, anime_id;"),
    "no header": ("r.csv", b"1,2,3\n4,5,6\n", "add a line of column names"),
    "a catalog": ("r.csv", b"MAL_ID,Name\n1,x\n", r"looks like a catalog: give it as items="),
    "no readable row": (
        "r.csv",
        b"user_id,anime_id,rating\nx,1,3\n1,2\n1,2,99\n1,2,3333\n",
        r"none of the 4 rows of r\.csv \(read as mal\) can be read; the first ones:\n"
        r"  line 2 of r\.csv: the user id is not an integer \('x,1,3'\)\n"
        r"  line 3 of r\.csv: a field is missing \('1,2,'\)\n"
        r"  line 4 of r\.csv: the rating is outside 0 to 10 \('1,2,99'\)\nRepair the file",
    ),
    "too many levels": (
        "r.csv",
        b"user,item,rating\n" + b"".join(b"%d,1,%d\n" % (n, n) for n in range(66_000)),
        "more than 65,534 different values",
    ),
}


@pytest.mark.parametrize("case", BAD_RATINGS)
def test_a_bad_file_of_ratings_ends_in_one_message(tmp_path, case):
    name, content, message = BAD_RATINGS[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputFileError, match=message):
        ingest(tmp_path / name)


BAD_CATALOGS = {
    "empty": ("a.csv", b"", "is empty"),
    "a picture": ("a.csv", PNG, "binary data"),
    "ratings": ("a.csv", GOOD, r"has the columns user_id, anime_id, rating; a catalog needs an item id"),
    "an id alone": ("a.csv", b"anime_id\n1\n", "a catalog needs an item id"),
    "a zip without one": ("a.zip", _zip(ratings__csv=GOOD), "holds no catalog"),
    "damaged Parquet": ("a.parquet", _parquet()[:-9], "damaged Parquet"),
}


@pytest.mark.parametrize("case", BAD_CATALOGS)
def test_a_bad_catalog_ends_in_one_message(tmp_path, case):
    name, content, message = BAD_CATALOGS[case]
    (tmp_path / name).write_bytes(content)
    (tmp_path / "ratings.csv").write_bytes(GOOD)
    with pytest.raises(InputFileError, match=message):
        ingest(tmp_path / "ratings.csv", items=tmp_path / name)


def test_a_file_without_synopses_is_told(tmp_path):
    (tmp_path / "ratings.csv").write_bytes(GOOD)
    with pytest.raises(InputFileError, match=r"needs an item id .* and sypnopsis or synopsis"):
        ingest(tmp_path / "ratings.csv", synopsis=tmp_path / "ratings.csv")


def test_a_missing_file_is_told_with_the_name_that_is_meant(tmp_path):
    (tmp_path / "rating.csv").write_bytes(GOOD)
    with pytest.raises(InputFileError, match=r"there is no file .*; did you mean rating\.csv\?"):
        ingest(tmp_path / "ratings.csv")


def test_a_folder_is_told_with_the_files_in_it(tmp_path):
    (tmp_path / "rating.csv").write_bytes(GOOD)
    with pytest.raises(InputFileError, match=r"is a folder, .* \(rating\.csv\)"):
        ingest(tmp_path)


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputFileError, match="pipe"):
        ingest(tmp_path / "pipe")


def test_an_impossible_path_is_told():
    with pytest.raises(InputFileError, match=r"there is no file|cannot be read"):
        ingest("bad\0path")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_told(tmp_path):
    (tmp_path / "r.csv").write_bytes(GOOD)
    (tmp_path / "r.csv").chmod(0)
    with pytest.raises(InputFileError, match=r"cannot be read \(Permission denied\)"):
        ingest(tmp_path / "r.csv")


def test_a_refused_open_is_told(tmp_path, monkeypatch):
    (tmp_path / "r.csv").write_bytes(GOOD)

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputFileError, match=r"cannot be read \(Permission denied\)"):
        ingest(tmp_path / "r.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "anilist"}, "no format 'anilist'; choose one of auto, mal, movielens, table"),
        ({"min_ratings": 0}, "min_ratings is 0; it is a whole number, 1 or more"),
        ({"min_ratings": 2.5}, "min_ratings is 2.5"),
        ({"columns": {"usr": "user_id"}}, "names a role 'usr'; the roles are user, item, rating, status, item_id"),
        ({"columns": {"user": None}}, "each row needs one"),
        ({"format": "mal", "columns": {"user": "user_id"}}, "use format='table'"),
    ],
)
def test_a_wrong_option_is_told_with_the_allowed_ones(tmp_path, options, message):
    (tmp_path / "r.csv").write_bytes(GOOD)
    with pytest.raises(ConfigError, match=message):
        ingest(tmp_path / "r.csv", **options)


def test_no_files_are_told():
    with pytest.raises(ConfigError, match="no file of ratings"):
        ingest([])


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("movielens", "format 'movielens' was asked for; MovieLens has userId"),
        ("mal", "format 'mal' was asked for"),
    ],
)
def test_a_format_that_does_not_fit_is_told(tmp_path, family, message):
    (tmp_path / "r.csv").write_bytes(b"user,item,rating\n1,2,3\n")
    with pytest.raises(InputFileError, match=message):
        ingest(tmp_path / "r.csv", format=family)


def test_files_of_different_formats_are_not_mixed(tmp_path):
    (tmp_path / "a.csv").write_bytes(GOOD)
    (tmp_path / "b.csv").write_bytes(b"userId,movieId,rating\n1,2,3\n")
    with pytest.raises(InputFileError, match=r"a\.csv is mal, b\.csv is movielens"):
        ingest([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_a_minimum_that_nobody_reaches_is_told(tmp_path):
    (tmp_path / "r.csv").write_bytes(GOOD)
    with pytest.raises(DatasetError, match=r"no user has 3 ratings or more \(the longest list has 2\)"):
        ingest(tmp_path / "r.csv", min_ratings=3)


def _ends_well(path: Path, **options: object) -> None:
    """Either a dataset whose counts fit, or an error of konomi's own."""
    try:
        dataset = ingest(path, **options)
    except KonomiError:
        return
    report = dataset.report
    n_dropped = sum(one["count"] for one in report["dropped"].values())
    assert report["rows_read"] == report["n_rows"] + report["duplicates"] + n_dropped
    assert dataset.ratings.item_index.max(initial=0) < dataset.ratings.n_items
    assert np.all(np.diff(dataset.ratings.offsets) > 0)


SAMPLES = {
    "mal.csv": b"user_id,anime_id,rating,watching_status\r\n"
    + b"".join(b"%d,%d,7,2\r\n" % (n // 3, n) for n in range(9)),
    "lens.dat": b"".join(b"%d::%d::3::97830\n" % (n // 3, n) for n in range(9)),
    "table.csv": b"\xef\xbb\xbfuser;item;score\n"
    + b"".join(b'"u%d";"i, %d";3.5\n' % (n // 3, n) for n in range(9)),
    "packed.csv.gz": gzip.compress(GOOD * 5),
    "archive.zip": _zip(ratings__csv=GOOD, movies__csv=b"movieId,title,genres\n10,A (1999),x|y\n"),
    "columns.parquet": _parquet(),
}
_FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_FUZZ
@given(content=st.binary(max_size=300))
@pytest.mark.parametrize("header", [b"", b"user_id,anime_id,rating\n", b"user,item,rating,status\n", b"1::2::3\n"])
def test_random_bytes_end_in_a_dataset_or_an_error_of_ours(tmp_path, header, content):
    (tmp_path / "r.csv").write_bytes(header + content)
    _ends_well(tmp_path / "r.csv")


@_FUZZ
@given(data=st.data())
@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_good_file_ends_in_a_dataset_or_an_error_of_ours(tmp_path, name, data):
    raw = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(
            st.sampled_from([b"", b'"', b"\n", b"\r", b",", b"\0", b"\xff", b"9" * 30, b"nan", b"-", b" "])
        )
        raw[place : place + data.draw(st.integers(0, 3))] = piece
        raw = raw or bytearray(b"\n")
    (tmp_path / name).write_bytes(raw)
    _ends_well(tmp_path / name)


@_FUZZ
@given(content=st.binary(max_size=200))
@pytest.mark.parametrize(
    "header", [b"", b"MAL_ID,Name,Genres\n", b"movieId,title,genres\n", b"item,title,genres,year\n"]
)
def test_a_random_catalog_ends_in_a_dataset_or_an_error_of_ours(tmp_path, header, content):
    (tmp_path / "r.csv").write_bytes(GOOD)
    (tmp_path / "a.csv").write_bytes(header + content)
    _ends_well(tmp_path / "r.csv", items=tmp_path / "a.csv")


def test_a_zip_with_a_lying_directory_is_told(tmp_path):
    raw = bytearray(_zip(ratings__csv=GOOD))
    directory = raw.index(b"PK\1\2")
    raw[directory + 42 : directory + 46] = struct.pack("<I", 0x7FFFFFF0)
    (tmp_path / "r.zip").write_bytes(raw)
    with pytest.raises(InputFileError):
        ingest(tmp_path / "r.zip")


@pytest.mark.parametrize("column", ["user_id", "anime_id", "rating"])
@pytest.mark.parametrize("kind", [pl.List(pl.Int64), pl.Struct({"a": pl.Int64})])
def test_a_column_of_lists_or_structs_is_told(tmp_path, column, kind):
    values = [{"a": 1}, {"a": 2}] if isinstance(kind, pl.Struct) else [[1], [2, 3]]
    frame = pl.DataFrame({"user_id": [1, 2], "anime_id": [1, 2], "rating": [5, 6]})
    frame.with_columns(pl.Series(column, values, dtype=kind)).write_parquet(tmp_path / "r.parquet")
    with pytest.raises(InputFileError, match=rf"column {column} of r\.parquet holds lists or structs"):
        ingest(tmp_path / "r.parquet")


def test_one_column_for_two_roles_is_told(tmp_path):
    (tmp_path / "r.csv").write_bytes(GOOD)
    with pytest.raises(InputFileError, match="rating cannot be both the user and the rating"):
        ingest(tmp_path / "r.csv", columns={"user": "rating"})


def test_a_damaged_lzma_member_is_told(tmp_path):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("r.csv", GOOD * 500)
    damaged = bytearray(raw.getvalue())
    damaged[60:70] = b"x" * 10
    (tmp_path / "r.zip").write_bytes(damaged)
    with pytest.raises(InputFileError, match=r"r\.zip:r\.csv is damaged or cut short"):
        ingest(tmp_path / "r.zip")


def test_a_message_does_not_hold_the_file(tmp_path):
    (tmp_path / "r.csv").write_bytes(GOOD)
    (tmp_path / "a.csv").write_bytes(b'anime_id,name,genre\n1,x,y\n2,"' + b"A" * 50_000 + b'"z"\n')
    with pytest.raises(InputFileError) as raised:
        ingest(tmp_path / "r.csv", items=tmp_path / "a.csv")
    assert len(str(raised.value)) < 500
