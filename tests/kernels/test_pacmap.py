"""The gradient of PaCMAP's loss, against sums over single pairs in float64 and against differences of the loss."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels.pacmap import add_attraction, add_repulsion

Points = NDArray[np.float64]
WEIGHT, SOFTNESS = np.float32(3), np.float32(10)


def attraction(distance: NDArray[np.float64]) -> float:
    return float(np.sum(3 * distance / (10 + distance)))


def repulsion(distance: NDArray[np.float64]) -> float:
    return float(np.sum(3 / (1 + distance)))


@pytest.fixture
def points() -> NDArray[np.float32]:
    """float32 (40, 2); the last point is in no pair, points 0 and 1 are at the same position."""
    found = np.random.default_rng(0).normal(0, 2, (40, 2)).astype(np.float32)
    found[1] = found[0]
    return found


@pytest.fixture
def pairs() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """300 random pairs: points that are in several pairs, a pair twice, points 0 and 1."""
    rng = np.random.default_rng(1)
    first = rng.integers(0, 39, 300)
    second = (first + rng.integers(1, 38, 300)) % 39
    first[:2], second[:2] = first[2], second[2]
    first[3], second[3] = 0, 1
    return first.astype(np.int32), second.astype(np.int32)


def distances(at: Points, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.float64]:
    return 1 + ((at[first] - at[second]) ** 2).sum(axis=1)


def slopes(loss: Callable[[NDArray[np.float64]], float], at: Points, *pairs: NDArray[np.int32]) -> Points:
    """The gradient of the loss by differences, point by point and coordinate by coordinate."""
    found = np.zeros_like(at)
    for row, column in np.ndindex(*at.shape):
        step = np.zeros_like(at)
        step[row, column] = 1e-5
        found[row, column] = (loss(distances(at + step, *pairs)) - loss(distances(at - step, *pairs))) / 2e-5
    return found


def test_attraction_matches_differences_of_the_loss(
    points: NDArray[np.float32], pairs: tuple[NDArray[np.int32], NDArray[np.int32]]
) -> None:
    gradient = np.zeros_like(points)
    add_attraction(points, *pairs, WEIGHT, SOFTNESS, gradient)
    np.testing.assert_allclose(gradient, slopes(attraction, points.astype(np.float64), *pairs), atol=1e-4)


def test_repulsion_matches_differences_of_the_loss(
    points: NDArray[np.float32], pairs: tuple[NDArray[np.int32], NDArray[np.int32]]
) -> None:
    gradient = np.zeros_like(points)
    add_repulsion(points, *pairs, WEIGHT, gradient)
    np.testing.assert_allclose(gradient, slopes(repulsion, points.astype(np.float64), *pairs), atol=1e-4)


def test_a_gradient_is_added_to_what_the_array_holds(
    points: NDArray[np.float32], pairs: tuple[NDArray[np.int32], NDArray[np.int32]]
) -> None:
    alone, added = np.zeros_like(points), np.full_like(points, 8)
    add_attraction(points, *pairs, WEIGHT, SOFTNESS, alone)
    add_attraction(points, *pairs, WEIGHT, SOFTNESS, added)
    np.testing.assert_allclose(added - 8, alone, atol=1e-5)
    assert added[39].tolist() == [8, 8]


def test_points_at_the_same_position_have_no_gradient() -> None:
    points, gradient = np.ones((2, 2), dtype=np.float32), np.zeros((2, 2), dtype=np.float32)
    pair = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    add_attraction(points, *pair, WEIGHT, SOFTNESS, gradient)
    add_repulsion(points, *pair, WEIGHT, gradient)
    assert not gradient.any()
