"""Progress of long work: the interface that reports it, and the implementation that ignores it."""

from typing import Protocol


class Progress(Protocol):
    """A receiver of progress. The command line's draws bars on a terminal and writes notes to a log."""

    def start(self, task: str, total: int | None = None) -> None:
        """A new task begins. `total` is in the units of `advance`; None if it is unknown."""

    def advance(self, amount: int = 1, figures: str = "") -> None:
        """`amount` more units are done. `figures` is a short text to show next to the bar."""

    def note(self, text: str) -> None:
        """A line that stays on the screen, such as the figures of an epoch."""


class Silent:
    """A receiver that ignores everything: the default of every function that takes a Progress."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1, figures: str = "") -> None: ...

    def note(self, text: str) -> None: ...


SILENT = Silent()
