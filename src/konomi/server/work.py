"""Where answers are computed: short ones on the event loop, long ones in threads; the queue is bounded."""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from konomi.server.errors import BusyError
from konomi.server.settings import AT_ONCE_SECONDS, MAX_WAITING, WORK_SECONDS, WORK_THREADS

Answer = TypeVar("Answer")

# The weight of the newest time in the running mean of its cost class. It is small, so that one slow answer, whose
# pages were still on disk, say, does not send the following ones to the threads.
_NEWEST = 1 / 8
# There are a few hundred cost classes at most; the limit guards the memory if that is ever wrong.
_MAX_COST_CLASSES = 1000


class Work:
    """Computes answers, on the event loop if that is short, otherwise in one of WORK_THREADS threads.

    A short answer costs less than the hand-over to a thread and back, and two threads of Python are no faster than
    one (docs/decisions/0010).
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WORK_THREADS, thread_name_prefix="konomi")
        self._seconds: dict[Hashable, float] = {}
        self.n_under_way = 0

    async def run(self, question: Callable[[], Answer], *, cost_class: Hashable = None) -> Answer:
        """What `question` returns or raises.

        cost_class : equal for questions that take about the same time. If the mean processor time of the class is
                     under AT_ONCE_SECONDS, the question runs on the event loop. The first question of a class, and
                     a question without one, runs in a thread.
        Raises BusyError if MAX_WAITING questions wait already, or after WORK_SECONDS; the thread then still
        finishes, and its answer is dropped.
        """
        if cost_class is None:
            return await self._in_thread(question)
        if self._seconds.get(cost_class, AT_ONCE_SECONDS) < AT_ONCE_SECONDS:
            return self._timed(question, cost_class)
        return await self._in_thread(lambda: self._timed(question, cost_class))

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

    def _timed(self, question: Callable[[], Answer], cost_class: Hashable) -> Answer:
        """The answer; its processor time enters the mean of its class."""
        start = time.thread_time()
        try:
            return question()
        finally:
            took = time.thread_time() - start
            mean = self._seconds.get(cost_class)
            if mean is not None:
                self._seconds[cost_class] = mean + _NEWEST * (took - mean)
            elif len(self._seconds) < _MAX_COST_CLASSES:
                self._seconds[cost_class] = took

    def _done(self, future: "asyncio.Future[Answer]") -> None:
        self.n_under_way -= 1
        if not future.cancelled():
            # asyncio logs the exception of a future that was not asked for it.
            future.exception()
