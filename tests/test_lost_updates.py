"""Two commands at once on one folder: one is refused, and the result of the other stays."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import people

import konomi
from konomi.artifact import Artifact
from konomi.data.dataset import Dataset

LINES = people.lines()
REFUSED = "another run is writing"


def start(*words: object) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-m", "konomi", *map(str, words)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stopped_while_it_holds(run: "subprocess.Popen[str]", folder: Path) -> None:
    """Stop a run as soon as it holds the folder, until another run was refused."""
    while not folder.with_name(f".{folder.name}.konomi-lock").exists():
        assert run.poll() is None, run.communicate()
        time.sleep(0.001)
    time.sleep(0.02)  # between the creation of the lock file and the lock
    run.send_signal(signal.SIGSTOP)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return people.dataset_folder(tmp_path / "whole", LINES)


@pytest.fixture
def model(data: Path, tmp_path: Path) -> Path:
    konomi.train(data, model="linear", out=tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("command", ["update", "forget"])
def test_of_two_runs_that_forget_each_reports_what_it_did(model: Path, data: Path, command: str) -> None:
    users = ("u1", "u2")
    if command == "update":
        runs = [start("update", model, "--forget", user) for user in users]
    else:
        runs = [start("forget", users[0], model, data), start("forget", users[1], data, model)]
    outputs = [run.communicate(timeout=120) for run in runs]
    remaining = Artifact.open(model).dataset.ratings.users.ids.tolist()
    codes = [run.returncode for run in runs]
    assert 0 in codes
    for user, code, (_, err) in zip(users, codes, outputs, strict=True):
        assert (code, user in remaining) in ((0, False), (2, True)), err
        assert code == 0 or REFUSED in err


def test_a_second_forgetting_is_refused_while_the_first_reads(model: Path) -> None:
    first = start("update", model, "--forget", "u1")
    stopped_while_it_holds(first, model)
    second = start("update", model, "--forget", "u2")
    assert REFUSED in second.communicate(timeout=120)[1]
    assert second.returncode == 2
    first.send_signal(signal.SIGCONT)
    assert (first.communicate(timeout=120), first.returncode)[1] == 0
    remaining = Artifact.open(model).dataset.ratings.users.ids.tolist()
    assert "u1" not in remaining
    assert "u2" in remaining


@pytest.mark.parametrize("words", [("update", "MODEL", "--forget", "u1"), ("forget", "u1", "MODEL", "DATA")])
def test_forgetting_during_a_training_of_the_folder_is_refused(
    model: Path, data: Path, words: tuple[str, ...]
) -> None:
    training = start("train", data, "-o", model, "--model", "linear", "--set", "kept_neighbors=5")
    stopped_while_it_holds(training, model)
    second = start(*({"MODEL": model, "DATA": data}.get(word, word) for word in words))
    assert REFUSED in second.communicate(timeout=120)[1]
    assert second.returncode == 2
    training.send_signal(signal.SIGCONT)
    training.communicate(timeout=120)
    assert training.returncode == 0
    assert Artifact.open(model).model.config.kept_neighbors == 5
    assert "u1" in Dataset.open(data).ratings.users.ids


def test_a_training_during_a_forgetting_is_refused(model: Path, data: Path) -> None:
    forgetting = start("forget", "u1", model, data)
    stopped_while_it_holds(forgetting, model)
    second = start("train", data, "-o", model, "--model", "linear")
    assert REFUSED in second.communicate(timeout=120)[1]
    assert second.returncode == 2
    forgetting.send_signal(signal.SIGCONT)
    forgetting.communicate(timeout=120)
    assert forgetting.returncode == 0
    assert "u1" not in Artifact.open(model).dataset.ratings.users.ids
