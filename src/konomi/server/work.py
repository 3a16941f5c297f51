"""Work: short answers are worked out at once, long ones in threads; how many wait and how long is bounded."""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from konomi.server.errors import BusyError
from konomi.server.settings import AT_ONCE_SECONDS, MAX_WAITING, WORK_SECONDS, WORK_THREADS

Answer = TypeVar("Answer")

# How fast a slow answer is forgotten: after 20 quick ones of its kind a third of it is left.
_FORGETTING = 0.95
# Kinds come from a handful of words and orders of size; a bound all the same.
_MOST_KINDS = 1000


class Work:
    """Where answers are worked out: on the event loop itself if that is short, else in threads.

    Handing a question to a thread and taking the lock of the interpreter back and forth costs more than a short
    answer does, and two threads of Python are no faster than one.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WORK_THREADS, thread_name_prefix="konomi")
        self._seconds: dict[Hashable, float] = {}
        self.n_under_way = 0

    async def run(self, question: Callable[[], Answer], *, kind: Hashable = None) -> Answer:
        """What `question` returns or raises.

        kind : what questions that take about as long have in common. One whose kind took little processor time
               lately is answered at once; the first of a kind, and one without a kind, in a thread.
        Raises BusyError if too many wait already, or if it takes too long; the thread then finishes for nobody.
        """
        if kind is not None:
            if self._seconds.get(kind, AT_ONCE_SECONDS) < AT_ONCE_SECONDS:
                return self._timed(question, kind)
            return await self._in_thread(lambda: self._timed(question, kind))
        return await self._in_thread(question)

    def close(self) -> None:
        """Take no more questions."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, question: Callable[[], Answer]) -> Answer:
        if self.n_under_way >= MAX_WAITING + WORK_THREADS:
            raise BusyError(f"{MAX_WAITING} questions wait already: ask again in a second")
        self.n_under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, question)
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(WORK_SECONDS):
                return await asyncio.shield(future)
        except TimeoutError:
            raise BusyError(f"this took longer than {WORK_SECONDS:g} s: ask for less, or again later") from None

    def _timed(self, question: Callable[[], Answer], kind: Hashable) -> Answer:
        """The answer; the slowest of its kind lately is remembered."""
        start = time.thread_time()
        try:
            return question()
        finally:
            before = self._seconds.get(kind, 0.0)
            if before or len(self._seconds) < _MOST_KINDS:
                self._seconds[kind] = max(time.thread_time() - start, _FORGETTING * before)

    def _done(self, future: "asyncio.Future[Answer]") -> None:
        self.n_under_way -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that asyncio does not complain of an error nobody waited for
