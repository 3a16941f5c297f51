"""A few faults of each kind; `make attack` makes many."""

import pytest

from . import faults
from .outcomes import broken
from .running import carry_out

pytestmark = pytest.mark.usefixtures("strace")


@pytest.mark.parametrize("scene", ["train linear", "update --forget", "synth csv"])
def test_a_system_call_that_fails_ends_in_one_true_message(lab, scene):
    assert broken(carry_out(lab, faults.of_one_call(lab, lab.scenes(scene), trials=2, seed=1))) == ""


def test_a_file_system_without_exchange_and_locks_is_written_too(lab):
    plans = faults.of_file_systems(lab, lab.scenes("train linear"), "neither exchange nor locks")
    assert broken(carry_out(lab, plans)) == ""
