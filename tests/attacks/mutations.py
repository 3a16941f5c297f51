"""Damaged models, datasets and checkpoints: each is refused, answers as before, or is told by `konomi verify`."""

import random
from collections.abc import Iterator

from . import mutants
from .lab import Lab, Plan
from .outcomes import Broke, Held, Trial
from .probing import Found, batches, probe, without_end
from .processes import Ended, Zygote
from .things import LEAVING

# What is damaged: its kind, the lab's thing, another thing of its kind, and its share of all trials.
SUBJECTS = (
    ("model", "model", "old-model", 0.5),
    ("model", "spectral", "old-spectral", 0.1),
    ("model", "neural", "old-neural", 0.1),
    ("dataset", "data", "old-data", 0.2),
    ("checkpoint", "checkpoint", "old-checkpoint", 0.1),
)


def of_folders(lab: Lab, *, trials: int, seed: int) -> Iterator[Plan]:
    """About `trials` damaged folders, asked in process."""
    for kind, intact, other, share in SUBJECTS:
        for batch in batches(max(1, round(trials * share))):
            yield _batch(lab, kind, intact, other, seed, batch)


def by_command(lab: Lab, *, trials: int, seed: int) -> Iterator[Plan]:
    """`trials` damaged models, each asked by commands."""
    for n in range(trials):
        yield _by_command(lab, n, seed)


def _batch(lab: Lab, kind: str, intact: str, other: str, seed: int, trials: range) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        arguments = {"kind": kind, "intact": str(lab.thing(intact)), "other": str(lab.thing(other)), "seed": seed}
        made = []
        for trial, what, found in probe(lab, zygote, "attacks.answers:probe", arguments, {"data": "data"}, trials):
            how = f"trial {trial}{', forged' if what['forged'] else ''}: {what['damage']}"
            outcome, evidence = without_end(found) if isinstance(found, Ended) else _judged(kind, what, found)
            made.append(Trial("damage", intact, how, outcome, evidence))
        return made

    return plan


def _judged(kind: str, what: Found, found: Found) -> tuple[Held | Broke, str]:
    answered, seen, verified = found["answered"], str(found["seen"]), found["verified"]
    if answered == "traceback":
        return Broke.TRACEBACK, seen
    if verified not in (None, 0, 2):
        return Broke.TRACEBACK, "of konomi verify, or not one message"
    if found["changed"] and not what["forged"]:
        if answered == "other" and kind == "checkpoint":
            return Broke.OTHER_BITS, "the training went on from a damaged checkpoint"
        if answered == "other" and verified is None:
            return Broke.SILENT, ""
        if verified == 0:
            return Broke.VERIFY, seen
    if not found["changed"] and (answered != "same" or verified == 2):
        return Broke.FALSE_ALARM, seen
    if answered == "other":
        return (Held.RESEALED if what["forged"] else Held.CAUGHT), ""
    return (Held.SAME if answered == "same" else Held.REFUSED), ""


def _by_command(lab: Lab, n: int, seed: int) -> Plan:
    commands: tuple[tuple[object, ...], ...] = (
        ("similar-items", "m", "1"),
        ("similar-users", "m", str(LEAVING)),
        ("recommend", "m", "--user", str(LEAVING), "--why"),
        ("info", "m"),
        ("update", "m", "--forget", str(LEAVING), "-o", "m2"),
        ("recommend", "m", "--all", "-o", "all.parquet"),
        ("map", "m"),
        *((("verify", "m"),) if "verify" in lab.commands else ()),
    )

    def plan(zygote: Zygote) -> list[Trial]:
        rng = random.Random(f"{seed} command {n}")
        with lab.stage({"m": "model"}) as folder:
            what = mutants.mutate(rng, folder / "m", lab.thing("old-model"))
            forged = rng.random() < 0.5
            if forged:
                mutants.forge(folder / "m")
            trials = []
            for command in rng.sample(commands, 3):
                ended = zygote.konomi(*command, folder=folder, timeout_seconds=60)
                outcome, evidence = _of_command(ended)
                how = f"trial {n}{', forged' if forged else ''}: {what}; {' '.join(map(str, command))}"
                trials.append(Trial("damage", "model, by commands", how, outcome, evidence))
        return trials

    return plan


def _of_command(ended: Ended) -> tuple[Held | Broke, str]:
    if ended.code is None:
        return Broke.HANG, ""
    if ended.code < 0:
        return Broke.SIGNAL, f"signal {-ended.code}"
    if ended.has_traceback:
        return Broke.TRACEBACK, str(ended)
    if "\x1b" in ended.out + ended.err:
        return Broke.ESCAPE, repr(str(ended))
    if ended.code == 0:
        return Held.DONE, ""
    return (Held.REFUSED, "") if ended.is_one_message else (Broke.SEVERAL_MESSAGES, str(ended))
