"""Standard output and error while a command runs: control characters in names and titles are shown, not obeyed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from konomi.printable import printable


@contextmanager
def shown_streams() -> Iterator[None]:
    """While the block runs, everything that is printed goes through `printable`, whoever prints it."""
    before = sys.stdout, sys.stderr
    show_streams()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def show_streams() -> None:
    """Put `ShownStream` around the present streams; a stream that is closed stays None."""
    sys.stdout, sys.stderr = _shown(sys.stdout), _shown(sys.stderr)


def bare(stream: TextIO) -> TextIO:
    """The stream inside, for one who prints control sequences of our own."""
    return stream.bare if isinstance(stream, ShownStream) else stream


class ShownStream:
    """A text stream that prints what it is given with control characters shown.

    What the stream's encoding cannot write is written as an escape, too.
    """

    def __init__(self, stream: TextIO) -> None:
        self.bare = stream

    def write(self, text: str) -> int:
        encoding = self.bare.encoding or "utf-8"
        self.bare.write(printable(text).encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        """Not there: bytes written to it would go past `write`."""
        raise AttributeError("buffer")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bare, name)


def _shown(stream: Any) -> Any:
    return stream if stream is None or isinstance(stream, ShownStream) else ShownStream(stream)
