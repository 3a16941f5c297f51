"""The attacks themselves: that they see what breaks, and count it."""

import json
import shutil

import pytest

from . import fuzzing, judging, mutants, samples
from .inputs import _read, _sample
from .lab import Unbroken
from .outcomes import Broke, Held, Trial, broken, first_of_each, table
from .processes import Ended
from .scenes import SCENES
from .trees import difference, tree

REFUSED = "konomi: the disk is full: free some space\n"


def ended(code, err=""):
    return Ended(code, "", err, 1.0, 0)


def written(folder, content):
    """A folder m with this content, files that a command may leave, and what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tree(folder)


@pytest.fixture
def scene():
    return next(one for one in SCENES if one.name == "train linear")


@pytest.fixture
def unbroken(tmp_path):
    before = written(tmp_path, {"d/data": "x", "m/a": "old", "m/b": "old"})
    return Unbroken(before, written(tmp_path, {"d/data": "x", "m/a": "new", "m/b": "new"}), 1.0)


class Runner:
    """In place of a zygote: each command leaves `content` and ends with `code`."""

    def __init__(self, folder, content, code=0):
        self.folder, self.content, self.code = folder, content, code

    def konomi(self, *_command, **_options):
        written(self.folder, self.content)
        return ended(self.code, REFUSED if self.code else "")


NEW = {"d/data": "x", "m/a": "new", "m/b": "new"}
OLD = {"d/data": "x", "m/a": "old", "m/b": "old"}


@pytest.mark.parametrize(
    ("left", "later", "outcome"),
    [
        (OLD, NEW, Held.EARLIER),
        (NEW, NEW, Held.NEW),
        ({**OLD, "m/a": "new"}, NEW, Broke.MIXED),
        ({"d/data": "x"}, NEW, Broke.LOST),
        ({**OLD, "d/data": "y"}, NEW, Broke.TOUCHED),
        ({**OLD, ".m.konomi-new-1/a": "half"}, NEW, Held.EARLIER),
        ({**OLD, ".m.new/a": "half"}, NEW, Broke.NAME),
        (OLD, {**NEW, "m/a": "newer"}, Broke.OTHER_BITS),
        (OLD, {**NEW, ".m.konomi-lock": ""}, Broke.LEFTOVER),
    ],
)
def test_what_a_killed_command_left_is_told_apart(tmp_path, scene, unbroken, left, later, outcome):
    written(tmp_path, left)
    assert judging.after_kill(unbroken, scene, tmp_path, Runner(tmp_path, later))[0] == outcome


def test_a_later_run_that_is_refused_counts_as_stuck(tmp_path, scene, unbroken):
    written(tmp_path, OLD)
    runner = Runner(tmp_path, OLD, code=2)
    assert judging.after_kill(unbroken, scene, tmp_path, runner)[0] == Broke.STUCK


@pytest.mark.parametrize(
    ("left", "end", "outcome"),
    [
        (OLD, ended(2, REFUSED), Held.EARLIER),
        (NEW, ended(0), Held.NEW),
        (OLD, ended(0), Broke.FALSE_MESSAGE),
        (OLD, ended(1, "Traceback (most recent call last):\nOSError"), Broke.TRACEBACK),
        (OLD, ended(-11), Broke.SIGNAL),
        (OLD, ended(None), Broke.HANG),
        (OLD, ended(2, REFUSED + REFUSED), Broke.SEVERAL_MESSAGES),
        (OLD, ended(2), Broke.SEVERAL_MESSAGES),
        (OLD, ended(2, "konomi: the model is damaged: train it again\n"), Broke.FALSE_MESSAGE),
        ({"d/data": "x"}, ended(2, REFUSED), Broke.LOST),
    ],
)
def test_what_a_command_left_after_a_fault_is_told_apart(tmp_path, scene, unbroken, left, end, outcome):
    written(tmp_path, left)
    assert judging.after_fault(unbroken, scene, tmp_path, Runner(tmp_path, NEW), end)[0] == outcome


def test_the_table_counts_every_outcome_once():
    trials = [
        Trial("kill", "ingest", "at 0.1", Held.NEW),
        Trial("kill", "ingest", "at 0.2", Held.NEW),
        Trial("kill", "ingest", "at 0.3", Broke.LOST, "d is gone"),
    ]
    assert "new result whole 2" in table(trials)
    assert "earlier result lost 1" in table(trials)
    assert table(trials).splitlines()[-1].split() == ["all", "3", "2", "1"]
    assert broken(trials) == "kill, ingest, at 0.3: earlier result lost d is gone"
    assert "at 0.3. d is gone" in first_of_each(trials)


def test_a_tree_tells_links_folders_and_contents_apart(tmp_path):
    one = written(tmp_path / "one", {"a": "x", "b/c": "y"})
    other = written(tmp_path / "other", {"a": "z", "b/c": "y"})
    assert difference(one, other) == "a"
    (tmp_path / "other" / "b" / "d").symlink_to("c")
    assert tree(tmp_path / "other")["b/d"] == "link to c"


@pytest.mark.parametrize("name", [*samples.RATINGS, *samples.CATALOGS, *samples.SYNOPSES, *samples.LISTS])
def test_every_sample_is_read_as_it_is(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert _read(name, _sample(name))[0] == "read"


def test_a_forged_manifest_fits_the_files(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.npy").write_bytes(b"changed")
    about = {"format": "konomi model", "files": {"model/a.npy": {"bytes": 1, "sha256": "0"}}, "checksum": "0"}
    (tmp_path / "model.json").write_text(json.dumps(about))
    mutants.forge(tmp_path)
    found = json.loads((tmp_path / "model.json").read_text())
    assert found["files"]["model/a.npy"]["bytes"] == 7
    assert found["checksum"] != "0"


@pytest.mark.parametrize("subject", ["model", "data", "checkpoint"])
def test_an_intact_folder_that_was_forged_is_still_verified(lab, subject):
    if "verify" not in lab.commands:
        pytest.skip("this konomi has no command verify")
    with lab.stage({"m": subject}) as folder, lab.zygote() as zygote:
        mutants.forge(folder / "m")
        assert zygote.konomi("verify", "m", folder=folder).code == 0


def test_a_control_character_in_a_message_is_seen():
    found = {"answered": "refused", "seen": "a\x1b[31m", "memory": 0, "seconds": 0}
    assert fuzzing._judged(found)[0] == Broke.ESCAPE
