"""A few kills of each kind; `make attack` makes many. Kills at random moments: see tests/test_killed.py."""

import pytest

from . import kills
from .outcomes import broken
from .running import carry_out

pytestmark = pytest.mark.usefixtures("strace")


@pytest.mark.parametrize("scene", ["train linear", "update --forget", "forget"])
def test_a_command_killed_while_folders_change_places_leaves_a_whole_one(lab, scene):
    assert broken(carry_out(lab, kills.at_calls(lab, lab.scenes(scene), trials=2, seed=1))) == ""


def test_a_command_killed_while_two_files_change_places_leaves_whole_ones(lab):
    assert broken(carry_out(lab, kills.at_calls(lab, lab.scenes("synth csv"), trials=2, seed=1))) == ""


def test_a_network_killed_between_epochs_goes_on_to_the_same_bits(lab):
    assert broken(carry_out(lab, kills.at_calls(lab, lab.scenes("train neural"), trials=1, seed=2))) == ""


def test_a_kill_where_folders_cannot_change_places_in_one_step_loses_nothing(lab):
    plans = kills.at_calls_without_exchange(lab, lab.scenes("train linear"), trials=2, seed=1)
    assert broken(carry_out(lab, plans)) == ""
