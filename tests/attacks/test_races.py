"""A few pairs of commands at once; `make attack` makes 100."""

from . import races
from .outcomes import broken
from .running import carry_out


def test_two_commands_at_once_end_as_one_after_the_other_or_one_is_refused(lab):
    assert broken(carry_out(lab, races.of_pairs(lab, trials=2, seed=3))) == ""


def test_a_folder_opened_while_it_is_replaced_is_one_of_the_versions(lab):
    assert broken(carry_out(lab, races.of_opening(lab, seconds=1))) == ""
