"""Files of the user's own wherever a command writes or cleans up: none of them is changed or removed."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from .foreign_cases import MINE, Case
from .lab import Lab, Plan
from .outcomes import Broke, Held, Trial
from .processes import Ended, Zygote
from .trees import Tree, difference, part, tree


def of_cases(lab: Lab, cases: Iterable[Case]) -> Iterator[Plan]:
    """The cases whose command this konomi has."""
    for case in cases:
        if case.arguments[0] in lab.commands:
            yield _plan(lab, case)


def _plan(lab: Lab, case: Case) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        with lab.stage(case.before) as folder:
            _put(case, folder)
            before = tree(folder)
            ended = zygote.konomi(*case.arguments, folder=folder)
            outcome, evidence = _judged(case, before, tree(folder), ended)
        return [Trial("foreign", case.command, case.place, outcome, evidence)]

    return plan


def _put(case: Case, folder: Path) -> None:
    for name in case.mine:
        path = folder / (f"{name}thesis.txt" if name.endswith("/") else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MINE)
    if case.prepare is not None:
        case.prepare(folder)


def _judged(case: Case, before: Tree, now: Tree, ended: Ended) -> tuple[Held | Broke, str]:
    names = [name.rstrip("/") for name in (*case.mine, *case.kept)]
    kept = {path: what for name in names for path, what in part(before, name).items()}
    touched = difference(kept, {path: now[path] for path in kept if path in now})
    if ended.code is None:
        return Broke.HANG, ""
    if ended.code < 0:
        return Broke.SIGNAL, str(ended)
    if touched:
        return Broke.TOUCHED, f"{touched}: {ended}"
    if ended.has_traceback:
        return Broke.TRACEBACK, str(ended)
    if ended.code == 0:
        return (Broke.TOUCHED, f"not refused: {ended}") if case.must_refuse else (Held.DONE, "")
    if not ended.is_one_message:
        return Broke.SEVERAL_MESSAGES, str(ended)
    if now != before:
        return Broke.TOUCHED, f"refused, and yet changed {difference(before, now)}"
    return Held.REFUSED, ""
