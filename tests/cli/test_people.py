"""`konomi update` and `konomi forget` as they are typed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import people

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset

Run = Callable[..., Any]


@pytest.fixture
def model(demo_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_model, tmp_path / "model"))


@pytest.fixture
def data(demo_data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_data, tmp_path / "data"))


@pytest.fixture
def user(demo_data: Path) -> int:
    return int(Dataset.open(demo_data).ratings.users.ids[5])


def test_forget_acts_on_model_and_dataset(run: Run, model: Path, data: Path, user: int) -> None:
    ran = run("forget", user, model, data)
    assert (ran.code, ran.out) == (0, f"Forgot 1 user in {model}.\nForgot 1 user in {data}.\n")
    assert user not in Artifact.open(model).dataset.ratings.users.ids
    assert user not in Dataset.open(data).ratings.users.ids


def test_forget_prints_the_proof(run: Run, model: Path, data: Path, user: int) -> None:
    ran = run("forget", user, model, data, "--prove")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()[3:]] == ["ok"] * 4
    assert f"equal to training on {data}" in ran.out


def test_a_proof_that_fails_ends_with_2_and_says_where(run: Run, model: Path, data: Path, user: int) -> None:
    people.miscounted(model)
    ran = run("forget", user, model, data, "--prove")
    assert ran.code == 2
    assert "FAIL" in ran.err
    assert "update/gram" in ran.err


def test_forgetting_several_users(run: Run, data: Path, user: int) -> None:
    other = int(Dataset.open(data).ratings.users.ids[6])
    ran = run("forget", user, data, "--user", other)
    assert ran.out.startswith(f"Forgot 2 users in {data}.\nNote: models that were trained from the dataset")


def test_an_unknown_user_is_one_message(run: Run, model: Path, data: Path) -> None:
    ran = run("forget", 99999999, model, data)
    assert (ran.code, ran.err) == (
        2,
        f"konomi: no user 99999999 in {model} or {data}; nothing was changed\n",
    )


def test_update_forget_names_the_command_for_both(run: Run, model: Path, user: int) -> None:
    ran = run("update", model, "--forget", user)
    assert ran.code == 0
    assert f"Added 0, changed 0, forgot 1: {model}" in ran.out
    assert f"konomi forget {user} {model} DATASET" in ran.out
