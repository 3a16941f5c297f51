import errno
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from konomi.errors import StorageError
from konomi.folder import exclusive, remove_leftovers, whole_folder

MARKER = "marker.json"


def write(folder: Path, text: str) -> None:
    with whole_folder(folder, marker=MARKER) as new:
        (new / MARKER).write_text(text)


def write_half(folder: Path, fault: BaseException) -> None:
    with whole_folder(folder, marker=MARKER) as new:
        (new / MARKER).write_text("half")
        raise fault


def content(parent: Path) -> dict[str, str]:
    """Every file under `parent`, hidden ones too, and what it holds."""
    return {str(path.relative_to(parent)): path.read_text() for path in parent.rglob("*") if path.is_file()}


def test_a_new_folder_stands_whole_and_alone(tmp_path):
    write(tmp_path / "deep" / "out", "new")
    assert content(tmp_path) == {f"deep/out/{MARKER}": "new"}


def test_a_second_folder_replaces_the_first(tmp_path):
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "more").write_text("old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {f"out/{MARKER}": "new"}


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {f"out/{MARKER}": "new"}


@pytest.mark.parametrize("fault", [ValueError("broken"), KeyboardInterrupt(), SystemExit(1)])
@pytest.mark.parametrize("before", [{}, {f"out/{MARKER}": "old"}])
def test_a_fault_inside_leaves_what_stood_before_and_nothing_else(tmp_path, fault, before):
    if before:
        write(tmp_path / "out", "old")
    with pytest.raises(type(fault)):
        write_half(tmp_path / "out", fault)
    assert content(tmp_path) == before


def test_a_full_disk_leaves_the_old_folder_and_is_told(tmp_path):
    write(tmp_path / "out", "old")
    with (
        pytest.raises(StorageError, match=r"No space left.*still does\. Free some space"),
        whole_folder(tmp_path / "out", marker=MARKER),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert content(tmp_path) == {f"out/{MARKER}": "old"}


def test_what_a_killed_run_left_is_removed(tmp_path):
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.new" / "half").write_text("half")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {f"out/{MARKER}": "new"}


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat").write_text("cat")
    with pytest.raises(StorageError, match=r"exists and holds no marker\.json"):
        write(tmp_path / "photos", "new")
    assert content(tmp_path) == {"photos/cat": "cat"}


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out": "mine"}


def test_a_parent_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="cannot write in"):
        write(tmp_path / "file" / "out", "new")


def test_a_file_system_without_exchange_works_too(tmp_path, monkeypatch):
    monkeypatch.setattr("konomi.folder._exchange", lambda *_: False)
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == {f"out/{MARKER}": "new"}


def test_a_second_writer_is_told(tmp_path):
    with whole_folder(tmp_path / "out", marker=MARKER) as new:
        (new / MARKER).write_text("first")
        with pytest.raises(StorageError, match="another run is writing"):
            write(tmp_path / "out", "second")
    assert content(tmp_path) == {f"out/{MARKER}": "first"}


def test_writers_of_different_folders_do_not_wait_for_each_other(tmp_path):
    with whole_folder(tmp_path / "one", marker=MARKER) as new:
        (new / MARKER).write_text("one")
        write(tmp_path / "two", "two")
    assert content(tmp_path) == {f"one/{MARKER}": "one", f"two/{MARKER}": "two"}


def _hold(final: Path, holding, release) -> None:
    with exclusive(final):
        holding.set()
        release.wait(30)


def test_a_writer_in_another_process_is_told_and_may_write_afterwards(tmp_path):
    context = multiprocessing.get_context("spawn")
    holding, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "out", holding, release))
    other.start()
    try:
        assert holding.wait(30)
        with pytest.raises(StorageError, match="another run is writing"):
            write(tmp_path / "out", "second")
    finally:
        release.set()
        other.join()
    write(tmp_path / "out", "second")
    assert content(tmp_path) == {f"out/{MARKER}": "second"}


def test_a_thread_that_holds_a_folder_may_write_it(tmp_path):
    with exclusive(tmp_path / "x"), whole_folder(tmp_path / "x", marker="m") as new:
        (new / "m").write_text("1")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_another_thread_may_not(tmp_path):
    with exclusive(tmp_path / "x"), ThreadPoolExecutor(1) as threads:
        refused = threads.submit(lambda: exclusive(tmp_path / "x").__enter__())
        with pytest.raises(StorageError, match="another run is writing"):
            refused.result()


def test_leftovers_are_those_of_the_folder_alone(tmp_path):
    for name in ("x", ".x.new", ".x.old", ".y.new"):
        (tmp_path / name).mkdir()
    assert remove_leftovers(tmp_path / "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".y.new", "x"]
    assert not remove_leftovers(tmp_path / "x")
