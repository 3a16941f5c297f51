"""A file is written completely or not at all, and replaces nothing else."""

import errno
import os
from pathlib import Path

import polars as pl
import pytest

from konomi.errors import DatasetError, StorageError
from konomi.storage import file as file_module
from konomi.storage.file import whole_file
from konomi.storage.folder import whole_folder
from konomi.storage.kind import DATASET


def write(path: Path, text: str, *, inputs: tuple[Path, ...] = ()) -> None:
    with whole_file(path, inputs=inputs) as new:
        new.write_text(text)


def write_half(path: Path, fault: BaseException) -> None:
    with whole_file(path) as new:
        new.write_text("half")
        raise fault


def content(parent: Path) -> dict[str, str]:
    return {str(path.relative_to(parent)): path.read_text() for path in parent.rglob("*") if path.is_file()}


def test_a_second_file_replaces_the_first_and_leaves_nothing_else(tmp_path):
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out": "new"}


@pytest.mark.parametrize("fault", [ValueError(), KeyboardInterrupt(), SystemExit(143)])
def test_an_error_leaves_the_earlier_file_unchanged(tmp_path, fault):
    write(tmp_path / "out", "old")
    with pytest.raises(type(fault)):
        write_half(tmp_path / "out", fault)
    assert content(tmp_path) == {"out": "old"}


@pytest.mark.parametrize(
    "fault",
    [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), pl.exceptions.ComputeError("No space left on device")],
)
def test_a_full_disk_is_one_message(tmp_path, fault):
    write(tmp_path / "out", "old")
    with pytest.raises(StorageError, match=r"No space left on device; what was there before is unchanged"):
        write_half(tmp_path / "out", fault)
    assert content(tmp_path) == {"out": "old"}


def test_a_link_is_followed_and_stays(tmp_path):
    write(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_hard_link_to_an_input_is_refused(tmp_path):
    write(tmp_path / "in", "mine")
    os.link(tmp_path / "in", tmp_path / "out")
    with pytest.raises(StorageError, match="is also an input, which would be lost"):
        write(tmp_path / "out", "new", inputs=(tmp_path / "in",))
    assert content(tmp_path) == {"in": "mine", "out": "mine"}


def test_a_device_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="is not a regular file"):
        write(tmp_path / "pipe", "new")
    assert not (tmp_path / "pipe").is_file()


@pytest.mark.parametrize("name", ["dataset.json", "part/levels.npy"])
def test_a_part_of_a_konomi_folder_is_never_replaced(tmp_path, name):
    with whole_folder(tmp_path / "data", kind=DATASET) as new:
        (new / "part").mkdir()
        (new / "part" / "levels.npy").write_text("konomi's")
        DATASET.write(new, {})
    before = content(tmp_path)
    with pytest.raises(StorageError, match="is a part of the konomi dataset in"):
        write(tmp_path / "data" / name, "new")
    assert content(tmp_path) == before


def test_only_the_leftovers_of_killed_runs_are_removed(tmp_path):
    (tmp_path / ".out.konomi-new-0123456789ab").write_text("half")
    parts = tmp_path / ".out.konomi-new-0123456789ab.parts"
    parts.mkdir()
    (parts / "000000.parquet").write_text("half")
    mine = {".out.new": "mine", ".out.konomi-new-thesis": "mine", ".out.lock": "mine"}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out": "new", **mine}
    assert not parts.exists()


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch):
    fsync = os.fsync

    def failing(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(handle)

    monkeypatch.setattr(file_module.os, "fsync", failing)
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out": "new"}


def test_the_error_class_of_a_kind_reaches_the_reader(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        DATASET.read(tmp_path / "nowhere")
