"""Files that are small and unpack to much: read in bounded memory, or refused in one message."""

import gzip
import io
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from konomi import memory
from konomi.data.catalog import Catalog
from konomi.data.ids import IdIndex
from konomi.errors import DatasetError, InputFileError
from konomi.formats import ingest, opening
from konomi.formats.lists import read_list

MB = 1 << 20
HEADER = b"user_id,anime_id,rating\n"
# Python, Polars and the compiled loops take 150 to 250 MB before there is any data.
_PROGRAM_MB = 250

# Prints the largest size that this process ever had, in MB, and how the call ended. free_mb = what it calls free.
_MEASURED = """
import re, sys
from pathlib import Path
from konomi import KonomiError, memory
free_mb, what, *arguments = sys.argv[1:]
if free_mb != "all":
    memory.free_bytes = lambda: int(free_mb) << 20
if what == "ingest":
    from konomi.formats import ingest
    def call(): return ingest(arguments[0], items=arguments[1] if arguments[1:] else None)
else:
    import numpy as np
    from konomi.data.catalog import Catalog
    from konomi.formats.lists import read_list
    from konomi.data.ids import IdIndex
    def call(): return read_list(arguments[0], Catalog.of(IdIndex(np.array([1]), "item")))
try:
    call()
    ended = "read"
except KonomiError as error:
    ended = str(error)
# ru_maxrss would count what the process that started this one holds.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10, ended)
"""


def measured(*arguments: object, free_mb: int | None = None) -> tuple[int, str]:
    """The peak memory of a process that reads these files, in MB, and how it ended."""
    free = "all" if free_mb is None else str(free_mb)
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, free, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    peak, _, ended = ran.stdout.partition(" ")
    return int(peak), ended.strip()


def gzipped(path: Path, head: bytes, line: bytes, n_bytes: int) -> Path:
    """A gzip of `head` and then `line` again and again."""
    block = line * (MB // len(line) + 1)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(n_bytes // len(block)):
            file.write(block)
    return path


def packed(path: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, content)
    return path


def parquet(frame: pl.DataFrame, **options: object) -> bytes:
    raw = io.BytesIO()
    frame.write_parquet(raw, **options)
    return raw.getvalue()


RATINGS = pl.DataFrame({"user_id": [1, 1, 2], "anime_id": [10, 20, 10], "rating": [9, 8, 7]})


def test_parquet_in_a_zip_is_not_unpacked_into_memory(tmp_path: Path) -> None:
    archive = packed(tmp_path / "r.zip", "r.parquet", b"PAR1" + bytes(200 * MB))
    peak, ended = measured("ingest", archive)
    assert "r.zip:r.parquet is a damaged Parquet file" in ended
    assert peak < 300


@pytest.mark.parametrize("name", ["r.zip", "r.parquet.gz"])
def test_packed_parquet_is_read_and_its_temporary_file_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    content = parquet(RATINGS)
    if name == "r.zip":
        packed(tmp_path / name, "r.parquet", content)
    else:
        (tmp_path / name).write_bytes(gzip.compress(content))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert ingest(tmp_path / name).ratings.n_rows == 3
    assert list(scratch.iterdir()) == []
    assert [one for one in told if issubclass(one.category, ResourceWarning)] == []


def test_packed_parquet_beyond_half_of_the_free_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening.shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000))
    archive = packed(tmp_path / "r.zip", "r.parquet", b"PAR1" + bytes(6000))
    with pytest.raises(InputFileError, match=r"r\.parquet is larger than 5 kB unpacked, half of .*set TMPDIR"):
        ingest(archive)


def test_packed_parquet_beyond_the_free_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 5000)
    archive = packed(tmp_path / "r.zip", "r.parquet", b"PAR1" + bytes(6000))
    with pytest.raises(InputFileError, match=r"larger than 5 kB unpacked, which is the memory that is free"):
        ingest(archive)


def test_packed_rows_that_do_not_fit_are_refused_as_soon_as_that_shows(tmp_path: Path) -> None:
    file = gzipped(tmp_path / "r.csv.gz", HEADER, b"1,1,5\n", 150 * MB)
    peak, ended = measured("ingest", file, free_mb=60)
    assert "of memory (the rows" in ended
    assert "63 MB are free: r.csv.gz has more rows" in ended
    assert peak < _PROGRAM_MB + 250


def test_text_ids_count_as_memory_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 10_000_000)
    with gzip.open(tmp_path / "r.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"user,item,rating\n")
        file.writelines(b"%0250d u,1,5\n" % n for n in range(10_000))
    with pytest.raises(DatasetError, match=r"10,000 rows needs 15 MB of memory \(the ids of users and items 15 MB"):
        ingest(tmp_path / "r.csv.gz")


def test_millions_of_blank_lines_take_no_more_memory_than_rows(tmp_path: Path) -> None:
    file = gzipped(tmp_path / "r.csv.gz", HEADER + b"1,1,5\n", b"\n", 12 * MB)
    peak, ended = measured("ingest", file)
    assert ended == "read"
    assert peak < _PROGRAM_MB + 350


def test_a_part_of_many_short_lines_keeps_its_line_numbers(tmp_path: Path) -> None:
    n = (1 << 19) + 100
    (tmp_path / "r.csv").write_bytes(HEADER + b"1,1,5\n" + b"\n" * n + b"x,1,5\n")
    report = ingest(tmp_path / "r.csv").report
    assert report["n_rows"] == 1
    assert report["dropped"]["the user id is not an integer"]["first_lines"] == [n + 3]


def test_one_long_id_in_many_rows_of_parquet_is_not_copied_into_each(tmp_path: Path) -> None:
    long_id = pl.Series(["u" * 60_000, "v"]).gather(pl.Series([0] * 20_000 + [1], dtype=pl.UInt32))
    frame = pl.DataFrame({"user": long_id, "item": ["a"] * 20_001, "rating": [5.0] * 20_001})
    (tmp_path / "r.parquet").write_bytes(parquet(frame, row_group_size=500))
    peak, ended = measured("ingest", tmp_path / "r.parquet")
    assert ended == "read"
    assert peak < _PROGRAM_MB + 200


def test_an_id_of_parquet_that_is_too_long_is_dropped_as_such(tmp_path: Path) -> None:
    frame = pl.DataFrame({"user": ["u" * 600, "v"], "item": ["a", "a"], "rating": [5.0, 4.0]})
    frame.write_parquet(tmp_path / "r.parquet")
    dropped = ingest(tmp_path / "r.parquet").report["dropped"]
    assert {reason: one["count"] for reason, one in dropped.items()} == {"the user id is longer than 255 bytes": 1}


def test_a_row_group_of_parquet_that_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = 1_000_000
    numbers = np.random.default_rng(0).random(n)
    frame = pl.DataFrame({"user_id": np.arange(n) // 10, "anime_id": np.arange(n) % 10, "rating": numbers})
    frame.write_parquet(tmp_path / "r.parquet", row_group_size=n)
    monkeypatch.setattr(memory, "free_bytes", lambda: 300_000_000)
    with pytest.raises(DatasetError, match=r"a row group of Parquet, unpacked 9.6 MB.* 300 MB are free"):
        ingest(tmp_path / "r.parquet")


def test_every_slice_of_a_wide_table_of_parquet_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["konomi.formats.rows"], "_PARQUET_BYTES", 1000)
    n = 5000
    frame = pl.DataFrame({"user_id": np.arange(n) // 7, "anime_id": np.arange(n) % 7, "rating": np.arange(n) % 10})
    frame.write_parquet(tmp_path / "r.parquet", row_group_size=900)
    dataset = ingest(tmp_path / "r.parquet")
    assert dataset.ratings.n_rows == n
    assert dataset.ratings.n_users == 715


@pytest.mark.parametrize("cut", [b"PAR1", b"\xff\xff\xff\x7fPAR1", b"\1\0\0\0PAR1", b"\x10\0\0\0PAR1"])
def test_a_footer_that_lies_is_told(tmp_path: Path, cut: bytes) -> None:
    (tmp_path / "r.parquet").write_bytes(b"PAR1" + b"\x19\xfc" * 40 + cut)
    with pytest.raises(InputFileError, match=r"r\.parquet is a damaged Parquet file \((it|its) (has no )?footer"):
        ingest(tmp_path / "r.parquet")


def test_a_packed_catalog_that_does_not_fit_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(HEADER + b"1,1,5\n")
    catalog = gzipped(tmp_path / "a.csv.gz", b"anime_id,name,genre\n", b"1," + b"a" * 5000 + b",x\n", 200 * MB)
    peak, ended = measured("ingest", tmp_path / "r.csv", catalog, free_mb=400)
    assert "a.csv.gz is larger than 1" in ended
    assert "free memory" in ended
    assert peak < _PROGRAM_MB + 100


def test_a_catalog_of_too_many_fields_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 300_000_000)
    (tmp_path / "r.csv").write_bytes(HEADER + b"1,1,5\n")
    (tmp_path / "a.csv").write_bytes(b"anime_id,name,genre" + b"," * 500_000 + b"\n")
    with pytest.raises(InputFileError, match=r"500,003 fields needs .*its fields 36 MB.* 300 MB are free"):
        ingest(tmp_path / "r.csv", items=tmp_path / "a.csv")


def test_a_text_that_parquet_stores_once_counts_in_every_row_of_a_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.csv").write_bytes(HEADER + b"1,1,5\n")
    titles = pl.Series(["t" * 60_000]).gather(pl.Series([0] * 2000, dtype=pl.UInt32))
    catalog = pl.DataFrame({"item_id": np.arange(2000), "title": titles})
    (tmp_path / "a.parquet").write_bytes(parquet(catalog, row_group_size=500))
    monkeypatch.setattr(memory, "free_bytes", lambda: 400_000_000)
    with pytest.raises(InputFileError, match=r"reading a catalog of 120 MB"):
        ingest(tmp_path / "r.csv", items=tmp_path / "a.parquet")


def test_an_archive_of_very_many_tables_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        for n in range(1001):
            archive.writestr(f"{n}.csv", b"a,b\n")
    with pytest.raises(InputFileError, match=r"holds 1,001 tables, and at most 1,000 are looked at"):
        ingest(tmp_path / "r.zip")


LISTS = {
    "json of empty lists": (b'{"MediaListCollection":{"lists":[', b"[],", b"[]]}}"),
    "csv of one line": (b"title,score\n", b"ab,", b""),
    "xml of one path": (b"<myanimelist>", b"<a>", b""),
    "xml of one tag": (b"<myanimelist><a ", b"a='b' ", b""),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_small_list_that_unpacks_to_much_is_refused_in_little_memory(tmp_path: Path, case: str) -> None:
    head, part, end = LISTS[case]
    (tmp_path / "list").write_bytes(gzip.compress(head + part * (48 * MB // len(part)) + end, 1))
    peak, ended = measured("list", tmp_path / "list")
    assert "holds more than 3,000,000 values: give one user's list" in ended
    assert peak < _PROGRAM_MB + 150


def test_xml_nested_deeper_than_a_list_is_refused() -> None:
    with pytest.raises(InputFileError, match="nested deeper than any list"):
        read_list(b"<myanimelist>" + b"<a>" * 20, Catalog.of(IdIndex(np.array([1]), "item")))
