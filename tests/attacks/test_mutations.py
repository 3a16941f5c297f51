"""A few damaged folders of each kind; `make attack` makes 5,000."""

from . import mutations
from .outcomes import broken
from .running import carry_out


def test_a_damaged_folder_never_answers_otherwise_in_silence(lab):
    assert broken(carry_out(lab, mutations.of_folders(lab, trials=40, seed=1))) == ""


def test_a_command_on_a_damaged_model_ends_with_0_or_one_message(lab):
    assert broken(carry_out(lab, mutations.by_command(lab, trials=3, seed=1))) == ""
