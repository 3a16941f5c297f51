"""Wrong input and wrong questions: one message, exit code 2, nothing changed."""

import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.cli.test_stopped import default_signals

GOOD = "user_id,anime_id,rating,watching_status,watched_episodes\n" + "".join(
    f"{user},{item},{(user * item) % 10 + 1},2,1\n"
    for user in range(1, 9)
    for item in range(1, 9)
    if (user + item) % 3
)

QUESTIONS = [
    (("similar-items", "MODEL", "Dragon Bal Z"), ["did you mean", "Dragon Ball Z"]),
    (("similar-items", "MODEL", "999999"), ["no item 999999"]),
    (("similar-items", "MODEL", ""), ["no item has the title"]),
    (("similar-items", "MODEL", "Death Note", "-k", "0"), ["k=0", "ask for 1 ..."]),
    (("similar-items", "MODEL", "Death Note", "-k", "1000000"), ["k=1000000", "ask for 1 ..."]),
    (("similar-items", "MODEL", "Death Note", "-k", "many"), ["-k"]),
    (("similar-items", "MODEL", "Death Note", "--genre", "Actoin"), ['"Actoin"', "did you mean", "Action"]),
    (("similar-items", "MODEL", "Death Note", "--year-from", "2010", "--year-to", "2000"), ["2010", "2000"]),
    (("similar-users", "MODEL", "99999999"), ["no user 99999999"]),
    (("similar-users", "MODEL", "unknown"), ["no user unknown"]),
    (("map", "MODEL", "--user", "99999999"), ["no user 99999999"]),
    (("similar-users", "MODEL", "7", "-k", "0"), ["k=0"]),
    (("recommend", "MODEL"), ["for whom"]),
    (("recommend", "MODEL", "--user", "7", "--like", "Monster"), ["only one"]),
    (("recommend", "MODEL", "--user", "7", "--by", "magic"), ["magic", "'users'"]),
    (("recommend", "MODEL", "--user", "7", "--franchise", "twice"), ["'all', 'once', 'next', 'none'"]),
    (("recommend", "MODEL", "--user", "7", "--user", "8", "--together", "max"), ["'least', 'average'"]),
    (("recommend", "MODEL", "--user", "7", "--titles", "german"), ["'main', 'english', 'japanese'"]),
    (("evaluate", "DATA", "--targets", "magic"), ["'watched', 'liked'"]),
    (("evaluate", "DATA", "--split", "magic"), ["'strong', 'weak'"]),
    (("ingest", "nowhere.csv", "-o", "out", "--format", "magic"), ["'auto', 'mal', 'movielens', 'table'"]),
    (("recommend", "MODEL", "--like", "Monster=11"), ["11", "1 ... 10"]),
    (("recommend", "MODEL", "--like", "Monster=nan"), ["nan"]),
    (("recommend", "nowhere", "--user", "7"), ["nowhere is no konomi model", "konomi train"]),
    (("train", "nowhere", "-o", "out"), ["nowhere is no konomi dataset", "konomi ingest"]),
    (("train", "DATA", "-o", "out", "--model", "magic"), ['no model "magic"', "linear"]),
    (("train", "DATA", "-o", "out", "--model", "linear", "--preset", "notebook"), ["no preset"]),
    (("train", "DATA", "-o", "out", "--set", "epoch=3"), ['no setting "epoch"']),
    (("train", "DATA", "-o", "out", "--set", "seed"), ["seed=VALUE"]),
    (("train", "DATA", "-o", "out", "--config", "nowhere.json"), ["nowhere.json"]),
    (("train", "DATA", "-o", "out", "--model", "neural", "--preset", "notebook"), ["400"]),
    (("info", "nowhere"), ["neither a dataset nor a model"]),
    (("ingest", "nowhere.csv", "-o", "out"), ["nowhere.csv"]),
    (("frobnicate",), ["frobnicate"]),
]


@pytest.mark.parametrize(("command", "words"), QUESTIONS, ids=lambda value: " ".join(map(str, value))[:60])
def test_a_wrong_question_gets_one_message(run, demo_model, demo_data, tmp_path, monkeypatch, command, words):
    monkeypatch.chdir(tmp_path)
    places = {"MODEL": str(demo_model), "DATA": str(demo_data)}
    ran = run(*(places.get(word, word) for word in command))
    assert ran.code == 2, ran
    assert ran.out == ""
    assert "Traceback" not in ran.err
    for text in words:
        assert text in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["truncated array", "truncated json", "foreign json", "newer", "missing array"])
def test_a_damaged_model_is_named_as_such(run, demo_model, tmp_path, damage):
    import shutil

    copy = tmp_path / "model"
    shutil.copytree(demo_model, copy)
    marker = copy / "model.json"
    array = sorted((copy / "model").glob("*.npy"))[0]
    if damage == "truncated array":
        array.write_bytes(array.read_bytes()[: array.stat().st_size // 2])
    elif damage == "missing array":
        array.unlink()
    elif damage == "truncated json":
        marker.write_text(marker.read_text()[:100])
    elif damage == "foreign json":
        marker.write_text('{"format": "something else", "format_version": 1}')
    elif damage == "newer":
        marker.write_text(marker.read_text().replace('"format_version": 2', '"format_version": 99'))
    ran = run("similar-items", copy, "Death Note")
    assert ran.code == 2
    assert ("update konomi" if damage == "newer" else "again") in ran.err


@pytest.mark.parametrize("moment", ["the first array", "the catalog"])
def test_a_full_disk_leaves_the_old_dataset_whole(run, tmp_path, monkeypatch, moment):
    import polars as pl

    ratings = tmp_path / "animelist.csv"
    ratings.write_text(GOOD)
    assert run("ingest", ratings, "-o", tmp_path / "data").code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if moment == "the first array":
        monkeypatch.setattr(np, "save", full)
    else:
        monkeypatch.setattr(pl.DataFrame, "write_ipc", full)
    ran = run("ingest", ratings, "-o", tmp_path / "data")
    assert ran.code == 2
    assert "No space left" in ran.err
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")) == [
        "animelist.csv",
        "data",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_named(run, tmp_path):
    ratings = tmp_path / "animelist.csv"
    ratings.write_text(GOOD)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    ran = run("ingest", ratings, "-o", closed / "data")
    assert ran.code == 2
    assert "closed" in ran.err


def test_a_file_in_the_place_of_the_folder_is_not_overwritten(run, tmp_path):
    ratings = tmp_path / "animelist.csv"
    ratings.write_text(GOOD)
    ran = run("ingest", ratings, "-o", ratings)
    assert ran.code == 2
    assert ratings.read_text() == GOOD


def test_a_folder_of_something_else_is_not_replaced(run, tmp_path):
    ratings = tmp_path / "animelist.csv"
    ratings.write_text(GOOD)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.png").write_bytes(b"meow")
    ran = run("ingest", ratings, "-o", photos)
    assert ran.code == 2
    assert (photos / "cat.png").read_bytes() == b"meow"


def test_ctrl_c_in_training_ends_with_130_and_keeps_the_old_model(demo_data, tmp_path):
    out = tmp_path / "model"
    command = [sys.executable, "-m", "konomi", "train", str(demo_data), "-o", str(out), "--model", "neural"]
    command += ["--set", "epochs=100000", "--set", "patience=100000"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=default_signals
    )
    checkpoint = tmp_path / "model.checkpoint"
    for _ in range(1200):
        if checkpoint.exists() or running.poll() is not None:
            break
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert not out.exists()
    assert checkpoint.exists()
