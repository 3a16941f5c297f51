"""The lines of a text table, some megabytes at a time, never cut inside a row."""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

import numpy as np
from numpy.typing import NDArray

from konomi.errors import InputFileError
from konomi.formats.dropped import Dropped
from konomi.formats.layout import Head, RatingsLayout

# The columns of a piece fit into the processor's cache, and it is large enough that Polars' start costs nothing.
PIECE_BYTES = 8 << 20
_LONGEST_LINE_BYTES = 64 << 20
# Short lines take more memory in columns than in the file, so a piece has at most this number of them.
_MAX_LINES = 1 << 19


@dataclass(frozen=True)
class Lines:
    """Whole lines of a text table.

    first_line : the 1-based number of the first of them.
    quoted     : whether a quote begins or ends a field in them.
    n_bytes    : their bytes in the file; the first ones include the header.
    """

    text: memoryview
    first_line: int
    quoted: bool
    n_bytes: int


def whole_lines(stream: IO[bytes], head: Head, layout: RatingsLayout, dropped: Dropped) -> Iterator[Lines]:
    """The lines after the header, about PIECE_BYTES at a time, never cut inside a line or a quoted field.

    Raises InputFileError on a line that is longer than any table's.
    """
    rest = b""
    line = 1
    at_start = True
    while block := stream.read(PIECE_BYTES):
        block = rest + block
        if at_start:
            block = block.removeprefix(b"\xef\xbb\xbf")
        end, quoted = _end_of_last_row(block)
        rest = block[end:]
        if len(rest) > _LONGEST_LINE_BYTES:
            raise InputFileError(
                f"line {line} of {head.source.name} has no end: give a table with one line for each row"
            )
        start = block.find(b"\n") + 1 if at_start and layout.has_header else 0
        if end:
            at_start = False
            line += start > 0
            text = memoryview(block)[start:end]
            yield from _in_parts(Lines(text, line, quoted, end))
            line += _n_line_ends(text)
    if rest and not (at_start and layout.has_header):
        separators = rest.count(head.separator.encode())
        if separators < len(head.names) - 1 and b'"' not in rest:
            shown = rest[:100].decode("utf-8", "replace")
            dropped.add("the last line is cut short", file=head.source.name, count=1, lines=[line], texts=[shown])
        else:
            yield Lines(memoryview(rest), line, b'"' in rest and rest.count(b'"') % 2 == 0, len(rest))


def _in_parts(lines: Lines) -> Iterator[Lines]:
    """The same lines, at most _MAX_LINES at a time. Quoted lines stay together: a field may contain line ends."""
    if lines.quoted or _n_line_ends(lines.text) <= _MAX_LINES:
        yield lines
        return
    ends = np.flatnonzero(np.frombuffer(lines.text, dtype=np.uint8) == ord("\n"))[_MAX_LINES - 1 :: _MAX_LINES] + 1
    bounds = [0, *ends.tolist(), len(lines.text)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        if end > start:
            n_bytes = end - start if number else end + lines.n_bytes - len(lines.text)
            yield Lines(lines.text[start:end], lines.first_line + number * _MAX_LINES, False, n_bytes)


def _end_of_last_row(block: bytes) -> tuple[int, bool]:
    """The end of the last whole row of `block` (0 if there is none), and whether quotes enclose fields in it.

    A line end inside a quoted field does not end the row. If a quote is never closed, there is no line end outside
    of it; then quotes are ordinary characters and each line is a row.
    """
    end = block.rfind(b"\n") + 1
    if b'"' not in block:
        return end, False
    last = end
    open_quotes = block.count(b'"', 0, end)
    while open_quotes % 2 and end > 0:
        before = block.rfind(b"\n", 0, end - 1) + 1
        open_quotes -= block.count(b'"', before, end)
        end = before
    return (end, True) if end > 0 else (last, False)


def line_numbers(lines: Lines, head: Head, rows: NDArray[np.int64], n_rows: int) -> list[int]:
    """The 1-based line on which each of these rows begins."""
    if not lines.quoted or n_rows == n_lines(lines.text):
        return [int(row) + lines.first_line for row in rows]
    reader = csv.reader(io.StringIO(str(lines.text, "latin-1")), delimiter=head.separator)
    begins = [lines.first_line]
    with suppress(csv.Error):  # a field beyond csv's limit of size; later numbers are approximate
        begins += [lines.first_line + reader.line_num for _ in reader]
    return [begins[min(int(row), len(begins) - 1)] for row in rows]


def n_lines(text: memoryview) -> int:
    """The number of lines; the last one may lack its line end."""
    return _n_line_ends(text) + (bytes(text[-1:]) != b"\n")


def _n_line_ends(text: memoryview) -> int:
    # Three times as fast as bytes.count.
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")))
