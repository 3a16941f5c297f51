"""The same command with other numbers of threads and another hash seed, in a process of its own: the same bits."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .lab import Lab, Plan
from .mutants import MARKERS
from .outcomes import Broke, Held, Trial
from .processes import Zygote
from .scenes import Scene
from .trees import Tree, difference, part, tree

_THREADS = ("NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
ENVIRONMENTS = {
    "one thread": dict.fromkeys(_THREADS, "1"),
    "two threads": dict.fromkeys(_THREADS, "2"),
    "one thread of Numba": {"NUMBA_NUM_THREADS": "1"},
    "one thread of BLAS": {"OPENBLAS_NUM_THREADS": "1"},
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "hash seed 2, one thread": {"PYTHONHASHSEED": "2", **dict.fromkeys(_THREADS, "1")},
}


def of_environments(lab: Lab, scenes: list[Scene], *names: str) -> Iterator[Plan]:
    """Each scene in the environments of these names (all, without names)."""
    for name in names or ENVIRONMENTS:
        for scene in scenes:
            yield _environment(lab, scene, name)


def _environment(lab: Lab, scene: Scene, name: str) -> Plan:
    def plan(zygote: Zygote) -> list[Trial]:
        expected = _without_dates(lab.unbroken(scene, zygote).after, scene)
        command = [sys.executable, "-m", "konomi", *scene.command]
        environment = {**os.environ, **ENVIRONMENTS[name]}
        with lab.stage(scene.before) as folder:
            ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
            found = _without_dates(tree(folder), scene)
        if ran.returncode != 0:
            return [Trial("bits", scene.name, name, Broke.ALONE, ran.stderr.decode()[-300:])]
        differs = difference(expected, found)
        return [Trial("bits", scene.name, name, Broke.OTHER_BITS if differs else Held.SAME, differs)]

    return plan


def _without_dates(found: Tree, scene: Scene) -> Tree:
    """What a command wrote, without the markers, which say when."""
    written = {path: what for output in scene.outputs for path, what in part(found, output).items()}
    return {path: what for path, what in written.items() if Path(path).name not in MARKERS}
