"""Some damaged inputs of each format; `make attack` makes 3,000."""

from . import fuzzing
from .outcomes import broken
from .running import carry_out


def test_a_damaged_input_is_read_or_refused_in_one_message(lab):
    assert broken(carry_out(lab, fuzzing.of_formats(lab, trials=126, seed=1))) == ""
