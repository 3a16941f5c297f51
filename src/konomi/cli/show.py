"""Printing: answers to standard output, progress to standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from konomi.cli.terminal import bare, show_streams
from konomi.printable import one_line, printable


class Answer(Protocol):
    """An answer of Recommender."""

    @property
    def query(self) -> dict[str, Any]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def to_dicts(self) -> list[dict[str, Any]]: ...


def answer(
    found: Answer,
    *,
    as_json: bool,
    heading: str,
    query: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> None:
    """Print an answer: one JSON object, or a heading and a table.

    query : values that the query of the JSON object has in addition; those that are empty or false are left out.
    rows  : for some of the first results, values that they have in addition in the JSON object.
    more  : further values of the JSON object.
    """
    if not as_json:
        typer.echo(f"{heading}\n{found}")
        return
    results = found.to_dicts()
    for result, own in zip(results, rows, strict=False):
        result |= own
    asked = {**found.query, **{name: value for name, value in query.items() if value}}
    json_object({"query": asked, "results": results, **more, "notes": list(found.notes)})


def json_object(value: Any) -> None:
    """Print one JSON object and nothing else. The escapes of `printable` are also escapes of JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


class TerminalProgress:
    """Progress on standard error: notes, one line each, and bars if it is a terminal."""

    def __init__(self) -> None:
        # The bars consist of control sequences, which ShownStream would escape.
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
            show_streams()  # Rich replaces the streams until the bars stop
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            with suppress(OSError):  # the terminal may be closed
                self._bars.stop()

    def start(self, task: str, total: int | None = None) -> None:
        """Begin a task of `total` steps, in place of the task before."""
        if self._bars is not None:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._task = self._bars.add_task(one_line(task), total=total, figures="")

    def advance(self, amount: int = 1, figures: str = "") -> None:
        """Count steps, and show figures after the bar."""
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, advance=amount, figures=figures)

    def note(self, text: str) -> None:
        """Print one line."""
        if self._bars is None:
            typer.echo(text, err=True)
        else:
            self._bars.console.print(printable(text), markup=False, highlight=False)
