"""How long work tells how far it is, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """A listener; the command line gives one that draws bars on a terminal and writes notes to a log."""

    def start(self, task: str, total: int | None = None) -> None:
        """A new task begins; `total` is in the units of `advance`, None where unknown."""

    def advance(self, amount: int = 1, figures: str = "") -> None:
        """`amount` more units are done; `figures` is a short text to show beside the bar."""

    def note(self, text: str) -> None:
        """One line that stays: the figures of an epoch, a fact about the data."""


class Silent:
    """The listener that hears nothing: the default of every function that takes one."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1, figures: str = "") -> None: ...

    def note(self, text: str) -> None: ...


SILENT = Silent()
