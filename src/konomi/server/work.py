"""Work: short answers are worked out at once, long ones in threads; how many wait and how long is bounded."""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from konomi.server.errors import BusyError
from konomi.server.settings import AT_ONCE_SECONDS, MAX_WAITING, WORK_SECONDS, WORK_THREADS

Answer = TypeVar("Answer")

# What the newest answer counts in the mean of its kind. One that was slow by accident, when its pages were still on
# disk, say, must not send those behind it to the threads.
_NEWEST = 1 / 8
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
               of late, in the mean, is answered at once; the first of a kind, and one without a kind, in a thread.
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
        """The answer; what it took enters the mean of its kind."""
        start = time.thread_time()
        try:
            return question()
        finally:
            took = time.thread_time() - start
            before = self._seconds.get(kind)
            if before is not None:
                self._seconds[kind] = before + _NEWEST * (took - before)
            elif len(self._seconds) < _MOST_KINDS:
                self._seconds[kind] = took

    def _done(self, future: "asyncio.Future[Answer]") -> None:
        self.n_under_way -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that asyncio does not complain of an error nobody waited for
