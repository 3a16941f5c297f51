"""A scratch folder with small things to attack, and warm processes to do it in."""

import contextlib
import itertools
import queue
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from . import things
from .outcomes import Trial
from .processes import Zygote
from .scenes import SCENES, Scene
from .trees import Tree, copy, tree

T = TypeVar("T")
Plan = Callable[[Zygote], list[Trial]]
"""A trial (or several) to be made with a zygote; none where there was nothing to try."""


class LeftAloneError(Exception):
    """Something fails before it is attacked."""

    def __init__(self, subject: str, ended: object) -> None:
        super().__init__(str(ended))
        self.subject = subject


@dataclass(frozen=True)
class Unbroken:
    """A scene before and after its command, and how long the command took."""

    before: Tree
    after: Tree
    seconds: float


@dataclass(eq=False)
class Lab:
    """Where attacks are made.

    root      : everything is in this folder, which the caller makes and removes.
    n_zygotes : trials that can be made side by side.
    commands  : the commands that this konomi has.
    """

    root: Path
    n_zygotes: int = 1
    commands: frozenset[str] = field(init=False)
    _free: "queue.SimpleQueue[Zygote]" = field(init=False, default_factory=queue.SimpleQueue)
    _all: list[Zygote] = field(init=False, default_factory=list)
    _once: dict[tuple[str, str], Any] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)
    _numbers: Iterator[int] = field(init=False, default_factory=itertools.count)

    def __post_init__(self) -> None:
        for name in ("printed", "trials", "things"):
            (self.root / name).mkdir(parents=True)
        # The first one makes the lab's things, for a plan that holds the only other one.
        self._all = [Zygote(self.root / "printed") for _ in range(self.n_zygotes + 1)]
        for zygote in self._all[1:]:
            self._free.put(zygote)
        told = self._all[0].konomi("--help", folder=self.root).out
        self.commands = frozenset(re.findall(r"^  ([a-z][a-z-]*)  ", told, re.MULTILINE))

    def close(self) -> None:
        """End the processes."""
        for zygote in self._all:
            zygote.close()

    @contextlib.contextmanager
    def zygote(self) -> Iterator[Zygote]:
        """A zygote for the caller alone, while the block runs."""
        zygote = self._free.get()
        try:
            yield zygote
        finally:
            self._free.put(zygote)

    @contextlib.contextmanager
    def stage(self, before: dict[str, str]) -> Iterator[Path]:
        """A new folder that holds copies of the lab's things (name: thing), while the block runs."""
        folder = self.root / "trials" / str(next(self._numbers))
        folder.mkdir()
        try:
            for name, thing in before.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                copy(self.thing(thing), folder / name)
            yield folder
        finally:
            shutil.rmtree(folder)

    def thing(self, name: str) -> Path:
        """One of the lab's things, not to be changed. Raises LeftAloneError if konomi cannot make it."""
        path = self.root / "things" / name
        with self._lock:
            if not path.exists() and name in things.WRITTEN:
                things.WRITTEN[name](path)
            elif not path.exists():
                needed, target, arguments = things.MADE[name]
                for one in needed:
                    self.thing(one)
                ended = self._all[0].start(target, arguments, folder=path.parent).wait()
                if ended.code != 0:
                    raise LeftAloneError(name, ended)
        return path

    def scenes(self, *names: str) -> list[Scene]:
        """The scenes of these names (all, without names) whose command this konomi has."""
        return [one for one in SCENES if one.command[0] in self.commands and (not names or one.name in names)]

    def once(self, what: str, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once."""
        with self._lock:
            if (what, name) not in self._once:
                self._once[what, name] = make()
            made: T = self._once[what, name]
            return made

    def unbroken(self, scene: Scene, zygote: Zygote) -> Unbroken:
        """What the scene's command does when it is left alone. Raises LeftAloneError if it fails."""

        def run() -> Unbroken:
            with self.stage(scene.before) as folder:
                before = tree(folder)
                ended = zygote.konomi(*scene.command, folder=folder)
                if ended.code != 0:
                    raise LeftAloneError(scene.name, ended)
                return Unbroken(before, tree(folder), ended.seconds)

        return self.once("unbroken", scene.name, run)
