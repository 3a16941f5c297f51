"""Paths with a byte that is not UTF-8, as input and as output: they work, or end in one message."""

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from konomi.data.dataset import Dataset

RATINGS = "user_id,anime_id,rating\n1,1,5\n1,2,6\n2,1,7\n"


def odd(folder: Path, ending: str = "") -> Path:
    """A path in the folder whose name is no text."""
    return folder / os.fsdecode(b"odd\xff" + ending.encode())


@pytest.fixture(autouse=True)
def _names_may_be_bytes(tmp_path: Path) -> None:
    try:
        odd(tmp_path).mkdir()
        odd(tmp_path).rmdir()
    except OSError:
        pytest.skip("this file system takes only names that are text")


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_ratings_are_read(run: Callable, tmp_path: Path, ending: str) -> None:
    path = odd(tmp_path, ending)
    if ending == ".parquet":
        with path.open("wb") as file:
            pl.read_csv(RATINGS.encode()).write_parquet(file)
    else:
        path.write_bytes(gzip.compress(RATINGS.encode()) if ending == ".csv.gz" else RATINGS.encode())
    ended = run("ingest", path, "-o", tmp_path / "d")
    assert ended.code == 0
    assert rf"odd\udcff{ending}" in ended.out
    assert Dataset.open(tmp_path / "d").ratings.n_rows == 3


def test_datasets_models_and_lists_are_written_and_read(run: Callable, demo_data: Path, tmp_path: Path) -> None:
    data, model, mine = odd(tmp_path, "d"), odd(tmp_path, "m"), odd(tmp_path, ".csv")
    shutil.copytree(demo_data, data)
    mine.write_text("title,score\nDeath Note,9\n")
    for arguments in (
        ("ingest", demo_data.parent / "simulated_animelist.csv", "-o", data),
        ("train", data, "-o", model, "--model", "popularity"),
        ("info", model),
        ("verify", model),
        ("recommend", model, "--user", 7),
        ("update", model, "--forget", 8),
        ("evaluate", data, "--models", "popularity", "-o", odd(tmp_path, "e")),
    ):
        ended = run(*arguments)
        assert ended.code == 0


def test_a_list_is_read_and_a_map_drawn(run: Callable, demo_model: Path, tmp_path: Path) -> None:
    odd(tmp_path, ".csv").write_text("title,score\nDeath Note,9\n")
    ended = run("map", demo_model, "--list", odd(tmp_path, ".csv"), "-o", odd(tmp_path, ".html"))
    assert ended.code == 0
    assert odd(tmp_path, ".html").stat().st_size > 0


def test_synth_writes_csv(run: Callable, tmp_path: Path) -> None:
    ended = run(
        "synth", "-o", odd(tmp_path, ".csv"), "--catalog", odd(tmp_path, "c"), "--rows", 1000, "--items", 99
    )
    assert ended.code == 0
    assert len(odd(tmp_path, ".csv").read_bytes().splitlines()) == 1001


def test_the_demo_runs(run: Callable, tmp_path: Path) -> None:
    assert run("demo", "--out", odd(tmp_path)).code == 0


@pytest.mark.parametrize("command", ["synth", "recommend"])
def test_parquet_is_refused_in_one_message(run: Callable, demo_model: Path, tmp_path: Path, command: str) -> None:
    options = ("--rows", 1000, "--items", 99) if command == "synth" else (demo_model, "--all")
    ended = run(command, *options, "-o", odd(tmp_path, ".parquet"))
    assert ended.code == 2
    assert r"odd\udcff.parquet: Parquet needs a path in UTF-8; choose another path" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_pairs_are_read(run: Callable, demo_data: Path, tmp_path: Path) -> None:
    odd(tmp_path, ".csv").write_text("1,2,3\n")
    ended = run("evaluate", demo_data, "--models", "popularity", "--pairs", odd(tmp_path, ".csv"))
    assert "Traceback" not in ended.err
    assert ended.code in (0, 2)


def test_a_missing_file_and_a_title_are_told(run: Callable, demo_model: Path, tmp_path: Path) -> None:
    assert r"there is no file" in run("ingest", odd(tmp_path), "-o", tmp_path / "d").err
    assert r'"\udcff"' in run("similar-items", demo_model, "\udcff").err
