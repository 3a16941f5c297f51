"""Plain text tables that fit a terminal and align full-width characters."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size

from konomi.printable import one_line

_GAP = 2
_MIN_WIDE = 12


@dataclass(frozen=True)
class Column:
    """One column: a heading and a cell for each row. None is printed as an empty cell.

    wide : whether the text may be cut to make the table fit; the other columns keep their width.
    """

    heading: str
    cells: Sequence[Any]
    wide: bool = False


def table(columns: Sequence[Column], *, notes: Sequence[str] = (), width: int | None = None) -> str:
    """The columns as text, in lines of at most `width` terminal cells.

    width : the width of the terminal by default, 80 if it is unknown, at most 120.
    notes : printed below the table, one line each.
    A column with rows but no value is left out. A full-width character takes two cells.
    Numbers are aligned right and text left. Text that is too long ends in an ellipsis.
    """
    columns = [column for column in columns if not column.cells or any(cell is not None for cell in column.cells)]
    width = width or min(shutil.get_terminal_size((80, 24)).columns, 120)
    texts = [["" if cell is None else one_line(str(cell)) for cell in column.cells] for column in columns]
    widths = [
        max([cell_len(column.heading), *(cell_len(text) for text in cells)])
        for column, cells in zip(columns, texts, strict=True)
    ]
    excess = sum(widths) + _GAP * (len(columns) - 1) - width
    while excess > 0:
        wide = [i for i, column in enumerate(columns) if column.wide and widths[i] > _MIN_WIDE]
        if not wide:
            break
        longest = max(wide, key=lambda i: widths[i])
        widths[longest] -= 1
        excess -= 1
    right = [all(isinstance(cell, int | float) or _is_number(cell) for cell in column.cells) for column in columns]
    lines = [_line([column.heading for column in columns], widths, right)]
    lines += [_line(row, widths, right) for row in zip(*texts, strict=True)]
    return "\n".join([*lines, *(f"Note: {note}" for note in notes)])


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    fitted = []
    for text, width, is_right in zip(cells, widths, right, strict=True):
        size = cell_len(text)
        if size > width:
            fitted.append(set_cell_size(text, width - 1).rstrip() + "…")
            fitted[-1] = set_cell_size(fitted[-1], width)
        elif is_right:
            fitted.append(" " * (width - size) + text)
        else:
            fitted.append(text + " " * (width - size))
    return (" " * _GAP).join(fitted).rstrip()


def _is_number(cell: Any) -> bool:
    if cell is None:
        return True
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True
