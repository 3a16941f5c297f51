"""Work on blocks of rows, done by threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")


def in_blocks(work: Callable[[slice], Result], n: int, size: int) -> list[Result]:
    """work(rows) for each block of `size` rows of 0 ... n - 1, in the order of the blocks.

    The blocks are shared out over as many threads as the machine has processors, so `work` must free Python's lock
    and may write only its own rows. BLAS has one thread meanwhile: its own threads would compete with these.
    Raises what `work` raises, for the first block that fails.
    """
    blocks = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(work, blocks))
