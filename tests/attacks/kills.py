"""Commands killed at random moments and at each system call that changes files, and run again."""

from collections.abc import Iterator

import numpy as np

from . import judging, tracing
from .lab import Lab, Plan
from .outcomes import Held, Trial
from .processes import Zygote
from .scenes import Scene

# A kill just before each of these calls leaves each state that the files of a scene pass through.
_IN_ORDER = (
    {"rename", "renameat", "renameat2"},
    {"unlink", "rmdir", "symlink", "link", "mkdir"},
    {"unlinkat", "openat", "write", "fsync", "flock", "ftruncate"},
)
_NO_EXCHANGE = ("renameat2:error=ENOSYS",)


def at_random_moments(lab: Lab, scenes: list[Scene], *, trials: int, seed: int) -> Iterator[Plan]:
    """`trials` kills of each scene's command, evenly over its duration."""
    moments = np.random.default_rng(seed).uniform(0, 1.05, (trials, len(scenes)))
    for row in moments.tolist():
        for scene, moment in zip(scenes, row, strict=True):
            yield _at_moment(lab, scene, moment)


def at_calls(lab: Lab, scenes: list[Scene], *, trials: int, seed: int) -> Iterator[Plan]:
    """Kills just before `trials` of the calls with which each scene's command changes files, renames first."""
    for n in range(trials):
        for scene in scenes:
            yield _at_call(lab, scene, n, seed, without_exchange=False)


def at_calls_without_exchange(lab: Lab, scenes: list[Scene], *, trials: int, seed: int) -> Iterator[Plan]:
    """The same where renameat2 fails, as on file systems without it."""
    for n in range(trials):
        for scene in scenes:
            yield _at_call(lab, scene, n, seed, without_exchange=True)


def _at_moment(lab: Lab, scene: Scene, moment: float) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        unbroken = lab.unbroken(scene, zygote)
        how = f"killed after {moment:.3f} of its duration"
        with lab.stage(scene.before) as folder:
            job = zygote.start("konomi", list(scene.command), folder=folder)
            ended = job.wait(moment * unbroken.seconds)
            if ended.code is not None:
                return [Trial("kill", scene.name, f"{how}, but it had ended", Held.DONE)]
            outcome, evidence = judging.after_kill(unbroken, scene, folder, zygote)
            return [Trial("kill", scene.name, how, outcome, evidence)]

    return plan


def _at_call(lab: Lab, scene: Scene, n: int, seed: int, *, without_exchange: bool) -> Plan:
    """A kill at the n-th call of the scene, in a random order; nothing if there are fewer."""
    always = _NO_EXCHANGE if without_exchange else ()

    def plan(zygote: Zygote) -> list[Trial]:
        unbroken = lab.unbroken(scene, zygote)
        calls = tracing.calls_of(lab, scene, zygote, injections=always)
        rng = np.random.default_rng(seed)
        order = []
        for names in _IN_ORDER:
            these = [one for one in calls if one.name in names]
            order += [these[k] for k in rng.permutation(len(these))]
        if without_exchange:  # only one injection for each call
            order = [one for one in order if one.name != "renameat2"]
        if n >= len(order):
            return []
        call = order[n]
        kill = f"{call.name}:signal=SIGKILL:when={call.number}"
        with lab.stage(scene.before) as folder:
            ended, _ = tracing.traced(zygote, scene, folder, (kill, *always))
            if ended.code != -9:
                return []
            outcome, evidence = judging.after_kill(unbroken, scene, folder, zygote, may_be_hidden=without_exchange)
        subject = f"{scene.name}{', no renameat2' if without_exchange else ''}"
        how = f"killed at call {call.number} of {call.name}: {call.what[:90]}"
        return [Trial("kill", subject, how, outcome, evidence)]

    return plan
