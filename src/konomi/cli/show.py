"""What the command line prints: answers to standard output, progress to standard error."""

import json
import sys
from contextlib import suppress
from typing import Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from konomi.cli.terminal import bare, show_streams
from konomi.printable import one_line, printable


class Answer(Protocol):
    @property
    def query(self) -> dict[str, Any]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def to_dicts(self) -> list[dict[str, Any]]: ...


def answer(result: Answer, *, as_json: bool, heading: str = "") -> None:
    """Print a result: one JSON object, or a heading and a table."""
    if as_json:
        json_object({"query": result.query, "results": result.to_dicts(), "notes": list(result.notes)})
        return
    if heading:
        typer.echo(heading)
    typer.echo(str(result))


def json_object(value: Any) -> None:
    """Print one JSON object and nothing else; what `printable` escapes is an escape of JSON, too."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


class TerminalProgress:
    """Notes on standard error, with bars if that is a terminal; in a log each note is one line."""

    def __init__(self) -> None:
        # The bars are drawn by control sequences, so they go past what shows these.
        self._console = Console(file=bare(sys.stderr))
        self._bars: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "TerminalProgress":
        if sys.stderr.isatty():
            self._bars = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[figures]}", markup=False),
                console=self._console,
                transient=True,
            )
            self._bars.start()
            show_streams()  # Rich has put streams of its own in place until the bars stop
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            with suppress(OSError):  # a terminal that is gone
                self._bars.stop()

    def start(self, task: str, total: int | None = None) -> None:
        if self._bars is not None:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._task = self._bars.add_task(one_line(task), total=total, figures="")

    def advance(self, amount: int = 1, figures: str = "") -> None:
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, advance=amount, figures=figures)

    def note(self, text: str) -> None:
        if self._bars is None:
            typer.echo(text, err=True)
        else:
            self._bars.console.print(printable(text), markup=False, highlight=False)
