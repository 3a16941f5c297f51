"""A disk that is full: one message, exit code 2, and the file that was there before is whole."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

# Prints nothing and writes a Parquet file of many parts, which are joined at the end.
_IN_PARTS = """
import sys
from pathlib import Path
import polars as pl
from konomi.errors import StorageError
from konomi.storage.parquet import growing_parquet
try:
    with growing_parquet(Path(sys.argv[1]), rows_per_part=1000) as append:
        for n in range(40):
            append(pl.DataFrame({"x": range(n * 1000, n * 1000 + 1000)}))
except StorageError as error:
    sys.exit(f"konomi: {error}")
"""


def run_on_a_full_disk(arguments: list[str], *, most_bytes: int) -> subprocess.CompletedProcess[str]:
    """The second run of a command, which may write no file beyond `most_bytes`, as if the disk were full then.

    The first one writes what is to be kept, and compiles the loops.
    """

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing fails with an error, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, timeout=240)
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
        timeout=240,
    )


def check_one_message(ended: subprocess.CompletedProcess[str], out: Path) -> None:
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("konomi: ") == 1
    assert f"cannot write {out}" in ended.stderr
    assert "Free some space" in ended.stderr
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_synth_to_csv_on_a_full_disk_ends_in_one_message(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    arguments = ["-m", "konomi", "synth", "-o", str(out), "--rows", "50000", "--items", "500"]
    ended = run_on_a_full_disk(arguments, most_bytes=100_000)
    assert ended.returncode == 2
    check_one_message(ended, out)
    assert out.read_bytes().count(b"\n") == 50_001


def test_synth_to_parquet_on_a_full_disk_ends_in_one_message(tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    arguments = ["-m", "konomi", "synth", "-o", str(out), "--rows", "50000", "--items", "500"]
    ended = run_on_a_full_disk(arguments, most_bytes=100_000)
    assert ended.returncode == 2
    check_one_message(ended, out)
    assert pl.read_parquet(out).height == 50_000


def test_a_catalog_of_synth_on_a_full_disk_ends_in_one_message(tmp_path: Path) -> None:
    ratings, catalog = tmp_path / "ratings" / "r.csv", tmp_path / "items" / "items.csv"
    ratings.parent.mkdir()
    arguments = ["-m", "konomi", "synth", "-o", str(ratings), "--rows", "1000", "--catalog", str(catalog)]
    ended = run_on_a_full_disk([*arguments, "--items", "5000"], most_bytes=60_000)
    assert ended.returncode == 2
    check_one_message(ended, catalog)
    assert pl.read_csv(catalog).height == 5000


def test_recommendations_for_all_on_a_full_disk_end_in_one_message(tmp_path: Path, demo_model: Path) -> None:
    out = tmp_path / "all.parquet"
    arguments = ["-m", "konomi", "recommend", str(demo_model), "--all", "-o", str(out)]
    ended = run_on_a_full_disk(arguments, most_bytes=10_000)
    assert ended.returncode == 2
    check_one_message(ended, out)
    assert pl.read_parquet(out).height == 15_000


@pytest.mark.parametrize("most_bytes", [1000, 20_000], ids=["while a part is written", "while parts are joined"])
def test_parts_of_parquet_on_a_full_disk_end_in_one_message(tmp_path: Path, most_bytes: int) -> None:
    out = tmp_path / "numbers.parquet"
    ended = run_on_a_full_disk(["-c", _IN_PARTS, str(out)], most_bytes=most_bytes)
    assert ended.returncode == 1
    check_one_message(ended, out)
    assert pl.read_parquet(out)["x"].to_list() == list(range(40_000))
