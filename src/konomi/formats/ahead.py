"""Work one step ahead: the next piece is made while the last one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(pieces: Generator[T, None, None]) -> Iterator[T]:
    """The same pieces in the same order, each made on another thread while the one before it is in use.

    An error in making a piece is raised where that piece would have come.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(next, pieces, None)
        try:
            while (piece := coming.result()) is not None:
                coming = worker.submit(next, pieces, None)
                yield piece
        finally:
            worker.submit(pieces.close)
