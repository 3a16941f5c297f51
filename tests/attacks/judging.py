"""What a command left behind, judged by what was there before and what it leaves when it is let alone."""

import re
from pathlib import Path

from .lab import Unbroken
from .outcomes import Broke, Held
from .processes import Ended, Zygote
from .scenes import Scene
from .trees import Tree, difference, part, tree

# The only hidden names that konomi may use, next to an output.
_HIDDEN = re.compile(r"\.[^/]+\.konomi-[^/]+")

Judged = tuple[Held | Broke, str]


def after_kill(
    unbroken: Unbroken, scene: Scene, folder: Path, zygote: Zygote, *, may_be_hidden: bool = False
) -> Judged:
    """Each output is whole, and the command, run again, ends as if it had not been killed.

    may_be_hidden : between two renames a result may be under konomi's hidden name, if konomi reads it there.
    """
    now = tree(folder)
    states = {output: _state(unbroken, now, output) for output in scene.outputs}
    for output, state in states.items():
        if state in ("earlier", "new"):
            continue
        if may_be_hidden and state == "gone" and _is_aside(unbroken, now, output):
            told = zygote.konomi("info", output, folder=folder)
            if told.code == 0:
                continue
            return Broke.FALSE_MESSAGE, f"{output} is whole under its hidden name: {told}"
        kind = Broke.LOST if state == "gone" else Broke.MIXED
        return kind, difference(part(unbroken.after, output), part(now, output))
    touched = _others(unbroken.before, now, scene)
    if touched:
        return Broke.TOUCHED, touched
    names = _unknown_names(unbroken, now, scene)
    again = _run_again(unbroken, scene, folder, zygote, done="earlier" not in states.values())
    if again is not None:
        return again
    if names:
        return Broke.NAME, names
    return (Held.NEW if set(states.values()) == {"new"} else Held.EARLIER), ""


def after_fault(unbroken: Unbroken, scene: Scene, folder: Path, zygote: Zygote, ended: Ended) -> Judged:
    """The command says truly whether it succeeded, each output is whole, and a later run succeeds."""
    if ended.code is None:
        return Broke.HANG, ""
    if ended.code < 0:
        return Broke.SIGNAL, str(ended)
    if ended.has_traceback:
        return Broke.TRACEBACK, str(ended)
    if ended.code != 0 and not ended.is_one_message:
        return Broke.SEVERAL_MESSAGES, str(ended)
    now = tree(folder)
    states = {output: _state(unbroken, now, output) for output in scene.outputs}
    wanted = {"new"} if ended.code == 0 else {"earlier", "new"}
    for output, state in states.items():
        if state not in wanted:
            kind = {"gone": Broke.LOST, "earlier": Broke.FALSE_MESSAGE}.get(state, Broke.MIXED)
            return kind, f"{output} is {state}: {ended}"
    if ended.code == 2 and set(states.values()) == {"new"} and "unchanged" in ended.err:
        return Broke.FALSE_MESSAGE, str(ended)
    if ended.code == 2 and re.search(r"damaged|another run|train it again|ingest the ratings again", ended.err):
        return Broke.FALSE_MESSAGE, str(ended)
    touched = _others(unbroken.before, now, scene)
    if touched:
        return Broke.TOUCHED, touched
    again = _run_again(unbroken, scene, folder, zygote, done="earlier" not in states.values())
    if again is not None:
        return again
    return (Held.NEW if ended.code == 0 else Held.EARLIER), ""


def _state(unbroken: Unbroken, now: Tree, output: str) -> str:
    there, earlier, new = (part(one, output) for one in (now, unbroken.before, unbroken.after))
    if there == new:
        return "new"
    if there == earlier:
        return "earlier"
    return "gone" if not there else "half"


def _is_aside(unbroken: Unbroken, now: Tree, output: str) -> bool:
    """Whether the earlier or the new result is whole somewhere under a hidden name of konomi's."""
    wanted = [
        {path.removeprefix(output): what for path, what in part(one, output).items()}
        for one in (unbroken.before, unbroken.after)
    ]
    places = {path for path, what in now.items() if what == "folder" and _HIDDEN.fullmatch(path.split("/")[0])}
    return any({path.removeprefix(at): what for path, what in part(now, at).items()} in wanted for at in places)


def _others(before: Tree, now: Tree, scene: Scene) -> str:
    """Paths from before that are no output and differ."""
    mine = {path for output in scene.outputs for path in part(before, output)}
    kept = {path: what for path, what in before.items() if path not in mine}
    return difference(kept, {path: now[path] for path in kept if path in now})


def _unknown_names(unbroken: Unbroken, now: Tree, scene: Scene) -> str:
    """Paths that are neither from before nor outputs nor of the hidden names that konomi may use."""
    allowed = {*scene.outputs, *scene.between}
    known = unbroken.before.keys() | unbroken.after.keys()
    unknown = sorted(
        path
        for path in now.keys() - known
        if path.split("/")[0] not in allowed and not any(_HIDDEN.fullmatch(name) for name in path.split("/"))
    )
    return ", ".join(unknown[:3])


def _run_again(unbroken: Unbroken, scene: Scene, folder: Path, zygote: Zygote, *, done: bool) -> Judged | None:
    ended = zygote.konomi(*scene.command, folder=folder)
    if ended.code != 0 and not (ended.code == 2 and done and scene.again_fails):
        return Broke.STUCK, str(ended)
    now = tree(folder)
    for output in scene.outputs:
        if part(now, output) != part(unbroken.after, output):
            return Broke.OTHER_BITS, difference(part(now, output), part(unbroken.after, output))
    left = sorted(now.keys() - unbroken.after.keys())
    if left:
        return Broke.LEFTOVER, ", ".join(left[:3])
    return None
