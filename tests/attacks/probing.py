"""Many trials in one child of a zygote, started again after each trial that ended it."""

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .lab import Lab, LeftAloneError
from .outcomes import Broke
from .processes import Ended, Zygote

Found = dict[str, Any]


class Results:
    """A file of results, a line of JSON each: what is about to be tried, then what was found."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a")  # noqa: SIM115 - ends with the process

    def begin(self, trial: int, **what: Any) -> None:
        self._write({"trial": trial, "what": what})

    def end(self, trial: int, **found: Any) -> None:
        self._write({"trial": trial, "found": found})

    def _write(self, line: Found) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def probe(
    lab: Lab, zygote: Zygote, target: str, arguments: Found, before: dict[str, str], trials: range
) -> Iterator[tuple[int, Found, Found | Ended]]:
    """For each trial: its number, what was tried, and what was found, or how the process ended in it.

    target : a function that takes `arguments`, `first`, `last` and `results`, the path for `Results`.
    before : what is in the folder it runs in.
    Raises LeftAloneError if the process ends before the first trial.
    """
    start = trials.start
    while start < trials.stop:
        with lab.stage(before) as folder:
            results = folder / "results"
            bounds = {"first": start, "last": trials.stop, "results": str(results)}
            ended = zygote.start(target, {**arguments, **bounds}, folder=folder).wait(1200)
            lines = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
        begun = [one for one in lines if "what" in one]
        found = {one["trial"]: one["found"] for one in lines if "found" in one}
        if not begun:
            raise LeftAloneError(target, f"{ended}\n{ended.err[-2000:]}")
        for one in begun:
            yield one["trial"], one["what"], found.get(one["trial"], ended)
        start = begun[-1]["trial"] + 1


def where_of(error: BaseException) -> str:
    """An exception in one line, with the file and line that raised it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"


def without_end(ended: Ended) -> tuple[Broke, str]:
    """The outcome of a trial in which the process ended. -14 is the alarm that it sets for itself."""
    if ended.code in (-14, None):
        return Broke.HANG, ""
    if ended.code is not None and ended.code < 0:
        return Broke.SIGNAL, f"signal {-ended.code}"
    return Broke.TRACEBACK, str(ended)


def batches(n: int, size: int = 40) -> Iterator[range]:
    """The numbers 0 to n - 1 in ranges of `size`."""
    for first in range(0, n, size):
        yield range(first, min(first + size, n))
