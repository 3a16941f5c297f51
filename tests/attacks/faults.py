"""System calls that fail: each call of a command on its files, with each error that can come."""

from collections.abc import Iterator

import numpy as np

from . import judging, tracing
from .lab import Lab, Plan
from .outcomes import Broke, Trial
from .processes import Zygote
from .scenes import Scene

_CHANGING = ("EACCES", "EPERM", "EROFS", "EIO", "ENOSPC", "EDQUOT")
ERRORS = {
    "openat": ("EACCES", "EMFILE", "ENFILE", "ENOSPC", "EIO", "EROFS", "EDQUOT", "ENOMEM"),
    "write": ("ENOSPC", "EIO", "EDQUOT", "EFBIG"),
    "pwrite64": ("ENOSPC", "EIO", "EDQUOT", "EFBIG"),
    "writev": ("ENOSPC", "EIO", "EDQUOT", "EFBIG"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINVAL"),
    "fdatasync": ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINVAL"),
    "rename": _CHANGING,
    "renameat": _CHANGING,
    "renameat2": (*_CHANGING, "ENOSYS", "EINVAL"),
    "unlink": ("EACCES", "EPERM", "EBUSY", "EIO", "EROFS"),
    "unlinkat": ("EACCES", "EPERM", "EBUSY", "EIO", "EROFS"),
    "rmdir": ("EACCES", "EPERM", "EBUSY", "EIO", "EROFS"),
    "mkdir": (*_CHANGING, "EMLINK"),
    "flock": ("ENOLCK", "EOPNOTSUPP", "ENOSYS", "EIO", "EINTR"),
    "ftruncate": ("EIO", "ENOSPC", "EFBIG"),
    "getdents64": ("EIO", "EACCES"),
    "newfstatat": ("EACCES", "EIO", "ELOOP"),
    "read": ("EIO",),
    "close": ("EIO", "EDQUOT"),
}
# What a whole file system lacks: every such call fails, from the first one on.
FILE_SYSTEMS = {
    "no exchange": ("renameat2:error=ENOSYS",),
    "no exchange, as NFS says it": ("renameat2:error=EINVAL",),
    "no locks": ("flock:error=ENOLCK",),
    "locks not supported": ("flock:error=EOPNOTSUPP",),
    "neither exchange nor locks": ("renameat2:error=EINVAL", "flock:error=ENOLCK"),
}


def of_one_call(lab: Lab, scenes: list[Scene], *, trials: int, seed: int) -> Iterator[Plan]:
    """`trials` single faults of each scene: each pair of a call's name and an error once, then at random."""
    for n in range(trials):
        for scene in scenes:
            yield _one_call(lab, scene, n, seed)


def of_file_systems(lab: Lab, scenes: list[Scene], *names: str) -> Iterator[Plan]:
    """Each scene on the file systems of these names (all, without names), each of which lacks something."""
    for lack, injections in FILE_SYSTEMS.items():
        for scene in scenes if not names or lack in names else ():
            yield _file_system(lab, scene, lack, injections)


def _one_call(lab: Lab, scene: Scene, n: int, seed: int) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        unbroken = lab.unbroken(scene, zygote)
        call, error = _chosen(tracing.calls_of(lab, scene, zygote), n, seed)
        fault = f"{call.name}:error={error}:when={call.number}"
        with lab.stage(scene.before) as folder:
            ended, log = tracing.traced(zygote, scene, folder, (fault,))
            hit = tracing.injected(log, folder)
            if hit is None:
                return []  # in this run the call of this number was on a file elsewhere
            outcome, evidence = judging.after_fault(unbroken, scene, folder, zygote, ended)
        return [Trial("fault", scene.name, f"{error} at {hit.what[:110]}", outcome, evidence)]

    return plan


def _chosen(calls: list[tracing.Call], n: int, seed: int) -> tuple[tracing.Call, str]:
    by_name: dict[str, list[tracing.Call]] = {}
    for call in calls:
        if call.name in ERRORS:
            by_name.setdefault(call.name, []).append(call)
    pairs = [(name, error) for name in by_name for error in ERRORS[name]]
    order = np.random.default_rng(seed).permutation(len(pairs))
    rng = np.random.default_rng([seed, n])
    name, error = pairs[order[n]] if n < len(pairs) else pairs[rng.integers(len(pairs))]
    return by_name[name][rng.integers(len(by_name[name]))], error


def _file_system(lab: Lab, scene: Scene, lack: str, injections: tuple[str, ...]) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        unbroken = lab.unbroken(scene, zygote)
        with lab.stage(scene.before) as folder:
            ended, _ = tracing.traced(zygote, scene, folder, injections)
            if ended.is_one_message:
                # The file system stays as it is, so the next run is refused too.
                return [Trial("fault", scene.name, lack, Broke.STUCK, str(ended))]
            outcome, evidence = judging.after_fault(unbroken, scene, folder, zygote, ended)
        return [Trial("fault", scene.name, lack, outcome, evidence)]

    return plan
