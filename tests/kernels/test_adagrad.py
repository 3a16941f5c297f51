"""The Adagrad round and the merge of lanes, against twins that go row by row in float64."""

from dataclasses import dataclass, replace
from typing import Any

import numba as nb
import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels import adagrad


@dataclass
class Round:
    """The arrays of one round: three lanes, users with 0 to 21 rows, one of them with a single row."""

    segments: NDArray[np.int64]
    item_index: NDArray[np.uint16]
    target: NDArray[np.float32]
    user_vectors: NDArray[np.float32]
    user_squares: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    item_squares: NDArray[np.float32]
    heads: NDArray[np.float64]

    def run(self) -> "Round":
        """This round after the kernel has learned from it; the round itself stays."""
        after = Round(*(array.copy() for array in vars(self).values()))
        adagrad.adagrad_round(*vars(after).values())
        return after


@pytest.fixture
def a_round() -> Round:
    rng = np.random.default_rng(3)
    n_lanes, n_users, n_items, dim = 3, 9, 40, 20
    lengths = np.array([8, 1, 21, 16, 3, 0, 7, 11, 10])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    item_index = np.concatenate([rng.permutation(n_items - 1)[:n] for n in lengths]).astype(np.uint16)
    segments = np.zeros((n_lanes, 3, 3), dtype=np.int64)
    for lane in range(n_lanes):
        for place, user in enumerate(range(lane, n_users, n_lanes)):
            segments[lane, place] = user, offsets[user], offsets[user + 1]
    heads = np.zeros((n_lanes, adagrad.N_HEAD))
    heads[:, :6] = 0.7, 0.0, 1.1, 0.3, 0.02, 0.03
    heads[:, adagrad.WEIGHT_SQUARES : adagrad.BETA_SQUARES + 1] = 0.01
    heads[:, adagrad.LEARNING_RATE], heads[:, adagrad.CHUNK_ROWS] = 0.1, 12
    items = _unit(rng.standard_normal((n_items, dim)))
    return Round(
        segments,
        item_index,
        rng.random(len(item_index)).astype(np.float32),
        _unit(rng.standard_normal((n_users, dim))),
        np.full(n_users, 0.1, dtype=np.float32),
        np.stack([items] * n_lanes),
        np.full((n_lanes, n_items), 0.1, dtype=np.float32),
        heads,
    )


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _line(head: NDArray[np.float64]) -> tuple[float, float]:
    inverse = 1 / np.sqrt(head[adagrad.VARIANCE] + 1e-3)
    scale = head[adagrad.GAMMA] * head[adagrad.WEIGHT] * inverse
    return scale, head[adagrad.BETA] + head[adagrad.GAMMA] * (head[adagrad.BIAS] - head[adagrad.MEAN]) * inverse


def _step_head(head: NDArray[np.float64], rows: list[tuple[float, float]]) -> None:
    """One head step from (error, cosine) pairs."""
    error, cosine = np.array(rows).T
    inverse = 1 / np.sqrt(head[adagrad.VARIANCE] + 1e-3)
    x = head[adagrad.WEIGHT] * cosine + head[adagrad.BIAS]
    gradients = {
        adagrad.WEIGHT: np.mean(error * head[adagrad.GAMMA] * inverse * cosine),
        adagrad.GAMMA: np.mean(error * (x - head[adagrad.MEAN]) * inverse),
        adagrad.BETA: np.mean(error),
    }
    head[adagrad.MEAN] = 0.99 * head[adagrad.MEAN] + 0.01 * x.mean()
    head[adagrad.VARIANCE] = 0.99 * head[adagrad.VARIANCE] + 0.01 * x.var()
    squares = (adagrad.WEIGHT_SQUARES, adagrad.GAMMA_SQUARES, adagrad.BETA_SQUARES)
    for (place, gradient), square in zip(gradients.items(), squares, strict=True):
        head[square] += gradient**2
        head[place] -= head[adagrad.LEARNING_RATE] * gradient / np.sqrt(head[square])


def _naive_round(before: Round) -> Round:
    after = Round(
        *(np.array(a, dtype=np.float64 if a.dtype.kind == "f" else a.dtype) for a in vars(before).values())
    )
    for lane, users in enumerate(after.segments):
        items, squares, head = after.item_vectors[lane], after.item_squares[lane], after.heads[lane]
        rate, chunk = head[adagrad.LEARNING_RATE], []
        for place, (user, start, end) in enumerate(users):
            scale, shift = _line(head)
            for first in range(start, end, 8):
                u, total = after.user_vectors[user].copy(), np.zeros(items.shape[1])
                for row in range(first, min(first + 8, end)):
                    item, wanted = after.item_index[row], after.target[row]
                    v = items[item].copy()
                    cosine = u @ v
                    z = scale * cosine + shift
                    p = 1 / (1 + np.exp(-z))
                    slope = scale * (p - wanted)
                    total += slope * (v - cosine * u)
                    gradient = slope * (u - cosine * v)
                    squares[item] += gradient @ gradient
                    moved = v - rate * gradient / np.sqrt(squares[item])
                    items[item] = moved / np.linalg.norm(moved)
                    head[adagrad.LOSS] -= wanted * np.log(p) + (1 - wanted) * np.log(1 - p)
                    head[adagrad.ABSOLUTE] += abs(p - wanted)
                    head[adagrad.SQUARED] += (p - wanted) ** 2
                    head[adagrad.ROWS] += 1
                    chunk.append((p - wanted, cosine))
                after.user_squares[user] += total @ total
                moved = u - rate * total / np.sqrt(after.user_squares[user])
                after.user_vectors[user] = moved / np.linalg.norm(moved)
            if chunk and (len(chunk) >= head[adagrad.CHUNK_ROWS] or place == len(users) - 1):
                _step_head(head, chunk)
                chunk = []
    return after


@pytest.mark.parametrize("name", ["user_vectors", "user_squares", "item_vectors", "item_squares", "heads"])
def test_a_round_matches_one_that_goes_row_by_row(a_round: Round, name: str) -> None:
    np.testing.assert_allclose(
        getattr(a_round.run(), name), getattr(_naive_round(a_round), name), rtol=2e-4, atol=2e-6
    )


def test_a_round_gives_the_same_bits_on_one_thread_and_on_two(a_round: Round) -> None:
    threads = nb.get_num_threads()
    bits = []
    try:
        for n in (1, min(2, nb.config.NUMBA_NUM_THREADS)):
            nb.set_num_threads(n)
            bits.append([array.tobytes() for array in vars(a_round.run()).values()])
    finally:
        nb.set_num_threads(threads)
    assert bits[0] == bits[1]


def test_vectors_keep_unit_length_through_many_rounds(a_round: Round) -> None:
    after = a_round
    for _ in range(200):
        after = after.run()
    np.testing.assert_allclose(np.linalg.norm(after.item_vectors, axis=2), 1.0, atol=1e-4)


def test_an_item_without_rows_does_not_move(a_round: Round) -> None:
    np.testing.assert_array_equal(a_round.run().item_vectors[:, 39], a_round.item_vectors[:, 39])


def test_a_merge_adds_up_what_the_lanes_changed(a_round: Round) -> None:
    before, before_squares = a_round.item_vectors[0].copy(), a_round.item_squares[0].copy()
    after = a_round.run()
    expected = _unit(before + (after.item_vectors - before).sum(axis=0))
    expected_squares = before_squares + (after.item_squares - before_squares).sum(axis=0)
    adagrad.merge_lanes(before, before_squares, after.item_vectors, after.item_squares)
    np.testing.assert_allclose(before, expected, atol=1e-6)
    np.testing.assert_allclose(before_squares, expected_squares, rtol=1e-6)
    for lane in range(3):
        np.testing.assert_array_equal(after.item_vectors[lane], before)


def test_a_merge_gives_every_lane_the_rows_that_moved_though_their_squares_did_not_change(a_round: Round) -> None:
    large = np.float32(1e9)  # float32 numbers are 64 apart here
    before, before_squares = a_round.item_vectors[0].copy(), np.full(40, large)
    after = replace(a_round, item_squares=np.full_like(a_round.item_squares, large)).run()
    moved = np.any(after.item_vectors != before, axis=(0, 2))
    assert moved.sum() > 10
    assert np.all(after.item_squares == large)
    expected = _unit(before + (after.item_vectors - before).sum(axis=0))
    adagrad.merge_lanes(before, before_squares, after.item_vectors, after.item_squares)
    np.testing.assert_allclose(before, expected, atol=1e-6)
    for lane in range(3):
        np.testing.assert_array_equal(after.item_vectors[lane], before)


def test_a_merge_leaves_the_bits_of_rows_that_no_lane_moved(a_round: Round) -> None:
    before, before_squares = a_round.item_vectors[0].copy(), a_round.item_squares[0].copy()
    untouched = np.setdiff1d(np.arange(40), a_round.item_index)
    assert 39 in untouched
    expected = before[untouched].copy()
    after = a_round.run()
    adagrad.merge_lanes(before, before_squares, after.item_vectors, after.item_squares)
    np.testing.assert_array_equal(before[untouched], expected)
