"""The inverse under a strong ridge against a dense inverse."""

import numpy as np
import pytest
from tests.models.planted import planted

from konomi.data.dataset import Dataset
from konomi.models.gram import Gram
from konomi.models.linear.strong_inverse import StrongInverse

RIDGE, TOGETHER = 90.0, 1.5


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module")
def gram(dataset: Dataset) -> Gram:
    return Gram.of(dataset.ratings)


@pytest.fixture(scope="module")
def groups(gram: Gram) -> np.ndarray:
    """Items 0, 3 and 29 belong together, so do 5 and 20; all others are alone."""
    groups = np.arange(gram.n_items, dtype=np.int32) + 100
    groups[[0, 3, 29]], groups[[5, 20]] = 7, 2
    return groups


def dense(gram: Gram, groups: np.ndarray, weight: float) -> np.ndarray:
    """ridge (G + w FᵀF + ridge I)⁻¹."""
    same = (groups[:, None] == groups) & (np.bincount(groups)[groups] > 1)[:, None]
    A = gram.counts + weight * same
    return RIDGE * np.linalg.inv(A + RIDGE * np.eye(gram.n_items))


def whole(strong: StrongInverse | None) -> np.ndarray:
    assert strong is not None
    return np.concatenate([strong.rows(0, 11), strong.rows(11, strong.gram.n_items)])


def test_with_all_eigenpairs_it_is_the_inverse(gram: Gram, groups: np.ndarray) -> None:
    strong = StrongInverse.of(gram, ridge=RIDGE, groups=groups, group_weight=TOGETHER)
    np.testing.assert_allclose(whole(strong), dense(gram, groups, TOGETHER), atol=2e-6)


@pytest.mark.parametrize("dim", [4, 8, 20])
def test_what_is_left_out_is_of_second_order(gram: Gram, groups: np.ndarray, dim: int) -> None:
    strong = StrongInverse.of(gram, ridge=RIDGE, groups=groups, group_weight=TOGETHER, dim=dim)
    same = (groups[:, None] == groups) & (np.bincount(groups)[groups] > 1)[:, None]
    values = np.linalg.eigvalsh(gram.counts + TOGETHER * same)[::-1]
    left = values[dim] / RIDGE
    # 1 - a + a² / (1 + a) is what 1 / (1 + a) leaves out at most; the rest is float32 and the search's tolerance.
    error = np.abs(whole(strong) - dense(gram, groups, TOGETHER)).max()
    assert error < left**2 / (1 + left) + 0.002 * left + 2e-6
    assert left > 0.01


def test_the_diagonal_is_that_of_the_rows(gram: Gram, groups: np.ndarray) -> None:
    strong = StrongInverse.of(gram, ridge=RIDGE, groups=groups, group_weight=TOGETHER, dim=8)
    assert strong is not None
    np.testing.assert_allclose(strong.diagonal(), whole(strong).diagonal(), rtol=1e-5)
    assert (strong.diagonal() > 0).all()


def test_a_ridge_that_is_too_weak_is_told(gram: Gram, groups: np.ndarray) -> None:
    assert StrongInverse.of(gram, ridge=1.0, groups=groups, group_weight=0.0, dim=4) is None


def test_the_same_bits_every_time(gram: Gram, groups: np.ndarray) -> None:
    one, other = (StrongInverse.of(gram, ridge=RIDGE, groups=groups, group_weight=1.0, dim=8) for _ in range(2))
    np.testing.assert_array_equal(whole(one), whole(other))
