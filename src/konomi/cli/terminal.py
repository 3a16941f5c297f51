"""Standard output and error while a command runs: control characters in names and titles are printed as escapes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from konomi.printable import printable


@contextmanager
def shown_streams() -> Iterator[None]:
    """While the block runs, all text that is printed, also by libraries, goes through `printable`."""
    before = sys.stdout, sys.stderr
    show_streams()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def show_streams() -> None:
    """Wrap the current streams in `ShownStream`; a stream that is closed stays None."""
    sys.stdout, sys.stderr = _shown(sys.stdout), _shown(sys.stderr)


def bare(stream: TextIO) -> TextIO:
    """The stream inside a ShownStream, for control sequences that konomi itself prints."""
    return stream.bare if isinstance(stream, ShownStream) else stream


class ShownStream:
    """A text stream that writes control characters, and characters that its encoding lacks, as escapes."""

    def __init__(self, stream: TextIO) -> None:
        self.bare = stream

    def write(self, text: str) -> int:
        """Write the text with escapes. Returns the length of the text itself."""
        encoding = self.bare.encoding or "utf-8"
        self.bare.write(printable(text).encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines with escapes."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        """Raises AttributeError: bytes written to a buffer would not pass through `write`."""
        raise AttributeError("buffer")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bare, name)


def _shown(stream: Any) -> Any:
    return stream if stream is None or isinstance(stream, ShownStream) else ShownStream(stream)
