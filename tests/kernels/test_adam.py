"""The pieces of dense Adam, against twins that move every row at every step in float64."""

import numpy as np
from numpy.typing import NDArray

from konomi.kernels import adam


def _alphas(n_steps: int, rate: float = 1e-3) -> NDArray[np.float64]:
    t = np.arange(1, n_steps + 1)
    return np.concatenate([[0.0], rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)])


def _missed(
    vector: NDArray, m: NDArray, v: NDArray, alphas: NDArray[np.float64]
) -> tuple[NDArray, NDArray, NDArray]:
    """A row after these steps without a gradient, one after the other."""
    for alpha in alphas:
        m, v = m * 0.9, v * 0.999
        vector = vector - alpha * m / (np.sqrt(v) + 1e-7)
    return vector, m, v


def _resting_table(gap_step: int) -> NDArray[np.float64]:
    """Rows whose second moments lie far below, at and far above Adam's epsilon."""
    rng = np.random.default_rng(gap_step)
    size = 10.0 ** rng.uniform(-10, -1, (40, 16))
    return np.stack([rng.uniform(-0.05, 0.05, (40, 16)), rng.standard_normal((40, 16)) * size, size**2], axis=1)


def test_a_row_catches_up_as_if_it_had_moved_at_every_step() -> None:
    n_steps = 500
    alphas, gaps = _alphas(n_steps), np.zeros((n_steps + 1, 5))
    adam.fill_gaps(alphas, n_steps, gaps)
    for gap in (1, 2, 7, 30, 150, 500):
        exact = _resting_table(gap)
        table = exact.astype(np.float32)
        adam.bring_all_up_to_date(table, np.full(40, n_steps - gap), n_steps, gaps)
        vector, m, v = _missed(exact[:, 0], exact[:, 1], exact[:, 2], alphas[n_steps - gap + 1 :])
        np.testing.assert_allclose(table[:, 0], vector, atol=2e-8)
        np.testing.assert_allclose(table[:, 1], m, rtol=1e-5, atol=1e-30)
        np.testing.assert_allclose(table[:, 2], v, rtol=1e-5)


def test_the_closed_form_of_missed_steps_is_right_to_one_in_a_million() -> None:
    n_steps = 500
    alphas, gaps = _alphas(n_steps), np.zeros((n_steps + 1, 5))
    adam.fill_gaps(alphas, n_steps, gaps)
    root = 10.0 ** np.linspace(-12, 1, 100)
    for gap in (1, 5, 20, 100, 499):
        _, _, weight, mean, variance = gaps[gap]
        j = np.arange(1, gap + 1)
        exact = np.sum(alphas[n_steps - gap + j] * 0.9**j / (root[:, None] * np.sqrt(0.999) ** j + 1e-7), axis=1)
        bottom = root * mean + 1e-7
        np.testing.assert_allclose(weight / bottom * (1 + variance * (root / bottom) ** 2), exact, rtol=1e-6)


def test_grouping_lists_each_row_once_in_order_of_first_appearance() -> None:
    index = np.array([7, 3, 7, 0, 3, 7], dtype=np.int32)
    updated_at, slot_of = np.array([5, 0, 0, 2, 0, 0, 0, 9]), np.full(8, -1, dtype=np.int32)
    runs, slots, members = (
        np.zeros((6, 4), dtype=np.int64),
        np.zeros(6, dtype=np.int32),
        np.zeros(6, dtype=np.int32),
    )
    n_runs = adam.group_rows(index, updated_at, 9, slot_of, runs, slots, members)
    assert runs[:n_runs].tolist() == [[7, 0, 3, 0], [3, 3, 5, 7], [0, 5, 6, 4]]
    assert runs[n_runs:, adam.ROW].tolist() == [-1] * 3
    assert slots.tolist() == [0, 1, 0, 2, 1, 0]
    assert members.tolist() == [0, 2, 5, 1, 4, 3]
    assert updated_at.tolist() == [10, 0, 0, 10, 0, 0, 0, 10]
    assert slot_of.tolist() == [-1] * 8


def test_a_batch_reads_unit_vectors_that_have_caught_up() -> None:
    alphas, gaps = _alphas(20), np.zeros((21, 5))
    adam.fill_gaps(alphas, 20, gaps)
    exact = _resting_table(1)
    users, items = exact.astype(np.float32), exact.astype(np.float32)
    runs = np.array([[[8, 0, 1, 0], [5, 1, 2, 12]], [[5, 0, 2, 12], [-1, 0, 0, 0]]])
    units = np.zeros((2, 2, 16), dtype=np.float32)
    adam.bring_up_to_date(users, items, runs, gaps, units)
    late, _, _ = _missed(exact[5, 0], exact[5, 1], exact[5, 2], alphas[9:])
    for got, vector in zip((*units[0], units[1, 0]), (exact[8, 0], late, late), strict=True):
        np.testing.assert_allclose(got, vector / np.linalg.norm(vector), atol=1e-6)
    assert not units[1, 1].any()
    np.testing.assert_array_equal(users[:, 1:], exact.astype(np.float32)[:, 1:])


def test_cosines_are_dot_products_of_the_runs_that_rows_belong_to() -> None:
    rng = np.random.default_rng(0)
    units = rng.standard_normal((2, 5, 12)).astype(np.float32)
    slots = rng.integers(0, 5, (2, 30)).astype(np.int32)
    cosine = np.zeros(30, dtype=np.float32)
    adam.cosines(units, slots, cosine)
    np.testing.assert_allclose(
        cosine, np.sum(units[0, slots[0]] * units[1, slots[1]], axis=1), rtol=1e-4, atol=1e-5
    )


def _loss(cosine: NDArray[np.float64], target: NDArray[np.float64], head: NDArray[np.float64]) -> float:
    x = head[0] * cosine + head[1]
    z = head[2] * (x - x.mean()) / np.sqrt(x.var() + 1e-3) + head[3]
    p = 1 / (1 + np.exp(-z))
    return float(-np.mean(target * np.log(p) + (1 - target) * np.log(1 - p)))


def test_the_slope_of_each_row_is_the_derivative_of_the_loss() -> None:
    rng = np.random.default_rng(1)
    cosine, target = rng.uniform(-0.4, 0.6, 50).astype(np.float32), rng.random(50).astype(np.float32)
    head = np.zeros((6, 3))
    head[:, 0] = 0.8, 0.0, 1.2, 0.1, 0.0, 1.0
    exact_head, figures, slope = head[:, 0].copy(), np.zeros(4), np.zeros(50, dtype=np.float32)
    adam.head_step(cosine, target, 1e-3, head, slope, figures)
    c, t = cosine.astype(np.float64), target.astype(np.float64)
    assert np.isclose(figures[adam.LOSS] / 50, _loss(c, t, exact_head), rtol=1e-10)
    for row in (0, 17, 49):
        nudge = np.zeros(50)
        nudge[row] = 1e-6
        derivative = (_loss(c + nudge, t, exact_head) - _loss(c - nudge, t, exact_head)) / 2e-6
        assert np.isclose(slope[row], derivative, rtol=1e-4, atol=1e-9)


def test_the_head_takes_an_adam_step_and_the_statistics_follow_the_batch() -> None:
    rng = np.random.default_rng(2)
    cosine, target = rng.uniform(-0.4, 0.6, 50).astype(np.float32), rng.random(50).astype(np.float32)
    head = np.zeros((6, 3))
    head[:, 0] = 0.8, 0.0, 1.2, 0.1, 0.0, 1.0
    before = head[:, 0].copy()
    adam.head_step(cosine, target, 1e-3, head, np.zeros(50, dtype=np.float32), np.zeros(4))
    c, t = cosine.astype(np.float64), target.astype(np.float64)
    for place in (adam.DENSE, adam.GAMMA, adam.BETA):
        nudge = np.zeros(6)
        nudge[place] = 1e-6
        gradient = (_loss(c, t, before + nudge) - _loss(c, t, before - nudge)) / 2e-6
        moved = 1e-3 * 0.1 * gradient / (np.sqrt(0.001) * abs(gradient) + 1e-7)
        assert np.isclose(before[place] - head[place, 0], moved, rtol=1e-3)
    assert head[adam.BIAS, 0] == 0.0
    assert np.isclose(head[adam.MEAN, 0], 0.01 * 0.8 * c.mean())
    assert np.isclose(head[adam.VARIANCE, 0], 0.99 + 0.01 * 0.64 * c.var())


def test_rows_are_put_in_the_order_of_their_runs() -> None:
    members, other = np.array([2, 0, 1], dtype=np.int32), np.array([4, 5, 6], dtype=np.int32)
    cosine, slope = np.array([0.5, 0.25, -1], dtype=np.float32), np.array([1, 2, 3], dtype=np.float32)
    partner, pull = np.zeros(3, dtype=np.int32), np.zeros((3, 2), dtype=np.float32)
    adam.order_by_run(members, other, cosine, slope, partner, pull)
    assert partner.tolist() == [6, 4, 5]
    assert pull.tolist() == [[3.0, -3.0], [1.0, 0.5], [2.0, 0.5]]


def test_a_step_of_rows_matches_adam_with_squares_summed_over_occurrences() -> None:
    rng = np.random.default_rng(4)
    users, items = _resting_table(2).astype(np.float32), _resting_table(3).astype(np.float32)
    before, items_before = users.astype(np.float64), items.copy()
    alphas, gaps = _alphas(20), np.zeros((21, 5))
    adam.fill_gaps(alphas, 20, gaps)
    other = rng.standard_normal((6, 16)).astype(np.float32)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    runs = np.array([[3, 0, 2, 0], [9, 2, 3, 5]])
    partner = np.array([1, 4, 0], dtype=np.int32)
    slope = np.array([0.01, -0.02, 0.03])
    unit = before[[3, 9], 0] / np.linalg.norm(before[[3, 9], 0], axis=1, keepdims=True)
    cosine = np.sum(unit[[0, 0, 1]] * other[partner], axis=1)
    pull = np.stack([slope, slope * cosine], axis=1).astype(np.float32)
    no_runs, both = np.full((2, 4), -1), np.zeros((2, 6, 16), dtype=np.float32)
    both[1] = other
    adam.adam_rows(
        users,
        items,
        np.stack([runs, no_runs]),
        np.stack([partner, partner]),
        np.stack([pull, pull]),
        both,
        gaps,
        1e-3,
    )
    np.testing.assert_array_equal(items, items_before)
    for run, (row, start, end, gap) in enumerate(runs.tolist()):
        rows = np.arange(start, end)
        gradients = slope[rows, None] * (other[partner[rows]] - cosine[rows, None] * unit[run])
        gradients /= np.linalg.norm(before[row, 0])
        m = before[row, 1] * 0.9**gap * 0.9 + 0.1 * gradients.sum(axis=0)
        v = before[row, 2] * 0.999**gap * 0.999 + 0.001 * (gradients**2).sum(axis=0)
        np.testing.assert_allclose(users[row, 0], before[row, 0] - 1e-3 * m / (np.sqrt(v) + 1e-7), atol=1e-6)
        np.testing.assert_allclose(users[row, 1], m, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(users[row, 2], v, rtol=1e-4, atol=1e-9)
