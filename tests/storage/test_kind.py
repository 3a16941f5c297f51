"""A folder is read in one version, and verified by the digests in its marker."""

import errno
import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from konomi.errors import DatasetError
from konomi.storage.folder import whole_folder
from konomi.storage.kind import DATASET, Kind, kind_of
from konomi.storage.manifest import checksum_of
from konomi.storage.reading import OpenFolder

KIND = Kind("marker.json", "konomi test", 2, DatasetError, "konomi make {}", ("one.npy",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "out", 1)
    return tmp_path / "out"


def write(folder: Path, value: int, **about: object) -> None:
    with whole_folder(folder, kind=KIND) as new:
        (new / "part").mkdir()
        for name in ("one", "part/two"):
            np.save(new / f"{name}.npy", np.full(3, value))
        KIND.write(new, {"value": value, **about})


def read(opened: OpenFolder) -> tuple[int, int, int]:
    one, two = opened.array("one"), opened.array("part/two")
    return int(opened.about["value"]), int(one[0]), int(two[0])


def edit(folder: Path, *, honest: bool = True, **changes: object) -> None:
    """Change the marker and correct its checksum."""
    about = {**json.loads((folder / KIND.marker).read_text()), **changes}
    if honest:
        about["checksum"] = checksum_of(about)
    (folder / KIND.marker).write_text(json.dumps(about))


def test_an_unchanged_folder_verifies(folder):
    assert KIND.verify(folder) == 3


@pytest.mark.parametrize("name", ["one.npy", "part/two.npy"])
@pytest.mark.parametrize("position", [0, 20, -1])
def test_a_flipped_bit_in_any_file_is_named(folder, name, position):
    raw = bytearray((folder / name).read_bytes())
    raw[position] ^= 1
    (folder / name).write_bytes(raw)
    with pytest.raises(DatasetError, match=f"not as konomi wrote it: changed: {name}. Remove"):
        KIND.verify(folder)


def test_a_missing_and_a_foreign_file_are_named(folder):
    (folder / "one.npy").rename(folder / "three.npy")
    with pytest.raises(DatasetError, match=r"missing: one\.npy; not konomi's: three\.npy"):
        KIND.verify(folder)


def test_for_a_foreign_file_alone_the_advice_is_to_move_it(folder):
    (folder / "map.html").write_text("mine")
    with pytest.raises(DatasetError, match=r"not konomi's: map\.html\. Move it elsewhere"):
        KIND.verify(folder)


def test_a_flipped_bit_in_the_marker_is_an_error_when_the_folder_is_opened(folder):
    edit(folder, honest=False, value=2)
    with pytest.raises(DatasetError, match=r"marker\.json is damaged or foreign \(its checksum does not fit\)"):
        KIND.load(folder, read)


def test_a_folder_of_version_1_is_read_and_says_that_it_cannot_be_verified(folder):
    edit(folder, format_version=1)
    about = json.loads((folder / KIND.marker).read_text())
    del about["files"], about["checksum"]
    (folder / KIND.marker).write_text(json.dumps(about))
    assert KIND.load(folder, read) == (1, 1, 1)
    with pytest.raises(DatasetError, match="stored no digests"):
        KIND.verify(folder)


def test_a_newer_format_is_reported_before_other_errors(folder):
    edit(folder, honest=False, format_version=3)
    with pytest.raises(DatasetError, match="has format 3, this konomi reads up to 2: update konomi"):
        KIND.read(folder)


@pytest.mark.parametrize(
    "marker",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        "[1]",
        "null",
        "",
        '{"format": "konomi test"}',
        '{"format": "konomi test", "format_version": "2"}',
        '{"format": "konomi test", "format_version": true}',
        '{"format": "konomi test", "format_version": 2}',
        '{"format": "konomi test", "format_version": 1e400}',
        '{"format": "konomi test", "format_version": ' + "9" * 5000 + "}",
    ],
)
def test_an_invalid_marker_is_one_error(folder, marker):
    (folder / KIND.marker).write_text(marker)
    with pytest.raises(DatasetError, match="damaged or foreign"):
        KIND.read(folder)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/passwd", "part/../../secret.npy", "", "a//b"])
def test_a_manifest_cannot_name_files_outside_its_folder(folder, name):
    edit(folder, files={name: {"bytes": 1, "sha256": ""}})
    with pytest.raises(DatasetError, match="damaged or foreign"):
        KIND.read(folder)


def test_a_link_in_place_of_a_file_is_not_followed(folder, tmp_path):
    (folder / "one.npy").rename(tmp_path / "elsewhere.npy")
    (folder / "one.npy").symlink_to(tmp_path / "elsewhere.npy")
    with pytest.raises(DatasetError):
        KIND.load(folder, read)


def test_a_pipe_in_place_of_a_file_does_not_block(folder):
    (folder / "one.npy").unlink()
    os.mkfifo(folder / "one.npy")
    with pytest.raises(DatasetError, match=r"one\.npy is not a regular file"):
        KIND.load(folder, read)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff",
        b"\x93NUMPY\x03\x00\x10\x00\x00\x00" + b" " * 16,
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i8', 'fortran_order': True, 'shape': (3, 3)}".ljust(128),
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False, 'shape': (3,)}".ljust(128),
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '>i8', 'fortran_order': False, 'shape': (3,)}".ljust(128),
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i8', 'fortran_order': False, 'shape': (-3,)}".ljust(128),
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999999,)}".ljust(128),
        b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 118,
    ],
)
def test_a_file_that_is_not_an_array_is_one_error(folder, header):
    path = folder / "one.npy"
    path.write_bytes(header.ljust(path.stat().st_size, b"\0"))
    with pytest.raises(DatasetError, match=r"damaged \(one\.npy"):
        KIND.load(folder, read)


def test_everything_that_is_read_comes_from_one_version(tmp_path):
    folder = tmp_path / "out"
    write(folder, 0)
    stop = threading.Event()

    def replace_again_and_again() -> None:
        value = 0
        while not stop.is_set():
            value += 1
            write(folder, value)

    writer = threading.Thread(target=replace_again_and_again)
    writer.start()
    try:
        seen = [KIND.load(folder, read) for _ in range(400)]
    finally:
        stop.set()
        writer.join()
    assert all(about == one == two for about, one, two in seen)
    assert len(set(seen)) > 1


def test_a_folder_that_a_killed_run_put_aside_is_recognized(tmp_path):
    with whole_folder(tmp_path / "out", kind=DATASET) as new:
        DATASET.write(new, {})
    work = tmp_path / ".out.konomi-new-0123456789ab"
    work.mkdir()
    (tmp_path / "out").rename(work / "earlier")
    assert kind_of(tmp_path / "out") == DATASET


def test_an_array_stays_readable_after_its_folder_was_replaced(folder):
    array = KIND.load(folder, lambda opened: opened.array("one"))
    write(folder, 2)
    assert array.tolist() == [1, 1, 1]


@pytest.mark.parametrize("reason", [errno.EACCES, errno.EMFILE, errno.EIO, errno.ENOSPC])
def test_an_unreadable_file_is_not_reported_as_damaged(folder, monkeypatch, reason):
    real = os.open

    def failing(path, flags, *rest, **more):
        if str(path).endswith(".npy"):
            raise OSError(reason, os.strerror(reason), path)
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", failing)
    with pytest.raises(DatasetError, match=f"cannot read one.npy: {os.strerror(reason)}"):
        KIND.load(folder, read)
