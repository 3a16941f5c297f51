"""One round of row-wise Adagrad over rows grouped by user, and the merge of the lanes' item tables.

No loop here checks an index: rows come from a dataset, which `Dataset.read_from` or ingest has checked.
"""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel
from konomi.kernels.prefetch import prefetch_2d

# Columns of a lane's head, float64 (n_lanes, N_HEAD).
WEIGHT, BIAS, GAMMA, BETA, MEAN, VARIANCE = range(6)
WEIGHT_SQUARES, GAMMA_SQUARES, BETA_SQUARES = range(6, 9)
LEARNING_RATE, CHUNK_ROWS = range(9, 11)
LOSS, ABSOLUTE, SQUARED, ROWS = range(11, 15)
N_HEAD = 16

EPSILON = 1e-3
MOMENTUM = 0.99
_BLOCK = 8
_FLOATS_PER_LINE = 16  # a cache line of 64 bytes


@kernel(reassociate=True, inline=True)
def _sigmoid(z: np.float32) -> np.float32:
    """1 / (1 + exp(-z)) to 1e-6, from a rational approximation of tanh(z / 2): a loop without calls is faster."""
    half = np.float32(0.5)
    h = min(max(half * z, np.float32(-7.9)), np.float32(7.9))
    s = h * h
    above = np.float32(-2.76076847742355e-16)
    above = above * s + np.float32(2.00018790482477e-13)
    above = above * s + np.float32(-8.60467152213735e-11)
    above = above * s + np.float32(5.12229709037114e-08)
    above = above * s + np.float32(1.48572235717979e-05)
    above = above * s + np.float32(6.37261928875436e-04)
    above = above * s + np.float32(4.89352455891786e-03)
    below = np.float32(1.19825839466702e-06)
    below = below * s + np.float32(1.18534705686654e-04)
    below = below * s + np.float32(2.26843463243900e-03)
    below = below * s + np.float32(4.89352518554385e-03)
    return half + half * h * above / below


@kernel(reassociate=True, inline=True)
def _four_dots(
    vector: NDArray[np.float32],
    table: NDArray[np.float32],
    items: NDArray[np.int64],
    cosine: NDArray[np.float32],
    first: int,
) -> None:
    """Fill cosine[j] with the dot product of `vector` and row items[j] of `table`, j = first ... first + 3."""
    zero = np.float32(0.0)
    a, b, c, d = zero, zero, zero, zero
    row_a, row_b, row_c, row_d = items[first], items[first + 1], items[first + 2], items[first + 3]
    for k in range(vector.shape[0]):
        x = vector[k]
        a += x * table[row_a, k]
        b += x * table[row_b, k]
        c += x * table[row_c, k]
        d += x * table[row_d, k]
    cosine[first], cosine[first + 1], cosine[first + 2], cosine[first + 3] = a, b, c, d


@kernel(reassociate=True, inline=True)
def _move_two(
    vector: NDArray[np.float32],
    gradient: NDArray[np.float32],
    table: NDArray[np.float32],
    items: NDArray[np.int64],
    slope: NDArray[np.float32],
    move: NDArray[np.float32],
    first: int,
) -> None:
    """Add two rows of `table`, times their slopes, to `gradient`; then row = keep * row + pull * vector.

    items[first] and items[first + 1] are the rows. move : float32 (8, 2), keep and pull of each.
    """
    row_a, row_b = items[first], items[first + 1]
    slope_a, slope_b = slope[first], slope[first + 1]
    keep_a, pull_a, keep_b, pull_b = move[first, 0], move[first, 1], move[first + 1, 0], move[first + 1, 1]
    for k in range(vector.shape[0]):
        x, y, z = table[row_a, k], table[row_b, k], vector[k]
        gradient[k] += slope_a * x + slope_b * y
        table[row_a, k] = keep_a * x + pull_a * z
        table[row_b, k] = keep_b * y + pull_b * z


@kernel(reassociate=True, inline=True)
def _move_one(
    vector: NDArray[np.float32],
    gradient: NDArray[np.float32],
    table: NDArray[np.float32],
    items: NDArray[np.int64],
    slope: NDArray[np.float32],
    move: NDArray[np.float32],
    first: int,
) -> None:
    """`_move_two` for a single row."""
    row, by, keep, pull = items[first], slope[first], move[first, 0], move[first, 1]
    for k in range(vector.shape[0]):
        x, z = table[row, k], vector[k]
        gradient[k] += by * x
        table[row, k] = keep * x + pull * z


@kernel(reassociate=True)
def _head_step(head: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
    """One Adagrad step of weight, gamma and beta from a chunk's sums, then one step of the moving statistics.

    sums : float64 (5,), over the chunk: rows, error, error * cosine, cosine, cosine squared. Set to zero here.
    """
    n = sums[0]
    if n == 0:
        return
    inverse = 1.0 / np.sqrt(head[VARIANCE] + EPSILON)
    weight, gamma, rate = head[WEIGHT], head[GAMMA], head[LEARNING_RATE]
    by_cosine, by_one = sums[2] / n, sums[1] / n
    by_weight = gamma * inverse * by_cosine
    by_gamma = inverse * (weight * by_cosine + (head[BIAS] - head[MEAN]) * by_one)
    head[WEIGHT_SQUARES] += by_weight * by_weight
    head[GAMMA_SQUARES] += by_gamma * by_gamma
    head[BETA_SQUARES] += by_one * by_one
    head[WEIGHT] -= rate * by_weight / np.sqrt(head[WEIGHT_SQUARES])
    head[GAMMA] -= rate * by_gamma / np.sqrt(head[GAMMA_SQUARES])
    head[BETA] -= rate * by_one / np.sqrt(head[BETA_SQUARES])
    mean = sums[3] / n
    variance = max(sums[4] / n - mean * mean, 0.0)
    head[MEAN] = MOMENTUM * head[MEAN] + (1.0 - MOMENTUM) * (weight * mean + head[BIAS])
    head[VARIANCE] = MOMENTUM * head[VARIANCE] + (1.0 - MOMENTUM) * weight * weight * variance
    head[ROWS] += n
    sums[:] = 0.0


@kernel(parallel=True, reassociate=True)
def adagrad_round(
    segments: NDArray[np.int64],
    item_index: NDArray[np.integer[Any]],
    target: NDArray[np.float32],
    user_vectors: NDArray[np.float32],
    user_squares: NDArray[np.float32],
    item_vectors: NDArray[np.float32],
    item_squares: NDArray[np.float32],
    heads: NDArray[np.float64],
) -> None:
    """Learn from the rows of some users: each lane from its own users, into its own item table and head.

    segments     : int64 (n_lanes, n_segments, 3): user, first row, end row; first = end for no rows.
                   No user is in two segments.
    item_index   : uint16 or int32 (n_rows,), each item at most once per user. target: float32 (n_rows,), [0, 1].
    user_vectors : float32 (n_users, dim), unit length. user_squares: float32 (n_users,), Adagrad's sums.
    item_vectors : float32 (n_lanes, n_items, dim), unit length. item_squares: float32 (n_lanes, n_items).
    heads        : float64 (n_lanes, N_HEAD); LOSS, ABSOLUTE, SQUARED and ROWS are added to.

    A user's rows are processed eight at a time. With c = u.v and z = A c + D (the dense unit and the batch
    normalization by moving statistics in one line), the slope is s = A (sigmoid(z) - target), the gradient
    along the sphere g = s (u - c v), |g|^2 = s^2 (1 - c^2). Row-wise Adagrad: squares += |g|^2,
    v = unit(v - rate g / sqrt(squares)); the user's vector moves likewise by the sum over the eight rows.
    The head moves after each chunk of at least CHUNK_ROWS rows and at the end.
    A lane runs on one thread and writes its own item table, squares and head, and its own users' rows.
    Source: Duchi et al. 2011; batch normalization by moving statistics: Ioffe 2017, without its correction.
    """
    for lane in nb.prange(segments.shape[0]):
        table, squares, head = item_vectors[lane], item_squares[lane], heads[lane]
        dim, n_rows = table.shape[1], len(item_index)
        one = np.float32(1.0)
        gradient = np.zeros(dim, dtype=np.float32)
        items = np.zeros(_BLOCK, dtype=np.int64)
        cosine, slope = np.zeros(_BLOCK, dtype=np.float32), np.zeros(_BLOCK, dtype=np.float32)
        move = np.zeros((_BLOCK, 2), dtype=np.float32)
        sums = np.zeros(5)
        rate = np.float32(head[LEARNING_RATE])
        scale = np.float32(head[GAMMA] * head[WEIGHT] / np.sqrt(head[VARIANCE] + EPSILON))
        shift = np.float32(head[BETA] + head[GAMMA] * (head[BIAS] - head[MEAN]) / np.sqrt(head[VARIANCE] + EPSILON))
        for segment in range(segments.shape[1]):
            user = segments[lane, segment, 0]
            vector = user_vectors[user]
            start, end = segments[lane, segment, 1], segments[lane, segment, 2]
            for first in range(start, end, _BLOCK):
                n = min(_BLOCK, end - first)
                for j in range(n):
                    items[j] = item_index[first + j]
                for j in range(first + _BLOCK, min(first + 2 * _BLOCK, n_rows)):
                    row = np.int64(item_index[j])
                    for k in range(0, dim, _FLOATS_PER_LINE):
                        prefetch_2d(table, row, k)
                # A shorter last block repeats its last item; the results for the repeats are not used.
                for j in range(n, _BLOCK):
                    items[j] = items[n - 1]
                _four_dots(vector, table, items, cosine, 0)
                _four_dots(vector, table, items, cosine, 4)
                error_sum, along = np.float32(0.0), np.float32(0.0)
                absolute, squared, by_cosine = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                cosines, cosines_squared, by_target = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                # The sum of log(1 - p) is the logarithm of the product: one logarithm for eight rows.
                product = np.float64(1.0)
                for j in range(n):
                    c, wanted = cosine[j], target[first + j]
                    z = scale * c + shift
                    p = _sigmoid(z)
                    error = p - wanted
                    product *= 1.0 - p
                    by_target += wanted * z
                    absolute += abs(error)
                    squared += error * error
                    error_sum += error
                    by_cosine += error * c
                    cosines += c
                    cosines_squared += c * c
                    s = scale * error
                    sine_squared = max(one - c * c, np.float32(0.0))
                    total = squares[items[j]] + s * s * sine_squared
                    squares[items[j]] = total
                    step = -rate * s / np.sqrt(total)
                    length = one / np.sqrt(one + step * step * sine_squared)
                    slope[j] = s
                    move[j, 0] = length * (one - step * c)
                    move[j, 1] = length * step
                    along += s * c
                head[LOSS] -= np.log(product) + by_target
                head[ABSOLUTE] += absolute
                head[SQUARED] += squared
                sums[0] += n
                sums[1] += error_sum
                sums[2] += by_cosine
                sums[3] += cosines
                sums[4] += cosines_squared
                for k in range(dim):
                    gradient[k] = -along * vector[k]
                for j in range(0, n - 1, 2):
                    _move_two(vector, gradient, table, items, slope, move, j)
                if n % 2 == 1:
                    _move_one(vector, gradient, table, items, slope, move, n - 1)
                length_squared = np.float32(0.0)
                for k in range(dim):
                    length_squared += gradient[k] * gradient[k]
                user_squares[user] += length_squared
                step = rate / np.sqrt(user_squares[user])
                new_length = np.float32(0.0)
                for k in range(dim):
                    x = vector[k] - step * gradient[k]
                    vector[k] = x
                    new_length += x * x
                length = one / np.sqrt(new_length)
                for k in range(dim):
                    vector[k] *= length
            if sums[0] >= head[CHUNK_ROWS] or segment == segments.shape[1] - 1:
                _head_step(head, sums)
                inverse = 1.0 / np.sqrt(head[VARIANCE] + EPSILON)
                scale = np.float32(head[GAMMA] * head[WEIGHT] * inverse)
                shift = np.float32(head[BETA] + head[GAMMA] * (head[BIAS] - head[MEAN]) * inverse)


@kernel
def _differ(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether two vectors differ in any number; without an early return, so that the loop is vectorized."""
    n_different = 0
    for k in range(a.shape[0]):
        n_different += a[k] != b[k]
    return n_different > 0


@kernel(parallel=True, reassociate=True)
def merge_lanes(
    vectors: NDArray[np.float32],
    squares: NDArray[np.float32],
    item_vectors: NDArray[np.float32],
    item_squares: NDArray[np.float32],
) -> None:
    """Add the changes of all lanes since the last merge, scale rows to unit length, copy the result to all lanes.

    vectors      : float32 (n_items, dim). squares: float32 (n_items,). As of the last merge; replaced.
    item_vectors : float32 (n_lanes, n_items, dim). item_squares: float32 (n_lanes, n_items). Replaced.
    A row that no lane changed keeps its bits. After the merge all lanes hold the bits of `vectors` and `squares`,
    so a run can continue from these two arrays.
    A thread writes whole rows, and lanes are added in their order, so the bits do not depend on the threads.
    """
    n_lanes, n_items, dim = item_vectors.shape
    for row in nb.prange(n_items):
        total, is_changed = squares[row], False
        for lane in range(n_lanes):
            total += item_squares[lane, row] - squares[row]
            is_changed |= item_squares[lane, row] != squares[row]
        # Equal squares do not imply equal vectors: a square that float32 rounds away may belong to a change.
        for lane in range(n_lanes):
            is_changed = is_changed or _differ(item_vectors[lane, row], vectors[row])
        if not is_changed:
            continue
        squares[row] = total
        length_squared = np.float32(0.0)
        for k in range(dim):
            old = vectors[row, k]
            x = old
            for lane in range(n_lanes):
                x += item_vectors[lane, row, k] - old
            vectors[row, k] = x
            length_squared += x * x
        length = np.float32(1.0) / np.sqrt(length_squared)
        for k in range(dim):
            vectors[row, k] *= length
        for lane in range(n_lanes):
            item_squares[lane, row] = total
            for k in range(dim):
                item_vectors[lane, row, k] = vectors[row, k]
