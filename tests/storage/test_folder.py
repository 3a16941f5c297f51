"""A folder is written completely or not at all, and no foreign file is lost."""

import errno
import fcntl
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from konomi.errors import DatasetError, StorageError
from konomi.storage import file as file_module
from konomi.storage import folder as folder_module
from konomi.storage import lock as lock_module
from konomi.storage.folder import remove_folder, whole_folder
from konomi.storage.kind import Kind
from konomi.storage.lock import exclusive

KIND = Kind("marker.json", "konomi test", 2, DatasetError, "konomi make {}", ("text",))


def write(folder: Path, text: str, *, inputs: tuple[Path, ...] = ()) -> None:
    with whole_folder(folder, kind=KIND, inputs=inputs) as new:
        (new / "text").write_text(text)
        (new / "part").mkdir()
        (new / "part" / "more").write_text(text)
        KIND.write(new, {})


def write_half(folder: Path, fault: BaseException) -> None:
    with whole_folder(folder, kind=KIND) as new:
        (new / "text").write_text("half")
        raise fault


def content(parent: Path) -> dict[str, str]:
    """All files below `parent` except markers, hidden ones too, with their content; empty folders with None."""
    return {
        str(path.relative_to(parent)): path.read_text() if path.is_file() else None
        for path in parent.rglob("*")
        if (path.is_file() and path.name != KIND.marker) or (path.is_dir() and not any(path.iterdir()))
    }


def whole(name: str, text: str) -> dict[str, str]:
    """The result of `content` for a folder with this text."""
    return {f"{name}/text": text, f"{name}/part/more": text}


def test_a_new_folder_is_complete_and_alone(tmp_path):
    write(tmp_path / "deep" / "out", "new")
    assert content(tmp_path) == whole("deep/out", "new")


def test_a_second_folder_replaces_the_first(tmp_path):
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


def test_an_empty_folder_is_replaced(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


@pytest.mark.parametrize("fault", [ValueError("broken"), KeyboardInterrupt(), SystemExit(1)])
@pytest.mark.parametrize("before", [{}, whole("out", "old")])
def test_an_error_in_the_block_leaves_the_path_unchanged(tmp_path, fault, before):
    if before:
        write(tmp_path / "out", "old")
    with pytest.raises(type(fault)):
        write_half(tmp_path / "out", fault)
    assert content(tmp_path) == before


def test_a_full_disk_is_one_error_and_leaves_the_old_folder(tmp_path):
    write(tmp_path / "out", "old")
    with (
        pytest.raises(StorageError, match=r"No space left.*is unchanged. Free some space"),
        whole_folder(tmp_path / "out", kind=KIND),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert content(tmp_path) == whole("out", "old")


def test_the_leftovers_of_a_killed_run_are_removed(tmp_path):
    work = tmp_path / ".out.konomi-new-0123456789ab"
    (work / "new").mkdir(parents=True)
    (work / "konomi-temporary").touch()
    (work / "new" / "half").write_text("half")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


def test_entries_that_only_resemble_leftovers_are_not_removed(tmp_path):
    mine = {
        ".out.new/a": "mine",
        ".out.old/a": "mine",
        ".out.lock": "mine",
        ".out.konomi-lock": "mine",
        ".out.konomi-new-0123456789ab/a": "mine",
        ".out.konomi-new-thesis/konomi-temporary": "mine",
    }
    for name, text in mine.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new") | mine


def test_a_folder_of_another_kind_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat").write_text("cat")
    with pytest.raises(StorageError, match=r"exists and holds no marker.json"):
        write(tmp_path / "photos", "new")
    assert content(tmp_path) == {"photos/cat": "cat"}


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out": "mine"}


def test_a_parent_that_is_a_file_is_one_error(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="cannot write in"):
        write(tmp_path / "file" / "out", "new")


@pytest.mark.parametrize("name", ["mine.txt", "part/mine.txt", "nested/dataset.json", "empty/folder/x"])
def test_a_folder_with_foreign_files_is_never_replaced(tmp_path, name):
    write(tmp_path / "out", "old")
    (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "out" / name).write_text("mine")
    with pytest.raises(StorageError, match=rf"holds files that konomi did not write: {name}. Move them elsewhere"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "old") | {f"out/{name}": "mine"}


def test_an_empty_foreign_folder_protects_the_folder(tmp_path):
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "empty").mkdir()
    with pytest.raises(StorageError, match="holds files that konomi did not write: empty"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "old") | {"out/empty": None}


def test_a_link_in_the_folder_is_foreign(tmp_path):
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="holds files that konomi did not write: link"):
        write(tmp_path / "out", "new")
    assert (tmp_path / "out" / "link").is_symlink()


def test_a_file_with_changed_content_is_never_replaced(tmp_path):
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "text").write_text("own")
    with pytest.raises(StorageError, match=r"not as konomi wrote them: text\. Remove the folder"):
        write(tmp_path / "out", "new")
    assert content(tmp_path)["out/text"] == "own"


@pytest.mark.parametrize(
    "marker", ["{}", "not json", '{"format": "konomi test", "format_version": 2, "files": {}}']
)
def test_a_foreign_or_edited_marker_protects_everything_next_to_it(tmp_path, marker):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / KIND.marker).write_text(marker)
    (tmp_path / "out" / "text").write_text("mine")
    with pytest.raises(StorageError, match=r"is not replaced: .*damaged or foreign"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out/text": "mine"}


def test_a_file_that_appears_while_a_folder_is_written_stays(tmp_path):
    write(tmp_path / "out", "old")

    def meanwhile() -> None:
        with whole_folder(tmp_path / "out", kind=KIND) as new:
            (tmp_path / "out" / "late").write_text("mine")
            KIND.write(new, {})

    with pytest.raises(StorageError, match="holds files that konomi did not write: late"):
        meanwhile()
    assert content(tmp_path) == whole("out", "old") | {"out/late": "mine"}


def test_a_file_that_the_manifest_lacks_is_found_before_the_folder_is_put_in_place(tmp_path):
    write(tmp_path / "out", "old")

    def careless() -> None:
        with whole_folder(tmp_path / "out", kind=KIND) as new:
            KIND.write(new, {})
            (new / "late").write_text("late")

    with pytest.raises(DatasetError, match="not konomi's: late"):
        careless()
    assert content(tmp_path) == whole("out", "old")


@pytest.mark.parametrize("where", ["", "raw.csv", "nested/raw.csv"])
def test_an_output_that_contains_an_input_is_refused(tmp_path, where):
    write(tmp_path / "out", "old")
    with pytest.raises(StorageError, match="holds the input"):
        write(tmp_path / "out", "new", inputs=(tmp_path / "out" / where,))
    assert content(tmp_path) == whole("out", "old")


def test_an_input_behind_a_link_is_recognized(tmp_path):
    write(tmp_path / "out", "old")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with pytest.raises(StorageError, match="holds the input"):
        write(tmp_path / "out", "new", inputs=(tmp_path / "link" / "text",))
    assert (tmp_path / "out" / "text").read_text() == "old"


@pytest.mark.parametrize("before", ["old", None])
def test_a_link_is_followed_and_stays(tmp_path, before):
    if before:
        write(tmp_path / "real", before)
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "new")
    write(tmp_path / "link", "newer")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "text").read_text() == "newer"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_folder_of_version_1_without_a_manifest_is_replaced(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / KIND.marker).write_text('{"format": "konomi test", "format_version": 1}')
    (tmp_path / "out" / "text").write_text("old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


def test_foreign_files_in_a_folder_of_version_1_protect_it(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / KIND.marker).write_text('{"format": "konomi test", "format_version": 1}')
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(StorageError, match="did not write: mine"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == {"out/mine": "mine"}


def test_only_a_folder_of_the_kind_is_removed(tmp_path):
    write(tmp_path / "out", "old")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").write_text("mine")
    remove_folder(tmp_path / "out", kind=KIND)
    remove_folder(tmp_path / "mine", kind=KIND)
    remove_folder(tmp_path / "nowhere", kind=KIND)
    assert content(tmp_path) == {"mine/text": "mine"}


def test_a_file_system_without_exchange_works_too(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "_exchange", lambda *_: False)
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


def test_without_exchange_a_failing_rename_moves_the_earlier_folder_back(tmp_path, monkeypatch):
    write(tmp_path / "out", "old")
    monkeypatch.setattr(folder_module, "_exchange", lambda *_: False)
    rename = Path.rename

    def failing(path, target):
        if path.name == "new":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StorageError, match="Input/output error; what was there before is unchanged"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "old")


def killed_between_two_renames(tmp_path: Path) -> Path:
    """The state after a run was killed when it had moved the earlier folder aside."""
    write(tmp_path / "out", "old")
    work = tmp_path / ".out.konomi-new-0123456789ab"
    work.mkdir()
    (work / "konomi-temporary").touch()
    (tmp_path / "out").rename(work / "earlier")
    return tmp_path / "out"


def test_a_folder_that_a_killed_run_moved_aside_is_still_read(tmp_path):
    out = killed_between_two_renames(tmp_path)
    assert KIND.load(out, lambda opened: opened.raw("text")) == b"old"


def test_a_folder_that_a_killed_run_moved_aside_is_moved_back_by_the_next_run(tmp_path):
    out = killed_between_two_renames(tmp_path)
    with pytest.raises(ValueError, match="broken"):
        write_half(out, ValueError("broken"))
    assert content(tmp_path) == whole("out", "old")


def test_a_folder_that_a_killed_run_moved_aside_is_replaced_by_the_next_result(tmp_path):
    write(killed_between_two_renames(tmp_path), "new")
    assert content(tmp_path) == whole("out", "new")


def test_an_earlier_folder_that_cannot_be_removed_is_an_error_that_names_it(tmp_path, monkeypatch):
    write(tmp_path / "out", "old")
    unlink = Path.unlink

    def refusing(path, **options):
        if path.name == "text":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        return unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", refusing)
    with pytest.raises(
        StorageError, match=r"out is written, but the folder that it replaced.*\.out\.konomi-new-.*yourself"
    ):
        write(tmp_path / "out", "new")
    monkeypatch.undo()
    assert (tmp_path / "out" / "text").read_text() == "new"
    write(tmp_path / "out", "newer")
    assert content(tmp_path) == whole("out", "newer")


@pytest.mark.parametrize("reason", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_a_sync_that_fails_leaves_the_earlier_folder(tmp_path, monkeypatch, reason):
    write(tmp_path / "out", "old")

    def failing(_):
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(file_module.os, "fsync", failing)
    with pytest.raises(StorageError, match=os.strerror(reason)):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "old")


def test_the_parent_is_synced_after_the_exchange(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(folder_module, "sync", lambda path: synced.append((path, (tmp_path / "out").exists())))
    write(tmp_path / "out", "new")
    assert synced[-1] == (tmp_path, True)


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_works_too(tmp_path, monkeypatch, reason):
    def failing(*_):
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(fcntl, "flock", failing)
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


def test_without_locks_a_second_writer_gets_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(lock_module, "_lock", lambda *_: False)
    (tmp_path / ".out.konomi-owner").write_text("konomi another-machine 1")
    with pytest.raises(StorageError, match=r"another run is writing.*remove .*\.out\.konomi-owner"):
        write(tmp_path / "out", "new")
    assert content(tmp_path) == {".out.konomi-owner": "konomi another-machine 1"}


def test_without_locks_the_file_of_a_dead_process_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(lock_module, "_lock", lambda *_: False)
    context = multiprocessing.get_context("spawn")
    ended = context.Process(target=int)
    ended.start()
    ended.join()
    (tmp_path / ".out.konomi-owner").write_text(f"konomi {lock_module.socket.gethostname()} {ended.pid}")
    write(tmp_path / "out", "new")
    assert content(tmp_path) == whole("out", "new")


def test_any_other_failure_of_a_lock_is_one_error(tmp_path, monkeypatch):
    def failing(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", failing)
    with pytest.raises(StorageError, match=r"cannot lock .*Input/output error"):
        write(tmp_path / "out", "new")


def test_a_thread_may_enter_again_for_a_path_that_it_holds(tmp_path):
    with exclusive(tmp_path / "out"):
        write(tmp_path / "out", "new")
        with exclusive(tmp_path / "out"):
            pass
        assert (tmp_path / ".out.konomi-lock").exists()
    assert content(tmp_path) == whole("out", "new")


def test_a_second_writer_in_another_thread_gets_an_error(tmp_path):
    with (
        exclusive(tmp_path / "out"),
        ThreadPoolExecutor(1) as other,
        pytest.raises(StorageError, match="another run is writing"),
    ):
        other.submit(write, tmp_path / "out", "second").result()
    assert content(tmp_path) == {}


def test_writers_of_different_folders_do_not_wait_for_each_other(tmp_path):
    with exclusive(tmp_path / "one"):
        write(tmp_path / "two", "two")
    assert content(tmp_path) == whole("two", "two")


def _hold(final: Path, holding, release) -> None:
    with exclusive(final):
        holding.set()
        release.wait(30)


def test_a_writer_in_another_process_gets_an_error_and_can_write_afterwards(tmp_path):
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
    assert content(tmp_path) == whole("out", "second")
