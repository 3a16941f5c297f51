"""The k best columns of each row of scores, exactly, ties broken by the lower column.

No loop here checks an index: it reads scores by position only.
"""

from typing import Any

import numba as nb
import numpy as np

_CHUNK = 64


@nb.njit(nogil=True, cache=True)
def _is_worse(a_score: Any, a_column: Any, b_score: Any, b_column: Any) -> Any:
    """Whether entry a stands behind entry b: a lower score, or the same score at a higher column."""
    return a_score < b_score or (a_score == b_score and a_column > b_column)


@nb.njit(nogil=True, cache=True)
def _sift_down(score: Any, column: Any, place: Any, size: Any) -> None:
    """Restore the heap, whose root is the worst entry, below `place`."""
    while True:
        worst = place
        for child in (2 * place + 1, 2 * place + 2):
            if child < size and _is_worse(score[child], column[child], score[worst], column[worst]):
                worst = child
        if worst == place:
            return
        score[place], score[worst] = score[worst], score[place]
        column[place], column[worst] = column[worst], column[place]
        place = worst


@nb.njit(nogil=True, cache=True)
def _is_in(ascending: Any, first: Any, last: Any, wanted: Any) -> Any:
    """Whether ascending[first:last] holds `wanted`."""
    while first < last:
        middle = (first + last) // 2
        if ascending[middle] < wanted:
            first = middle + 1
        elif ascending[middle] > wanted:
            last = middle
        else:
            return True
    return False


@nb.njit(nogil=True, cache=True)
def _best_of_row(row: Any, blocked: Any, sign: Any, best_column: Any, best_score: Any) -> None:
    """Fill best_column and best_score (k,) from row (n,), best first; -1 and NaN where the row has no more.

    blocked : int32, ascending: columns that are passed over. Scores of NaN or minus infinity are, too.
    """
    n, k, n_blocked = len(row), len(best_column), len(blocked)
    size = 0
    threshold = np.float32(-np.inf)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        # Whole numbers vectorize as they stand; a float maximum would need NaN to be ruled out.
        n_above = 0
        for j in range(start, stop):
            n_above += sign * row[j] > threshold
        if n_above == 0:
            continue
        for j in range(start, stop):
            value = sign * row[j]
            # A later column of the same score stays behind, so the comparison is strict.
            if not value > threshold or _is_in(blocked, 0, n_blocked, j):
                continue
            if size < k:
                place = size
                size += 1
                best_score[place], best_column[place] = value, j
                while place > 0:
                    parent = (place - 1) // 2
                    if not _is_worse(
                        best_score[place], best_column[place], best_score[parent], best_column[parent]
                    ):
                        break
                    best_score[place], best_score[parent] = best_score[parent], best_score[place]
                    best_column[place], best_column[parent] = best_column[parent], best_column[place]
                    place = parent
            else:
                best_score[0], best_column[0] = value, j
                _sift_down(best_score, best_column, 0, size)
            if size == k:
                threshold = best_score[0]
    for last in range(size - 1, 0, -1):
        best_score[0], best_score[last] = best_score[last], best_score[0]
        best_column[0], best_column[last] = best_column[last], best_column[0]
        _sift_down(best_score, best_column, 0, last)
    for place in range(size):
        best_score[place] = sign * best_score[place]
    for place in range(size, k):
        best_score[place], best_column[place] = np.nan, -1


@nb.njit(nogil=True, cache=True)
def top_k_of_rows(
    scores: Any, blocked_offsets: Any, blocked: Any, sign: Any, best_column: Any, best_score: Any
) -> None:
    """The k best columns of each row.

    scores          : float32 (m, n), read only; NaN and minus infinity (times `sign`) are never listed.
    blocked_offsets : int64 (m + 1,); row r passes over blocked[blocked_offsets[r] : blocked_offsets[r + 1]],
    blocked         : int32, ascending within a row.
    sign            : float32 1 for the largest scores, -1 for the smallest.
    best_column     : int32 (m, k), written, best first; -1 where a row has no more.
    best_score      : float32 (m, k), written; NaN there.
    Runs on the thread that calls, without Python's lock: callers share rows out among threads.
    """
    for r in range(len(scores)):
        own = blocked[blocked_offsets[r] : blocked_offsets[r + 1]]
        _best_of_row(scores[r], own, sign, best_column[r], best_score[r])


@nb.njit(nogil=True, cache=True)
def top_k_of_allowed(row: Any, allowed: Any, sign: Any, best_column: Any, best_score: Any) -> Any:
    """As `top_k_of_rows` for one row (n,), over the columns where `allowed`, bool (n,), is true.

    Returns how many were listed. Only allowed columns are gathered, so a narrow filter costs less than none.
    """
    n_allowed = 0
    for j in range(len(row)):
        n_allowed += allowed[j]
    columns = np.empty(n_allowed, dtype=np.int32)
    values = np.empty(n_allowed, dtype=np.float32)
    place = 0
    for j in range(len(row)):
        if allowed[j]:
            columns[place], values[place] = j, row[j]
            place += 1
    _best_of_row(values, columns[:0], sign, best_column, best_score)
    n_listed = 0
    for place in range(len(best_column)):
        if best_column[place] >= 0:
            best_column[place] = columns[best_column[place]]
            n_listed += 1
    return n_listed


@nb.njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def dots(vectors: Any, query: Any, out: Any) -> None:
    """out[r] = sum(vectors[r] * query): float32 (n, dim) by (dim,) into (n,), on the thread that calls.

    One query reads each vector once: a second thread would gain less than waking it costs.
    """
    for r in range(len(vectors)):
        total = np.float32(0)
        for d in range(len(query)):
            total += vectors[r, d] * query[d]
        out[r] = total
