"""`python -m tests.attacks`: the long part, and one table of all trials at the end."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import bits, faults, foreign, fuzzing, kills, mutations, races, tracing
from .foreign_cases import cases
from .lab import Lab, Plan
from .outcomes import Trial, first_of_each, table
from .running import carry_out
from .scenes import Scene

# Of the time that is given, the share of each attack; what one leaves goes to the next.
_SHARES = {
    "foreign": 0.06,
    "kills": 0.3,
    "faults": 0.3,
    "mutations": 0.2,
    "races": 0.07,
    "fuzz": 0.04,
    "bits": 0.03,
}


def main(arguments: list[str] | None = None) -> int:
    """Make the attacks and print the table; the exit code is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description="Attack the konomi on PYTHONPATH.")
    parser.add_argument("--only", default=",".join(_SHARES), help="attacks, with commas between: %(default)s")
    parser.add_argument("--trials", type=float, default=1.0, help="a factor on the number of trials, such as 0.1")
    parser.add_argument("--minutes", type=float, default=36.0, help="begin no trial after this time (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is random (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="trials side by side (%(default)s)")
    parser.add_argument("--scratch", type=Path, default=None, help="a folder for scratch files")
    given = parser.parse_args(arguments)
    chosen = given.only.split(",")
    if unknown := set(chosen) - set(_SHARES):
        parser.error(f"no attack {', '.join(sorted(unknown))}; there are {', '.join(_SHARES)}")
    root = Path(tempfile.mkdtemp(prefix="konomi-attacks-", dir=given.scratch))
    begun = time.monotonic()
    trials: list[Trial] = []
    try:
        lab = Lab(root, given.jobs)
        try:
            for name, plans, until in _attacks(lab, chosen, given):
                seconds = max(0.0, begun + until - time.monotonic())
                print(f"\n{name}: at most {seconds / 60:.1f} minutes", file=sys.stderr, flush=True)
                trials.extend(carry_out(lab, plans, seconds=seconds, loud=True))
        finally:
            lab.close()
    finally:
        shutil.rmtree(root, ignore_errors=True)
        # What was tried until then is told after a Ctrl-C, too.
        _print(trials, given, minutes=(time.monotonic() - begun) / 60)
    return int(any(one.broke for one in trials))


def _print(trials: list[Trial], given: argparse.Namespace, *, minutes: float) -> None:
    import konomi

    where = Path(konomi.__file__).parent
    print(f"\n\n{table(trials)}\n\n{first_of_each(trials)}\n")
    print(f"konomi {konomi.__version__} in {where}, seed {given.seed}, {minutes:.1f} minutes, ", end="")
    print(f"{given.jobs} side by side on {os.cpu_count()} processors")
    if reason := tracing.why_not():
        print(f"Not tried: faults, and kills at system calls ({reason})")


def _attacks(lab: Lab, chosen: list[str], given: argparse.Namespace) -> Iterator[tuple[str, Iterator[Plan], float]]:
    """Each chosen attack with its plans, and when it ends, in seconds from the start."""
    everything: dict[str, Callable[[], Iterator[Plan]]] = {
        "foreign": lambda: foreign.of_cases(lab, cases()),
        "kills": lambda: _kills(lab, given.trials, given.seed),
        "faults": lambda: _faults(lab, given.trials, given.seed),
        "mutations": lambda: _mutations(lab, given.trials, given.seed),
        "races": lambda: _races(lab, given.trials, given.seed),
        "fuzz": lambda: _fuzz(lab, given.trials, given.seed),
        "bits": lambda: bits.of_environments(lab, _training(lab)),
    }
    total, until = sum(_SHARES[name] for name in chosen), 0.0
    for name in chosen:
        until += _SHARES[name] / total * given.minutes * 60
        yield name, everything[name](), until


def _kills(lab: Lab, factor: float, seed: int) -> Iterator[Plan]:
    yield from kills.at_random_moments(lab, lab.scenes(), trials=_n(20, factor), seed=seed)
    if not tracing.why_not():
        yield from kills.at_calls(lab, lab.scenes(), trials=_n(40, factor), seed=seed)
        folders = [one for one in lab.scenes() if one.outputs[0] in ("d", "m")]
        yield from kills.at_calls_without_exchange(lab, folders, trials=_n(20, factor), seed=seed)


def _faults(lab: Lab, factor: float, seed: int) -> Iterator[Plan]:
    if not tracing.why_not():
        yield from faults.of_file_systems(lab, lab.scenes())
        yield from faults.of_one_call(lab, lab.scenes(), trials=_n(70, factor), seed=seed)


def _mutations(lab: Lab, factor: float, seed: int) -> Iterator[Plan]:
    yield from mutations.of_folders(lab, trials=_n(5000, factor), seed=seed)
    yield from mutations.by_command(lab, trials=_n(100, factor), seed=seed)


def _races(lab: Lab, factor: float, seed: int) -> Iterator[Plan]:
    yield from races.of_pairs(lab, trials=_n(105, factor), seed=seed)
    yield from races.of_opening(lab, seconds=30 * factor)


def _fuzz(lab: Lab, factor: float, seed: int) -> Iterator[Plan]:
    yield from fuzzing.of_bombs(lab)
    yield from fuzzing.of_formats(lab, trials=_n(3000, factor), seed=seed)


def _training(lab: Lab) -> list[Scene]:
    return lab.scenes("ingest", "train linear", "train spectral", "train neural", "recommend --all")


def _n(trials: int, factor: float) -> int:
    return max(1, round(trials * factor))


if __name__ == "__main__":
    sys.exit(main())
