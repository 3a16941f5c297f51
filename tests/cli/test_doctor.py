"""`konomi doctor`: the checks of this machine."""

import pytest

from konomi import memory
from konomi.errors import TrainingError


def test_doctor_finds_this_machine_fit(run):
    ran = run("doctor")
    assert ran.code == 0
    assert "FAIL" not in ran.out


def test_doctor_and_the_planner_see_the_same_free_memory(run, monkeypatch):
    """A limit of the container, which the system's own count of free pages does not know."""
    monkeypatch.setattr(memory, "_left_in_container", lambda: 700_000_000)
    ran = run("doctor")
    assert ran.code == 2
    assert "FAIL  memory             700 MB free: close other programs" in ran.out
    with pytest.raises(TrainingError, match="700 MB are free"):
        memory.require(memory.Need("training", {"all": 10**9}), advice="less")
