import errno
import json
import mmap
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from konomi.data.dataset import Dataset
from konomi.errors import DatasetError, StorageError

ARRAYS = ("offsets", "item_index", "rating_code", "levels", "status")


@pytest.fixture
def folder(tmp_path, tiny_dataset) -> Path:
    tiny_dataset.save(tmp_path / "data")
    return tmp_path / "data"


def test_a_saved_dataset_opens_equal(folder, tiny_dataset):
    opened = Dataset.open(folder)
    for name in ARRAYS:
        array = getattr(opened.ratings, name)
        np.testing.assert_array_equal(array, getattr(tiny_dataset.ratings, name))
        assert array.dtype == getattr(tiny_dataset.ratings, name).dtype
    assert opened.ratings.users.ids.tolist() == tiny_dataset.ratings.users.ids.tolist()
    assert opened.ratings.items.ids.tolist() == tiny_dataset.ratings.items.ids.tolist()
    assert opened.catalog.frame.equals(tiny_dataset.catalog.frame)
    assert opened.report == tiny_dataset.report
    assert opened.digest() == tiny_dataset.digest()


def test_an_opened_dataset_is_mapped_not_read(folder):
    assert isinstance(Dataset.open(folder).ratings.item_index.base, mmap.mmap)


def test_a_dataset_can_be_saved_over_the_folder_that_it_is_mapped_from(folder):
    opened = Dataset.open(folder)
    opened.save(folder)
    assert Dataset.open(folder).digest() == opened.digest()


def test_the_digest_changes_with_any_row(tiny_dataset):
    changed = tiny_dataset.ratings.keep_users(np.array([0, 1, 2, 4, 3]))
    assert Dataset(changed, tiny_dataset.catalog).digest() != tiny_dataset.digest()


def test_users_with_few_rows_are_left_out(tiny_dataset):
    assert tiny_dataset.with_min_ratings(3).ratings.users.ids.tolist() == [10, 30, 50]


def test_items_without_rows_are_left_out_on_request(tiny_dataset):
    kept = tiny_dataset.with_min_ratings(4, rated_items_only=True)
    assert kept.ratings.items.ids.tolist() == [101, 102, 104, 105, 103]
    assert kept.ratings.item_index.tolist() == [0, 1, 2, 3, 1, 0, 4, 2]
    assert kept.catalog.titles[4] == "Mountain Post"


def test_items_with_few_rows_are_left_out_and_every_user_stays(planted_dataset):
    counts = planted_dataset.ratings.row_counts()
    kept = planted_dataset.with_min_item_ratings(100)
    assert kept.ratings.n_items == np.sum(counts >= 100) < planted_dataset.ratings.n_items
    assert kept.ratings.n_users == planted_dataset.ratings.n_users
    assert kept.ratings.row_counts().tolist() == counts[counts >= 100].tolist()
    ids = planted_dataset.ratings.items.ids[counts >= 100].tolist()
    assert kept.ratings.items.ids.tolist() == kept.catalog.items.ids.tolist() == ids
    with pytest.raises(DatasetError, match="ask for fewer"):
        planted_dataset.with_min_item_ratings(1_000_000)


def test_the_error_for_a_minimum_that_no_user_reaches_names_the_longest_list(tiny_dataset):
    with pytest.raises(DatasetError, match=r"no user has 99 ratings or more \(the longest list has 4\)"):
        tiny_dataset.with_min_ratings(99)


def _truncate(folder: Path, name: str) -> None:
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[: len(raw) - 5])


def _edit(folder: Path, **changes: object) -> None:
    about = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**about, **changes}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: _truncate(folder, "item_index.npy"), "damaged"),
        (lambda folder: _truncate(folder, "offsets.npy"), "damaged"),
        (lambda folder: _truncate(folder, "catalog.arrow"), "damaged"),
        (lambda folder: _truncate(folder, "dataset.json"), "damaged"),
        (lambda folder: (folder / "status.npy").write_bytes(b""), "damaged"),
        (lambda folder: (folder / "levels.npy").unlink(), "damaged"),
        (
            lambda folder: np.save(folder / "users.npy", 1) or np.save(folder / "user_ids.npy", np.arange(3)),
            "damaged",
        ),
        (lambda folder: pl.DataFrame({"a": [1]}).write_ipc(folder / "catalog.arrow"), "damaged"),
        (lambda folder: _edit(folder, n_rows=99), "damaged"),
        (lambda folder: (folder / "dataset.json").write_text("[1]"), "damaged"),
        (lambda folder: _edit(folder, format="something else"), "damaged"),
        (lambda folder: (folder / "dataset.json").unlink(), r"holds no dataset\.json"),
        (
            lambda folder: _edit(folder, format_version=99),
            "has format 99, this konomi reads up to 2: update konomi",
        ),
    ],
)
def test_a_damaged_foreign_or_newer_folder_gives_one_clear_error(folder, damage, message):
    damage(folder)
    with pytest.raises(DatasetError, match=message):
        Dataset.open(folder)


def test_the_error_for_a_missing_folder_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(DatasetError, match=r"does not exist.*konomi ingest"):
        Dataset.open(tmp_path / "nowhere")


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_in_mid_write_leaves_the_old_dataset(
    folder, planted_dataset, tiny_dataset, monkeypatch, reason
):
    save = np.save

    def failing(path, array, **options):
        if Path(path).name == "status.npy":
            raise OSError(reason, os.strerror(reason))
        save(path, array, **options)

    monkeypatch.setattr(np, "save", failing)
    with pytest.raises(StorageError, match=os.strerror(reason)):
        planted_dataset.save(folder)
    assert Dataset.open(folder).digest() == tiny_dataset.digest()
    assert [path.name for path in folder.parent.iterdir()] == ["data"]
