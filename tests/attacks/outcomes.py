"""How a trial of an attack ended, and the table of many trials."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Held(StrEnum):
    """Endings that keep a promise."""

    EARLIER = "earlier result whole"
    NEW = "new result whole"
    DONE = "done"
    REFUSED = "refused with one message"
    SAME = "same answers"
    CAUGHT = "other answers, verify tells"
    RESEALED = "other answers, manifest forged"
    SOME_ORDER = "as one after the other"
    ONE_REFUSED = "one done, one refused"


class Broke(StrEnum):
    """Endings that break a promise."""

    TOUCHED = "foreign file touched"
    LOST = "earlier result lost"
    MIXED = "half a result"
    UPDATE_LOST = "result of no order"
    SILENT = "silently other answers"
    OTHER_BITS = "other bits"
    STUCK = "later run fails"
    ALONE = "fails when it is left alone"
    SIGNAL = "signal"
    TRACEBACK = "traceback"
    HANG = "no end"
    MEMORY = "too much memory"
    FALSE_MESSAGE = "false message"
    SEVERAL_MESSAGES = "not one message"
    VERIFY = "verify misses it"
    FALSE_ALARM = "verify refuses an intact folder"
    ESCAPE = "terminal escape printed"
    LEFTOVER = "leftovers after the next run"
    NAME = "hidden file of another name"


@dataclass(frozen=True)
class Trial:
    """One trial of an attack.

    attack, subject : which attack, and the command or file that it was made on.
    how             : what was done, enough to do it again.
    evidence        : what was seen, where a promise was broken.
    """

    attack: str
    subject: str
    how: str
    outcome: Held | Broke
    evidence: str = ""

    @property
    def broke(self) -> bool:
        return isinstance(self.outcome, Broke)


def broken(trials: Iterable[Trial]) -> str:
    """The trials that broke a promise, a line each; empty if none did."""
    return "\n".join(
        f"{one.attack}, {one.subject}, {one.how}: {one.outcome.value} {one.evidence}".rstrip()
        for one in trials
        if one.broke
    )


def table(trials: Sequence[Trial]) -> str:
    """One line for each attack and subject: trials, how those that held ended, what broke and how often."""
    rows = [("attack", "subject", "trials", "held", "broke")]
    for attack, subject in dict.fromkeys((one.attack, one.subject) for one in trials):
        mine = [one for one in trials if (one.attack, one.subject) == (attack, subject)]
        held = _counts(one.outcome for one in mine if not one.broke)
        broke = _counts(one.outcome for one in mine if one.broke)
        rows.append((attack, subject, f"{len(mine):,}", held or "-", broke or "-"))
    n_broke = sum(one.broke for one in trials)
    rows.append(("all", "", f"{len(trials):,}", f"{len(trials) - n_broke:,}", f"{n_broke:,}"))
    return "\n".join(_aligned(rows, widths=(9, 26, 6, 44, 44)))


def first_of_each(trials: Iterable[Trial]) -> str:
    """For each attack, subject and kind of breakage the first trial, with its evidence."""
    lines: dict[tuple[str, str, str], str] = {}
    for one in trials:
        if one.broke:
            text = f"{one.attack}, {one.subject}: {one.outcome.value}: {one.how}. {one.evidence}".strip()
            lines.setdefault((one.attack, one.subject, one.outcome.value), text)
    return "\n".join(textwrap.fill(line, 132, subsequent_indent="    ") for line in lines.values())


def _counts(outcomes: Iterable[Held | Broke]) -> str:
    return ", ".join(f"{outcome.value} {n:,}" for outcome, n in Counter(outcomes).most_common())


def _aligned(rows: Sequence[tuple[str, ...]], *, widths: tuple[int, ...]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for n in range(max(map(len, cells))):
            parts = [cell[n] if n < len(cell) else "" for cell in cells]
            lines.append("  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip())
        if len(lines) == 1:
            lines.append("-" * (sum(widths) + 2 * (len(widths) - 1)))
    return lines
