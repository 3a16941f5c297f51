"""Plans of memory: what a stage needs, what is free, and what to do where it does not fit."""

from pathlib import Path

import numpy as np
import pytest

from konomi.errors import TrainingError
from konomi.memory import (
    Need,
    _left_in_container,
    fewest_watchers,
    fits,
    free_bytes,
    in_words,
    most_that_fits,
    need_of_ingest,
    require,
)


def square(n: int) -> Need:
    return Need("training", {"the matrix": 4 * n * n})


def test_a_need_names_its_parts_the_largest_first() -> None:
    need = Need("training the linear model", {"rows": 300_000_000, "the Gram matrix": 4_800_000_000})
    assert str(need) == "training the linear model needs 5.1 GB of memory (the Gram matrix 4.8 GB, rows 300 MB)"


@pytest.mark.parametrize(
    ("n_bytes", "said"), [(999, "1 kB"), (2.5e6, "2.5 MB"), (340e6, "340 MB"), (5.07e9, "5.1 GB"), (2e12, "2.0 TB")]
)
def test_sizes_are_said_with_two_digits(n_bytes: float, said: str) -> None:
    assert in_words(n_bytes) == said


def test_a_tenth_of_the_free_memory_is_left_alone() -> None:
    assert fits(Need("x", {"y": 90}), 100)
    assert not fits(Need("x", {"y": 91}), 100)


def test_unknown_free_memory_stops_nobody() -> None:
    assert fits(Need("x", {"y": 1 << 60}), None)


def test_the_largest_size_that_fits_is_found() -> None:
    n = most_that_fits(square, 100_000, 1_000_000_000)
    assert fits(square(n), 1_000_000_000)
    assert not fits(square(n + 1), 1_000_000_000)
    assert most_that_fits(square, 100, 1_000_000_000) == 100
    assert most_that_fits(square, 100, 1) == 0


@pytest.mark.parametrize("most_items", range(7))
def test_the_threshold_leaves_no_more_items_than_fit(most_items: int) -> None:
    counts = np.array([1, 10, 5, 9, 5, 5], dtype=np.int64)
    smallest = next(one for one in range(12) if np.sum(counts >= one) <= most_items)
    assert fewest_watchers(counts, most_items) == smallest


def test_what_does_not_fit_is_refused_with_the_advice() -> None:
    with pytest.raises(TrainingError, match=r"needs 40 GB .*, and 12 GB are free: train spectral instead"):
        require(Need("training", {"the matrix": 40 * 10**9}), advice="train spectral instead", free=12 * 10**9)


def test_what_fits_passes() -> None:
    require(Need("training", {"the matrix": 10**6}), advice="", free=12 * 10**9)


def test_the_machine_has_some_memory_free() -> None:
    free = free_bytes()
    assert free is None or 1 << 20 < free < 1 << 50


def test_a_containers_limit_counts_and_its_cached_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("600\n")
    (tmp_path / "memory.stat").write_text("anon 400\ninactive_file 150\n")
    assert _left_in_container(tmp_path) == 550


@pytest.mark.parametrize("files", [{}, {"memory.max": "max\n"}])
def test_no_limit_is_no_limit(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert _left_in_container(tmp_path) is None


def test_the_older_cgroups_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("1000\n")
    (tmp_path / "memory" / "memory.usage_in_bytes").write_text("600\n")
    (tmp_path / "memory" / "memory.stat").write_text("cache 9\ntotal_inactive_file 100\n")
    assert _left_in_container(tmp_path) == 500


def test_ingest_at_the_reference_size_is_about_a_gigabyte() -> None:
    assert 0.9e9 < need_of_ingest(109_224_747).n_bytes < 1.4e9


def test_ungrouped_rows_need_more() -> None:
    assert need_of_ingest(10**6, is_grouped=False).n_bytes > need_of_ingest(10**6).n_bytes
