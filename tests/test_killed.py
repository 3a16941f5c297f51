"""A stage that is killed at any moment leaves the last complete result, and the same command works again."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.synthetic.ratings import synthesize

N_MOMENTS = 5


def command(*arguments: str | Path | int) -> list[str]:
    return [sys.executable, "-m", "konomi", *map(str, arguments)]


def killed_at_random_moments(arguments: list[str], is_complete: Callable[[], bool], *, seed: int) -> None:
    """Run once to the end, then kill N_MOMENTS further runs at random moments."""
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    duration = time.perf_counter() - start
    assert is_complete()
    for moment in np.random.default_rng(seed).uniform(0.2, 1.0, N_MOMENTS):
        run = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment * duration)
        run.kill()
        run.wait()
        assert is_complete(), f"killed after {moment:.2f} of {duration:.1f} s"


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    synthesize(tmp_path / "in" / "ratings.csv", n_users=4000, n_items=800, n_rows=400_000, seed=1)
    return tmp_path / "in" / "ratings.csv"


def test_synth_killed_at_any_moment(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    arguments = command("synth", "-o", out, "--users", 30_000, "--items", 2000, "--rows", 3_000_000)
    killed_at_random_moments(arguments, lambda: out.read_bytes().count(b"\n") == 3_000_001, seed=1)
    subprocess.run(arguments, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


def test_synth_to_parquet_killed_at_any_moment(tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    arguments = command("synth", "-o", out, "--users", 30_000, "--items", 2000, "--rows", 3_000_000)
    killed_at_random_moments(arguments, lambda: pl.read_parquet(out).height == 3_000_000, seed=2)
    subprocess.run(arguments, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["r.parquet"]


def test_ingest_killed_at_any_moment(tmp_path: Path, ratings: Path) -> None:
    out = tmp_path / "out" / "data"
    arguments = command("ingest", ratings, "-o", out)

    def is_complete() -> bool:
        return Dataset.open(out).ratings.n_users == 4000

    killed_at_random_moments(arguments, is_complete, seed=3)
    subprocess.run(arguments, check=True, capture_output=True)
    assert [path.name for path in out.parent.iterdir()] == ["data"]


def test_train_killed_at_any_moment(tmp_path: Path, ratings: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out" / "model"
    subprocess.run(command("ingest", ratings, "-o", data), check=True, capture_output=True)
    arguments = command("train", data, "-o", out, "--model", "linear")

    def is_complete() -> bool:
        return Artifact.open(out).model.n_items == 800

    killed_at_random_moments(arguments, is_complete, seed=4)
    subprocess.run(arguments, check=True, capture_output=True)
    assert [path.name for path in out.parent.iterdir()] == ["model"]


def test_of_two_runs_into_one_folder_the_second_is_told(tmp_path: Path, ratings: Path) -> None:
    out = tmp_path / "out" / "data"
    first = subprocess.Popen(command("ingest", ratings, "-o", out), stdout=subprocess.DEVNULL)
    while not list((tmp_path / "out").glob(".data.konomi-new-*")) and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(19)  # SIGSTOP: it holds the folder for as long as the second one needs
    second = subprocess.run(command("ingest", ratings, "-o", out), capture_output=True, text=True, check=False)
    first.send_signal(18)
    assert first.wait() == 0
    assert second.returncode == 2
    assert "another run is writing" in second.stderr
