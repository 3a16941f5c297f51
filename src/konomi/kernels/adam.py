"""Dense Adam on the rows of a table, applied late: a row catches up with the steps that it missed when it is used.

No loop here checks an index: rows come from a dataset, which `Dataset.read_from` or ingest has checked.
"""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel
from konomi.kernels.prefetch import prefetch_3d

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NORM_EPSILON = 1e-7  # the shortest length that the network divides by
BATCH_EPSILON, MOMENTUM = 1e-3, 0.99

# Columns of `gaps`, float64 (max_gap + 1, 5): how a number of missed steps changes a row.
DECAY_1, DECAY_2, WEIGHT, MEAN_ROOT, ROOT_VARIANCE = range(5)
# Columns of `runs`, int64 (n, 4): a row of the table, where its batch rows start and end, the steps it missed.
ROW, START, END, MISSED = range(4)
# Rows of the head, float64 (6, 3): a parameter with its first and second moment; the statistics have no moments.
DENSE, BIAS, GAMMA, BETA, MEAN, VARIANCE = range(6)
# Sums of a batch that are added to `figures`, float64 (4,).
LOSS, ABSOLUTE, SQUARED, ROWS = range(4)

_N_PARTS = 64
_FLOATS_PER_LINE = 16  # a cache line of 64 bytes
_AHEAD = 3  # rows that are prefetched before their turn


@kernel
def fill_gaps(alphas: NDArray[np.float64], step: int, gaps: NDArray[np.float64]) -> None:
    """Fill gaps[g], g = 0 ... step, with how the last g of `step` steps change a row without a gradient in them.

    alphas : float64 (n_steps + 1,), alphas[t] = rate_t sqrt(1 - b2^t) / (1 - b1^t) of step t = 1, 2, ...
    In the j-th missed step m = m0 b1^j and sqrt(v) = sqrt(v0) r^j with r = sqrt(b2), so a parameter moves by
    -sum_j alpha_j b1^j m0 / (sqrt(v0) r^j + eps). r^j changes little before b1^j is negligible; around its mean,
    weighted with alpha_j b1^j, the sum is -m0 W / D (1 + variance (sqrt(v0) / D)^2), D = sqrt(v0) mean + eps,
    with a relative error below 1e-6. W, mean and variance depend on the gap alone: a recurrence gives them.
    """
    root = np.sqrt(BETA_2)
    weight, first, second = 0.0, 0.0, 0.0
    decay_1, decay_2 = 1.0, 1.0
    gaps[0, DECAY_1], gaps[0, DECAY_2] = 1.0, 1.0
    gaps[0, WEIGHT], gaps[0, MEAN_ROOT], gaps[0, ROOT_VARIANCE] = 0.0, 1.0, 0.0
    for gap in range(1, min(len(gaps) - 1, step) + 1):
        alpha = alphas[step - gap + 1]
        weight = BETA_1 * (alpha + weight)
        first = BETA_1 * root * (alpha + first)
        second = BETA_1 * BETA_2 * (alpha + second)
        decay_1 *= BETA_1
        decay_2 *= BETA_2
        gaps[gap, DECAY_1] = decay_1 if decay_1 > 1e-30 else 0.0
        gaps[gap, DECAY_2] = decay_2
        gaps[gap, WEIGHT] = weight
        mean = first / weight if weight > 0.0 else 1.0
        gaps[gap, MEAN_ROOT] = mean
        gaps[gap, ROOT_VARIANCE] = max(second / weight - mean * mean, 0.0) if weight > 0.0 else 0.0


@kernel
def group_rows(
    index: NDArray[np.integer[Any]],
    updated_at: NDArray[np.int64],
    step: int,
    slot_of: NDArray[np.int32],
    runs: NDArray[np.int64],
    slots: NDArray[np.int32],
    members: NDArray[np.int32],
) -> int:
    """The number of different table rows in a batch, after grouping the batch by them in order of appearance.

    index      : integers (n,), the table row of each batch row.
    updated_at : int64 (n_table_rows,), each row's steps so far; becomes step + 1 for the rows of the batch.
    slot_of    : int32 (n_table_rows,), all -1 before and after.
    runs       : int64 (at least n, 4), filled: see the columns above; START and END are positions in `members`.
                 ROW is -1 after the last run.
    slots      : int32 (n,), filled: the run that each batch row belongs to.
    members    : int32 (n,), filled: the batch rows of the first run, of the second, ...
    """
    n_runs = 0
    for i in range(len(index)):
        row = np.int64(index[i])
        slot = slot_of[row]
        if slot < 0:
            slot = np.int32(n_runs)
            slot_of[row] = slot
            runs[slot, ROW], runs[slot, END] = row, 0
            runs[slot, MISSED] = step - updated_at[row]
            updated_at[row] = step + 1
            n_runs += 1
        slots[i] = slot
        runs[slot, END] += 1
    for slot in range(n_runs, len(runs)):
        runs[slot, ROW] = -1
    start = 0
    for slot in range(n_runs):
        size = runs[slot, END]
        runs[slot, START], runs[slot, END] = start, start
        start += size
        slot_of[runs[slot, ROW]] = -1
    for i in range(len(index)):
        slot = slots[i]
        members[runs[slot, END]] = i
        runs[slot, END] += 1
    return n_runs


@kernel(reassociate=True)
def _catch_up(table: NDArray[np.float32], row: int, gaps: NDArray[np.float64], gap: int) -> None:
    """Move the vector of one row by the steps that it missed; its moments do not change."""
    weight, mean = np.float32(gaps[gap, WEIGHT]), np.float32(gaps[gap, MEAN_ROOT])
    variance, epsilon, one = np.float32(gaps[gap, ROOT_VARIANCE]), np.float32(EPSILON), np.float32(1.0)
    for k in range(table.shape[2]):
        root = np.sqrt(table[row, 2, k])
        inverse = one / (root * mean + epsilon)
        ratio = root * inverse
        table[row, 0, k] -= table[row, 1, k] * weight * inverse * (one + variance * ratio * ratio)


@kernel(reassociate=True)
def _inverse_length(table: NDArray[np.float32], row: int) -> np.float32:
    """1 / |vector| of one row, at most 1 / NORM_EPSILON."""
    total = np.float32(0.0)
    for k in range(table.shape[2]):
        total += table[row, 0, k] * table[row, 0, k]
    return np.float32(1.0) / max(np.sqrt(total), np.float32(NORM_EPSILON))


@kernel
def _prefetch_row(table: NDArray[np.float32], row: int) -> None:
    """Prefetch all three vectors of a row."""
    for plane in range(3):
        for k in range(0, table.shape[2], _FLOATS_PER_LINE):
            prefetch_3d(table, row, plane, k)


@kernel(reassociate=True)
def _bring_part_up_to_date(
    table: NDArray[np.float32],
    runs: NDArray[np.int64],
    gaps: NDArray[np.float64],
    unit: NDArray[np.float32],
    part: int,
) -> None:
    """`bring_up_to_date` for every 64th run of one table."""
    for run in range(part, len(runs), _N_PARTS):
        row, gap = runs[run, ROW], runs[run, MISSED]
        if row < 0:
            return
        if run + _AHEAD * _N_PARTS < len(runs) and runs[run + _AHEAD * _N_PARTS, ROW] >= 0:
            _prefetch_row(table, runs[run + _AHEAD * _N_PARTS, ROW])
        if gap > 0:
            _catch_up(table, row, gaps, gap)
        inverse = _inverse_length(table, row)
        for k in range(table.shape[2]):
            unit[run, k] = table[row, 0, k] * inverse


@kernel(parallel=True, reassociate=True)
def bring_up_to_date(
    user_table: NDArray[np.float32],
    item_table: NDArray[np.float32],
    runs: NDArray[np.int64],
    gaps: NDArray[np.float64],
    units: NDArray[np.float32],
) -> None:
    """Move a batch's vectors by the steps that they missed; fill units[side, r] with run r's vector at length 1.

    user_table, item_table : float32 (n_table_rows, 3, dim): vector, first moment, second moment.
    runs  : int64 (2, n, 4), of users and of items, as `group_rows` fills them.
    units : float32 (2, n, dim).
    A thread takes every 64th run and writes whole rows of the tables and of `units`; no row is in two runs.
    """
    for part in nb.prange(_N_PARTS):
        _bring_part_up_to_date(user_table, runs[0], gaps, units[0], part)
        _bring_part_up_to_date(item_table, runs[1], gaps, units[1], part)


@kernel(reassociate=True)
def cosines(units: NDArray[np.float32], slots: NDArray[np.int32], cosine: NDArray[np.float32]) -> None:
    """Fill cosine (n,) with the dot product of each batch row's two unit vectors.

    units : float32 (2, at least n_runs, dim). slots: int32 (2, n), each row's run among users and among items.
    Runs on the calling thread: it takes less time than waking other threads.
    """
    for i in range(len(cosine)):
        user, item = slots[0, i], slots[1, i]
        total = np.float32(0.0)
        for k in range(units.shape[2]):
            total += units[0, user, k] * units[1, item, k]
        cosine[i] = total


@kernel
def _adam_scalar(parameter: NDArray[np.float64], gradient: float, alpha: float) -> None:
    """One Adam step of `parameter`, float64 (3,): value, first moment, second moment."""
    parameter[1] += (gradient - parameter[1]) * (1.0 - BETA_1)
    parameter[2] += (gradient * gradient - parameter[2]) * (1.0 - BETA_2)
    parameter[0] -= alpha * parameter[1] / (np.sqrt(parameter[2]) + EPSILON)


@kernel
def head_step(
    cosine: NDArray[np.float32],
    target: NDArray[np.float32],
    alpha: float,
    head: NDArray[np.float64],
    slope: NDArray[np.float32],
    figures: NDArray[np.float64],
) -> None:
    """One Adam step of the head (dense unit, batch normalization) on a batch, and the derivative by each cosine.

    cosine, target : float32 (n,). alpha: the rate of this step, bias corrections included.
    head           : float64 (6, 3). slope: float32 (n,), filled with the derivative of the loss by each cosine.
    figures        : float64 (4,), the sums over the batch are added to it. The loss is the cross-entropy.
    The derivative by the bias is zero, because batch normalization subtracts the mean.
    Runs on the calling thread: sums are taken in the order of the rows.
    """
    n = len(cosine)
    weight, gamma, beta = head[DENSE, 0], head[GAMMA, 0], head[BETA, 0]
    mean = 0.0
    for i in range(n):
        mean += cosine[i]
    mean /= n
    variance = 0.0
    for i in range(n):
        variance += (cosine[i] - mean) ** 2
    variance = variance / n * weight * weight
    inverse = 1.0 / np.sqrt(variance + BATCH_EPSILON)
    by_beta, by_gamma = 0.0, 0.0
    for i in range(n):
        normed = weight * (cosine[i] - mean) * inverse
        z = gamma * normed + beta
        decayed = np.exp(-abs(z))
        p = 1.0 / (1.0 + decayed) if z >= 0.0 else decayed / (1.0 + decayed)
        error = p - target[i]
        figures[LOSS] += max(z, 0.0) - z * target[i] + np.log1p(decayed)
        figures[ABSOLUTE] += abs(error)
        figures[SQUARED] += error * error
        by_beta += error / n
        by_gamma += error / n * normed
        slope[i] = error / n
    figures[ROWS] += n
    by_weight = 0.0
    for i in range(n):
        normed = weight * (cosine[i] - mean) * inverse
        by_input = gamma * inverse * (slope[i] - by_beta / n - normed * by_gamma / n)
        by_weight += by_input * cosine[i]
        slope[i] = by_input * weight
    head[MEAN, 0] = MOMENTUM * head[MEAN, 0] + (1.0 - MOMENTUM) * (weight * mean + head[BIAS, 0])
    head[VARIANCE, 0] = MOMENTUM * head[VARIANCE, 0] + (1.0 - MOMENTUM) * variance
    _adam_scalar(head[DENSE], by_weight, alpha)
    _adam_scalar(head[GAMMA], by_gamma, alpha)
    _adam_scalar(head[BETA], by_beta, alpha)


@kernel
def order_by_run(
    members: NDArray[np.int32],
    other_slots: NDArray[np.int32],
    cosine: NDArray[np.float32],
    slope: NDArray[np.float32],
    partner: NDArray[np.int32],
    pull: NDArray[np.float32],
) -> None:
    """Fill partner with the other side's run, and pull with slope and slope * cosine, in the order of `members`.

    members, other_slots : int32 (n,), as `group_rows` fills them. cosine, slope : float32 (n,), of each batch row.
    partner              : int32 (n,). pull : float32 (n, 2).
    """
    for i in range(len(members)):
        member = members[i]
        partner[i] = other_slots[member]
        pull[i, 0] = slope[member]
        pull[i, 1] = slope[member] * cosine[member]


@kernel(reassociate=True)
def _adam_part(
    table: NDArray[np.float32],
    runs: NDArray[np.int64],
    partner: NDArray[np.int32],
    pull: NDArray[np.float32],
    other_unit: NDArray[np.float32],
    gaps: NDArray[np.float64],
    alpha: float,
    part: int,
) -> None:
    """`adam_rows` for every 64th run of one table."""
    dim = table.shape[2]
    keep_1, keep_2 = np.float32(1.0 - BETA_1), np.float32(1.0 - BETA_2)
    epsilon, rate = np.float32(EPSILON), np.float32(alpha)
    own, gradient = np.empty(dim, dtype=np.float32), np.empty(dim, dtype=np.float32)
    squares = np.empty(dim, dtype=np.float32)
    for run in range(part, len(runs), _N_PARTS):
        row, gap = runs[run, ROW], runs[run, MISSED]
        if row < 0:
            return
        if run + _AHEAD * _N_PARTS < len(runs) and runs[run + _AHEAD * _N_PARTS, ROW] >= 0:
            _prefetch_row(table, runs[run + _AHEAD * _N_PARTS, ROW])
        inverse = _inverse_length(table, row)
        for k in range(dim):
            own[k] = table[row, 0, k] * inverse
            gradient[k] = np.float32(0.0)
            squares[k] = np.float32(0.0)
        for i in range(runs[run, START], runs[run, END]):
            other, by, along = partner[i], pull[i, 0] * inverse, pull[i, 1] * inverse
            for k in range(dim):
                g = by * other_unit[other, k] - along * own[k]
                gradient[k] += g
                squares[k] += g * g
        decay_1, decay_2 = np.float32(gaps[gap, DECAY_1]), np.float32(gaps[gap, DECAY_2])
        for k in range(dim):
            m, v = table[row, 1, k] * decay_1, table[row, 2, k] * decay_2
            m += (gradient[k] - m) * keep_1
            v += (squares[k] - v) * keep_2
            table[row, 1, k], table[row, 2, k] = m, v
            table[row, 0, k] -= rate * m / (np.sqrt(v) + epsilon)


@kernel(parallel=True, reassociate=True)
def adam_rows(
    user_table: NDArray[np.float32],
    item_table: NDArray[np.float32],
    runs: NDArray[np.int64],
    partner: NDArray[np.int32],
    pull: NDArray[np.float32],
    units: NDArray[np.float32],
    gaps: NDArray[np.float64],
    alpha: float,
) -> None:
    """One Adam step of the batch's rows, their moments first brought up to date.

    user_table, item_table : float32 (n_table_rows, 3, dim), vectors up to date. runs: int64 (2, n, 4).
    partner : int32 (2, n), runs of the other side. pull: float32 (2, n, 2). Both as `order_by_run` fills them.
    units   : float32 (2, n, dim), from `bring_up_to_date`.
    A batch row's gradient, through the normalization, is g_i = slope_i (v_i - c_i u) / |vector|; the first moment
    takes the sum of g_i, the second the sum of g_i^2, as Keras 3 does for embeddings on TensorFlow (it squares
    before it adds up a row's occurrences).
    A thread takes every 64th run and writes whole rows of the tables; no row is in two runs.
    """
    for part in nb.prange(_N_PARTS):
        _adam_part(user_table, runs[0], partner[0], pull[0], units[1], gaps, alpha, part)
        _adam_part(item_table, runs[1], partner[1], pull[1], units[0], gaps, alpha, part)


@kernel(parallel=True, reassociate=True)
def bring_all_up_to_date(
    table: NDArray[np.float32], updated_at: NDArray[np.int64], step: int, gaps: NDArray[np.float64]
) -> None:
    """Apply to the vector and moments of every row the steps that the row missed of the first `step` steps.

    table : float32 (n, 3, dim). updated_at : int64 (n,), set to `step`. A thread writes whole rows.
    """
    for row in nb.prange(len(updated_at)):
        gap = step - updated_at[row]
        if gap > 0:
            _catch_up(table, row, gaps, gap)
            decay_1, decay_2 = np.float32(gaps[gap, DECAY_1]), np.float32(gaps[gap, DECAY_2])
            for k in range(table.shape[2]):
                table[row, 1, k] *= decay_1
                table[row, 2, k] *= decay_2
            updated_at[row] = step
