"""The user's own files near some outputs; `make attack` tries every command with every place."""

import pytest

from . import foreign
from .foreign_cases import cases
from .outcomes import broken
from .running import carry_out


@pytest.mark.parametrize("command", ["train popularity", "synth csv"])
def test_no_file_of_the_users_own_is_touched(lab, command):
    chosen = [one for one in cases() if one.command == command]
    assert broken(carry_out(lab, foreign.of_cases(lab, chosen))) == ""


def test_no_input_is_overwritten_by_an_output(lab):
    chosen = [one for one in cases() if one.command == "ingest" and "put" in one.place and "next" not in one.place]
    assert broken(carry_out(lab, foreign.of_cases(lab, chosen))) == ""
