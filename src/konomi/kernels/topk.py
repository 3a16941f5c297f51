"""The k best columns of each row of scores, exact; of equal scores the lower column comes first.

No loop here checks an index: it reads scores by position only.
"""

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel

_CHUNK = 64


@kernel
def _is_worse(a_score: np.float32, a_column: int, b_score: np.float32, b_column: int) -> bool | np.bool_:
    """Whether entry a ranks behind entry b: a lower score, or the same score and a higher column."""
    return a_score < b_score or (a_score == b_score and a_column > b_column)


@kernel
def _sift_down(score: NDArray[np.float32], column: NDArray[np.int32], node: int, size: int) -> None:
    """Restore the order of the heap below `node`; the root of the heap is its worst entry."""
    while True:
        worst = node
        for child in (2 * node + 1, 2 * node + 2):
            if child < size and _is_worse(score[child], column[child], score[worst], column[worst]):
                worst = child
        if worst == node:
            return
        score[node], score[worst] = score[worst], score[node]
        column[node], column[worst] = column[worst], column[node]
        node = worst


@kernel
def _is_in(ascending: NDArray[np.int32], first: int, last: int, wanted: int) -> bool:
    """Whether ascending[first:last], in ascending order, contains `wanted`."""
    while first < last:
        middle = (first + last) // 2
        if ascending[middle] < wanted:
            first = middle + 1
        elif ascending[middle] > wanted:
            last = middle
        else:
            return True
    return False


@kernel
def _best_of_row(
    row: NDArray[np.float32],
    blocked: NDArray[np.int32],
    sign: np.float32,
    best_column: NDArray[np.int32],
    best_score: NDArray[np.float32],
) -> None:
    """Fill best_column and best_score (k,) from row (n,), best first; -1 and NaN after the last entry.

    blocked : int32, ascending: columns that are left out, as are scores of NaN and minus infinity.
    """
    n, k, n_blocked = len(row), len(best_column), len(blocked)
    size = 0
    threshold = np.float32(-np.inf)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        # A count of comparisons is vectorized; a float maximum is not, because of NaN.
        n_above = 0
        for j in range(start, stop):
            n_above += sign * row[j] > threshold
        if n_above == 0:
            continue
        for j in range(start, stop):
            value = sign * row[j]
            # Of two equal scores the lower column is better, and it came first: the comparison is strict.
            if not value > threshold or _is_in(blocked, 0, n_blocked, j):
                continue
            if size < k:
                node = size
                size += 1
                best_score[node], best_column[node] = value, j
                while node > 0:
                    parent = (node - 1) // 2
                    if not _is_worse(best_score[node], best_column[node], best_score[parent], best_column[parent]):
                        break
                    best_score[node], best_score[parent] = best_score[parent], best_score[node]
                    best_column[node], best_column[parent] = best_column[parent], best_column[node]
                    node = parent
            else:
                best_score[0], best_column[0] = value, j
                _sift_down(best_score, best_column, 0, size)
            if size == k:
                threshold = best_score[0]
    for last in range(size - 1, 0, -1):
        best_score[0], best_score[last] = best_score[last], best_score[0]
        best_column[0], best_column[last] = best_column[last], best_column[0]
        _sift_down(best_score, best_column, 0, last)
    for rank in range(size):
        best_score[rank] = sign * best_score[rank]
    for rank in range(size, k):
        best_score[rank], best_column[rank] = np.nan, -1


@kernel
def top_k_of_rows(
    scores: NDArray[np.float32],
    blocked_offsets: NDArray[np.int64],
    blocked: NDArray[np.int32],
    sign: np.float32,
    best_column: NDArray[np.int32],
    best_score: NDArray[np.float32],
) -> None:
    """Fill each row of best_column and best_score with the k best columns of that row of scores and their scores.

    scores          : float32 (m, n), read only; NaN and minus infinity (times `sign`) are never listed.
    blocked_offsets : int64 (m + 1,); row r leaves out blocked[blocked_offsets[r] : blocked_offsets[r + 1]].
    blocked         : int32, ascending within a row.
    sign            : float32, 1 for the largest scores, -1 for the smallest.
    best_column     : int32 (m, k), written, best first; -1 after a row's last entry.
    best_score      : float32 (m, k), written; NaN after a row's last entry.
    Runs on the calling thread, without Python's lock: callers share rows out among threads.
    """
    for r in range(len(scores)):
        own = blocked[blocked_offsets[r] : blocked_offsets[r + 1]]
        _best_of_row(scores[r], own, sign, best_column[r], best_score[r])


@kernel
def top_k_of_allowed(
    row: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    sign: np.float32,
    best_column: NDArray[np.int32],
    best_score: NDArray[np.float32],
) -> int:
    """The number of columns listed, after filling best_column and best_score from the allowed columns of one row.

    row : float32 (n,). allowed : bool (n,). best_column : int32 (k,). best_score : float32 (k,).
    The results and `sign` are as in `top_k_of_rows`.
    Allowed columns are copied first, so few allowed columns take less time than many.
    """
    n_allowed = 0
    for j in range(len(row)):
        n_allowed += allowed[j]
    columns = np.empty(n_allowed, dtype=np.int32)
    values = np.empty(n_allowed, dtype=np.float32)
    position = 0
    for j in range(len(row)):
        if allowed[j]:
            columns[position], values[position] = j, row[j]
            position += 1
    _best_of_row(values, columns[:0], sign, best_column, best_score)
    n_listed = 0
    for rank in range(len(best_column)):
        if best_column[rank] >= 0:
            best_column[rank] = columns[best_column[rank]]
            n_listed += 1
    return n_listed


@kernel(reassociate=True)
def dots(vectors: NDArray[np.float32], query: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Fill out[r] with sum(vectors[r] * query).

    vectors : float32 (n, dim). query : float32 (dim,). out : float32 (n,).
    Runs on the calling thread: one query reads each vector once, which takes less time than waking other threads.
    """
    for r in range(len(vectors)):
        total = np.float32(0)
        for d in range(len(query)):
            total += vectors[r, d] * query[d]
        out[r] = total
