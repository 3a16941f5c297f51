"""Where compiled code is kept: in a folder that this user alone can write, whatever the installation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import konomi
from konomi.errors import StorageError
from konomi.kernels import cache

RATINGS = "user_id,anime_id,rating\n1,1,5\n1,2,6\n2,1,7\n"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the package whose folders take no compiled code, for no user."""
    copy = tmp_path / "site" / "konomi"
    shutil.copytree(Path(konomi.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [copy, *(one for one in copy.rglob("*") if one.is_dir())]:
        (folder / "__pycache__").write_text("a file where Python and Numba want a folder")
    return copy.parent


def ingest(installed: Path, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`konomi ingest` of a user without a home; TMPDIR is `tmp_path/scratch`."""
    (tmp_path / "scratch").mkdir(exist_ok=True)
    (tmp_path / "r.csv").write_text(RATINGS)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    homeless = {"HOME": "/dev/null", "TMPDIR": str(tmp_path / "scratch"), "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-m", "konomi", "ingest", "r.csv", "-o", "data"],
        cwd=tmp_path,
        env=kept | homeless | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def own_folder(tmp_path: Path) -> Path:
    return tmp_path / "scratch" / f"konomi-numba-{os.getuid()}"


def compiled_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbi"))


def test_without_a_writable_cache_a_folder_of_this_user_is_taken_and_told(installed: Path, tmp_path: Path) -> None:
    ended = ingest(installed, tmp_path)
    assert ended.returncode == 0
    assert ended.stderr.count("\n") == 1
    assert f"compiled code is kept in {own_folder(tmp_path)}" in ended.stderr
    assert "set NUMBA_CACHE_DIR to a folder of your own" in ended.stderr
    assert own_folder(tmp_path).stat().st_mode & 0o777 == 0o700
    assert compiled_in(own_folder(tmp_path))


def test_the_folder_that_is_named_is_taken_without_a_note(installed: Path, tmp_path: Path) -> None:
    ended = ingest(installed, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert compiled_in(tmp_path / "mine")


def test_a_folder_that_another_user_may_have_filled_is_not_used(installed: Path, tmp_path: Path) -> None:
    own = own_folder(tmp_path)
    own.mkdir(parents=True)
    own.chmod(0o777)
    ended = ingest(installed, tmp_path)
    assert ended.returncode == 0
    assert "everything is compiled again in each run" in ended.stderr
    assert compiled_in(tmp_path) == []
    assert [path.name for path in own.parent.iterdir()] == [own.name]


def test_a_link_to_a_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir(mode=0o700)
    (tmp_path / "own").symlink_to(tmp_path / "planted")
    assert not cache._is_private(tmp_path / "own")


def test_a_folder_that_another_user_may_replace_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert not cache._is_private(tmp_path / "own")
    tmp_path.chmod(0o1777)
    assert cache._is_private(tmp_path / "own")


@pytest.mark.skipif(os.getuid() != 0, reason="only the superuser can give a folder away")
def test_a_folder_of_another_user_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    os.chown(tmp_path / "own", 65534, 65534)
    assert not cache._is_private(tmp_path / "own")


def test_where_no_folder_at_all_can_be_written_one_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(cache.tempfile, "gettempdir", nowhere)
    with pytest.raises(StorageError, match=r"No usable temporary .*: set NUMBA_CACHE_DIR to a folder of your own"):
        cache._temporary_cache()
