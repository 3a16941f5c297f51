"""Prefetching: the next piece is made while the current one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(pieces: Generator[T, None, None]) -> Iterator[T]:
    """The same pieces in the same order, each made in another thread while the previous one is used.

    An error while a piece is made is raised in place of that piece.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        next_piece = worker.submit(next, pieces, None)
        try:
            while (piece := next_piece.result()) is not None:
                next_piece = worker.submit(next, pieces, None)
                yield piece
        finally:
            worker.submit(pieces.close)
