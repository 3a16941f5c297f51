"""Dense Adam on the rows of a table, done lazily: a row catches up exactly with the steps that it missed.

No loop here checks an index: rows come from a dataset, which `Dataset.read_from` or ingest has checked.
"""

from typing import Any

import numba as nb
import numpy as np

from konomi.kernels.prefetch import prefetch_3d

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NORM_EPSILON = 1e-7  # the shortest length that the network divides by
BATCH_EPSILON, MOMENTUM = 1e-3, 0.99

# Columns of `gaps`, float64 (max_gap + 1, 5): what the missed steps do to a row.
DECAY_1, DECAY_2, WEIGHT, MEAN_ROOT, ROOT_VARIANCE = range(5)
# Columns of `runs`, int64 (n, 4): a row of the table, where its batch rows start and end, the steps it missed.
ROW, START, END, MISSED = range(4)
# The head, float64 (6, 3): each parameter with its first and second moment; the statistics have none.
DENSE, BIAS, GAMMA, BETA, MEAN, VARIANCE = range(6)
# What a batch adds to `figures`, float64 (4,).
LOSS, ABSOLUTE, SQUARED, ROWS = range(4)

_N_PARTS = 64
_FLOATS_PER_LINE = 16  # a cache line of 64 bytes
_AHEAD = 3  # rows whose lines are on their way while one is worked on


@nb.njit(nogil=True, cache=True, error_model="numpy")
def fill_gaps(alphas: Any, step: Any, gaps: Any) -> None:
    """Fill gaps[g], for every g, with what the last g of `step` steps do to a row with no gradient in them.

    alphas : float64 (n_steps + 1,), alphas[t] = rate_t sqrt(1 - b2^t) / (1 - b1^t) of step t = 1, 2, ...
    In the j-th missed step m = m0 b1^j and sqrt(v) = sqrt(v0) r^j with r = sqrt(b2), so a parameter moves by
    -sum_j alpha_j b1^j m0 / (sqrt(v0) r^j + eps). r^j hardly varies where b1^j still counts; around its mean,
    weighted with alpha_j b1^j, the sum is -m0 W / D (1 + variance (sqrt(v0) / D)^2), D = sqrt(v0) mean + eps,
    with a relative error under 1e-6. W, mean and variance depend on the gap alone: a recurrence gives them all.
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


@nb.njit(nogil=True, cache=True, error_model="numpy")
def group_rows(index: Any, updated_at: Any, step: Any, slot_of: Any, runs: Any, slots: Any, members: Any) -> Any:
    """The number of different rows in a batch, after grouping the batch by them, in order of first appearance.

    index      : the batch's row numbers (n,). updated_at: int64 (n_table_rows,), set to step + 1 where touched.
    slot_of    : int32 (n_table_rows,), all -1 before and after.
    runs       : int64 (at least n, 4), filled: see the columns above; START and END point into `members`.
                 All that follow the last run get a ROW of -1.
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


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _catch_up(table: Any, row: Any, gaps: Any, gap: Any) -> None:
    """Move the vector of one row by the steps it missed; its moments stay as they are."""
    weight, mean = np.float32(gaps[gap, WEIGHT]), np.float32(gaps[gap, MEAN_ROOT])
    variance, epsilon, one = np.float32(gaps[gap, ROOT_VARIANCE]), np.float32(EPSILON), np.float32(1.0)
    for k in range(table.shape[2]):
        root = np.sqrt(table[row, 2, k])
        inverse = one / (root * mean + epsilon)
        ratio = root * inverse
        table[row, 0, k] -= table[row, 1, k] * weight * inverse * (one + variance * ratio * ratio)


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _inverse_length(table: Any, row: Any) -> Any:
    """1 / |vector| of one row, at most 1 / NORM_EPSILON."""
    total = np.float32(0.0)
    for k in range(table.shape[2]):
        total += table[row, 0, k] * table[row, 0, k]
    return np.float32(1.0) / max(np.sqrt(total), np.float32(NORM_EPSILON))


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _prefetch_row(table: Any, row: Any) -> None:
    """Ask for all three vectors of a row."""
    for plane in range(3):
        for k in range(0, table.shape[2], _FLOATS_PER_LINE):
            prefetch_3d(table, row, plane, k)


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _bring_part_up_to_date(table: Any, runs: Any, gaps: Any, unit: Any, part: Any) -> None:
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


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, parallel=True)
def bring_up_to_date(user_table: Any, item_table: Any, runs: Any, gaps: Any, units: Any) -> None:
    """Let the vectors of a batch catch up, and fill units[side, r] with run r's vector at length 1.

    user_table, item_table : float32 (n_table_rows, 3, dim): vector, first moment, second moment.
    runs  : int64 (2, n, 4), of users and of items; all that follow a ROW of -1 are no runs.
    units : float32 (2, n, dim).
    A thread takes every 64th run and writes whole rows of the tables and of `units`; no row stands in two runs.
    """
    for part in nb.prange(_N_PARTS):
        _bring_part_up_to_date(user_table, runs[0], gaps, units[0], part)
        _bring_part_up_to_date(item_table, runs[1], gaps, units[1], part)


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def cosines(units: Any, slots: Any, cosine: Any) -> None:
    """Fill cosine (n,) with the dot product of each batch row's two unit vectors.

    units : float32 (2, at least n_runs, dim). slots: int32 (2, n), each row's run among users and among items.
    On one thread: it is over before a second one would have woken.
    """
    for i in range(len(cosine)):
        user, item = slots[0, i], slots[1, i]
        total = np.float32(0.0)
        for k in range(units.shape[2]):
            total += units[0, user, k] * units[1, item, k]
        cosine[i] = total


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _adam_scalar(parameter: Any, gradient: Any, alpha: Any) -> None:
    """One Adam step of parameter (3,): value, first moment, second moment."""
    parameter[1] += (gradient - parameter[1]) * (1.0 - BETA_1)
    parameter[2] += (gradient * gradient - parameter[2]) * (1.0 - BETA_2)
    parameter[0] -= alpha * parameter[1] / (np.sqrt(parameter[2]) + EPSILON)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def head_step(cosine: Any, target: Any, alpha: Any, head: Any, slope: Any, figures: Any) -> None:
    """Dense unit, batch normalization by the batch, sigmoid, cross-entropy; back again, with a step of the head.

    cosine, target : float32 (n,). alpha: the rate of this step, bias corrections included.
    head           : float64 (6, 3). slope: float32 (n,), filled with the loss's derivative by each cosine.
    figures        : float64 (4,), the sums over the batch are added to it.
    The bias's derivative is nought: batch normalization takes away whatever it adds.
    Runs on one thread: sums are taken in the order of the rows.
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


@nb.njit(nogil=True, cache=True, error_model="numpy")
def order_by_run(members: Any, other_slots: Any, cosine: Any, slope: Any, partner: Any, pull: Any) -> None:
    """Fill partner (n,), the other side's run, and pull (n, 2), slope and slope * cosine, in members' order."""
    for i in range(len(members)):
        member = members[i]
        partner[i] = other_slots[member]
        pull[i, 0] = slope[member]
        pull[i, 1] = slope[member] * cosine[member]


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _adam_part(
    table: Any, runs: Any, partner: Any, pull: Any, other_unit: Any, gaps: Any, alpha: Any, part: Any
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


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, parallel=True)
def adam_rows(
    user_table: Any, item_table: Any, runs: Any, partner: Any, pull: Any, units: Any, gaps: Any, alpha: Any
) -> None:
    """One Adam step of the batch's rows, their moments first brought up to date.

    user_table, item_table : float32 (n_table_rows, 3, dim), vectors up to date. runs: int64 (2, n, 4).
    partner : int32 (2, n), runs of the other side. pull: float32 (2, n, 2). Both in the order of the runs.
    units   : float32 (2, n, dim), from `bring_up_to_date`.
    A batch row's gradient, through the normalization, is g_i = slope_i (v_i - c_i u) / |vector|; the first moment
    takes the sum of g_i, the second the sum of g_i^2, as Keras 3 does for embeddings on TensorFlow (it squares
    before it adds up a row's occurrences).
    A thread takes every 64th run and writes whole rows of the tables; no row stands in two runs.
    """
    for part in nb.prange(_N_PARTS):
        _adam_part(user_table, runs[0], partner[0], pull[0], units[1], gaps, alpha, part)
        _adam_part(item_table, runs[1], partner[1], pull[1], units[0], gaps, alpha, part)


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, parallel=True)
def bring_all_up_to_date(table: Any, updated_at: Any, step: Any, gaps: Any) -> None:
    """Let every row, vector and moments, catch up with `step` steps; a thread writes whole rows."""
    for row in nb.prange(len(updated_at)):
        gap = step - updated_at[row]
        if gap > 0:
            _catch_up(table, row, gaps, gap)
            decay_1, decay_2 = np.float32(gaps[gap, DECAY_1]), np.float32(gaps[gap, DECAY_2])
            for k in range(table.shape[2]):
                table[row, 1, k] *= decay_1
                table[row, 2, k] *= decay_2
            updated_at[row] = step
