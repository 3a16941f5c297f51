"""One command in another environment; `make attack` runs more commands in more of them."""

from . import bits
from .outcomes import broken
from .running import carry_out


def test_threads_and_hash_seed_change_no_bit(lab):
    plans = bits.of_environments(lab, lab.scenes("train linear"), "hash seed 2, one thread")
    assert broken(carry_out(lab, plans)) == ""
