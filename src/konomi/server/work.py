"""Work: answers are worked out in a few threads, with a bound on how many wait and how long each takes."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from konomi.server.errors import BusyError
from konomi.server.settings import MAX_WAITING, WORK_SECONDS, WORK_THREADS

Answer = TypeVar("Answer")


class Work:
    """A few threads and a queue of bounded length."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WORK_THREADS, thread_name_prefix="konomi")
        self.n_under_way = 0

    async def run(self, question: Callable[[], Answer]) -> Answer:
        """What `question` returns or raises.

        Raises BusyError if too many wait already, or if it takes too long; the thread then finishes for nobody.
        """
        if self.n_under_way >= MAX_WAITING + WORK_THREADS:
            raise BusyError(f"{MAX_WAITING} questions wait already: ask again in a second")
        self.n_under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, question)
        future.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(future), WORK_SECONDS)
        except TimeoutError:
            raise BusyError(f"this took longer than {WORK_SECONDS:g} s: ask for less, or again later") from None

    def close(self) -> None:
        """Take no more questions."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self, future: "asyncio.Future[Answer]") -> None:
        self.n_under_way -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that asyncio does not complain of an error nobody waited for
