"""Two commands at once on the same folders: the result is that of some order, or one of them is refused."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .lab import Lab, Plan
from .outcomes import Broke, Held, Trial
from .processes import Ended, Zygote
from .things import ALSO_LEAVING, LEAVING, NEURAL
from .trees import Tree, difference, tree

_M = {"m": "model", "d": "data", "new.csv": "new-ratings.csv", "old.csv": "old-ratings.csv", "r.csv": "ratings.csv"}
_TRAIN = ("train", "d", "-o", "m", "--model", "linear", "--set", "regularization=20")
_TRAIN_OTHER = ("train", "d", "-o", "m", "--model", "linear", "--set", "regularization=30")
_INGEST_OLD = ("ingest", "old.csv", "-o", "d")
_FORGET = ("update", "m", "--forget", str(LEAVING))
PAIRS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (_FORGET, ("update", "m", "--forget", str(ALSO_LEAVING))),
    (_FORGET, _TRAIN),
    (_FORGET, ("update", "m", "--add", "new.csv")),
    (_TRAIN, _TRAIN_OTHER),
    (_INGEST_OLD, _TRAIN),
    (_INGEST_OLD, ("ingest", "r.csv", "-o", "d")),
    (("train", "d", "-o", "m", *NEURAL), _TRAIN),
    (("train", "d", "-o", "m", *NEURAL), ("train", "d", "-o", "m", *NEURAL)),
    (_TRAIN, ("recommend", "m", "--all", "-o", "all.parquet")),
    (_INGEST_OLD, ("evaluate", "d", "-o", "report", "--models", "popularity")),
    (("map", "m", "-o", "map.html"), _FORGET),
    (("forget", str(LEAVING), "m", "d"), ("forget", str(ALSO_LEAVING), "m", "d")),
    (("forget", str(LEAVING), "m", "d"), _TRAIN),
    (("forget", str(LEAVING), "m", "d"), _INGEST_OLD),
    (("forget", str(LEAVING), "m", "d"), ("update", "m", "--add", "new.csv")),
)
_TIME_LIMIT = 60


@dataclass(frozen=True)
class _Order:
    """What two commands leave, one after the other (or one alone: the other's code is None)."""

    codes: tuple[int | None, int | None]
    left: Tree


def of_pairs(lab: Lab, *, trials: int, seed: int) -> Iterator[Plan]:
    """`trials` pairs of commands started at nearly the same time."""
    pairs = [pair for pair in PAIRS if all(one[0] in lab.commands for one in pair)]
    for n in range(trials):
        yield _pair(lab, *pairs[n % len(pairs)], np.random.default_rng([seed, n]))


def of_opening(lab: Lab, *, seconds: float) -> Iterator[Plan]:
    """A dataset, and a model, opened again and again while it is replaced: each time it is one of the versions."""
    for kind, one, other in (("dataset", "data", "old-data"), ("model", "model", "old-model")):
        yield _opening(lab, kind, one, other, seconds)


def _pair(lab: Lab, first: tuple[str, ...], second: tuple[str, ...], rng: np.random.Generator) -> Plan:
    subject = f"{_short(first)} / {_short(second)}"

    def plan(zygote: Zygote) -> list[Trial]:
        orders = lab.once("orders", subject, lambda: _orders(lab, first, second, zygote))
        duration = lab.once("duration", subject, lambda: _duration(lab, first, zygote))
        pause = float(rng.choice((0.0, rng.uniform(0, 0.05), *rng.uniform(0, duration, 3))))
        with lab.stage(_M) as folder:
            one = zygote.start("konomi", list(first), folder=folder)
            time.sleep(pause)
            two = zygote.start("konomi", list(second), folder=folder)
            ended = one.wait(_TIME_LIMIT), two.wait(_TIME_LIMIT)
            outcome, evidence = _judged(orders, ended, tree(folder))
        return [Trial("race", subject, f"the second {pause:.3f} s later", outcome, evidence)]

    return plan


def _short(command: tuple[str, ...]) -> str:
    if command[0] == "update":
        return f"update {command[2]}"
    if command[0] == "train":
        return "train neural" if "neural" in command else "train"
    return command[0]


def _orders(lab: Lab, first: tuple[str, ...], second: tuple[str, ...], zygote: Zygote) -> list[_Order]:
    found = []
    for sequence in ((0, 1), (1, 0), (0,), (1,)):
        codes: list[int | None] = [None, None]
        with lab.stage(_M) as folder:
            for which in sequence:
                codes[which] = zygote.konomi(*(first, second)[which], folder=folder).code
            found.append(_Order((codes[0], codes[1]), tree(folder)))
    return found


def _duration(lab: Lab, command: tuple[str, ...], zygote: Zygote) -> float:
    with lab.stage(_M) as folder:
        return zygote.konomi(*command, folder=folder).seconds


def _judged(orders: list[_Order], ended: tuple[Ended, Ended], left: Tree) -> tuple[Held | Broke, str]:
    codes = (ended[0].code, ended[1].code)
    evidence = f"{ended[0]} {ended[1]}"
    if None in codes:
        return Broke.HANG, evidence
    if any(code is not None and code < 0 for code in codes):
        return Broke.SIGNAL, evidence
    if any(one.has_traceback for one in ended):
        return Broke.TRACEBACK, evidence
    if any(one.code != 0 and not one.is_one_message for one in ended):
        return Broke.SEVERAL_MESSAGES, evidence
    if any(order.codes == codes and order.left == left for order in orders):
        return Held.SOME_ORDER, ""
    alone = [order for order in orders if None in order.codes]
    for order in alone:
        refused = order.codes.index(None)
        if codes[refused] == 2 and codes[1 - refused] == order.codes[1 - refused] and left == order.left:
            return Held.ONE_REFUSED, ""
    nearest = min(orders, key=lambda order: len(left.items() ^ order.left.items()))
    hidden = [path for path in left.keys() - nearest.left.keys() if path.startswith(".")]
    if hidden and {path: what for path, what in left.items() if path not in hidden} == nearest.left:
        return Broke.LEFTOVER, ", ".join(sorted(hidden)[:3])
    ran = " and the ".join(
        name for name, code in zip(("first", "second"), nearest.codes, strict=True) if code is not None
    )
    differs = difference(left, nearest.left)
    return Broke.UPDATE_LOST, f"{'nearly ' if differs else ''}as after the {ran} alone {differs}: {evidence}"


def _opening(lab: Lab, kind: str, one: str, other: str, seconds: float) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        with lab.stage({"now": one, "one": one, "other": other}) as folder:
            arguments = {"folder": str(folder), "kind": kind, "seconds": seconds}
            writer = zygote.start("attacks.readers:replace", arguments, folder=folder)
            reader = zygote.start("attacks.readers:open_repeatedly", arguments, folder=folder)
            read, wrote = reader.wait(seconds + 60), writer.wait(60)
        if wrote.code != 0 or read.code != 0:
            return [Trial("race", f"open {kind}", "while it is replaced", Broke.TRACEBACK, f"{wrote} {read}")]
        trials = []
        for line in read.out.splitlines():
            what, _, evidence = line.partition(" ")
            outcome = {"whole": Held.SAME, "mixed": Broke.MIXED, "refused": Broke.FALSE_MESSAGE}[what]
            trials.append(Trial("race", f"open {kind}", "while it is replaced", outcome, evidence))
        return trials

    return plan
