"""The inverse under a strong ridge against a dense inverse."""

import dataclasses

import numpy as np
import pytest
from tests.models.planted import planted

from konomi.models.gram import Gram
from konomi.models.linear.ridged import RidgedGram
from konomi.models.linear.strong_inverse import StrongInverse

RIDGE, WEIGHT = 90.0, 1.5


@pytest.fixture(scope="module")
def ridged() -> RidgedGram:
    """Items 0, 3 and 29 are one franchise, and so are 5 and 20."""
    gram = Gram.of(planted().ratings)
    franchise = np.arange(gram.n_items, dtype=np.int32) + 100
    franchise[[0, 3, 29]], franchise[[5, 20]] = 7, 2
    return RidgedGram.of(gram, ridge=RIDGE, franchise=franchise, franchise_weight=WEIGHT)


def dense(ridged: RidgedGram) -> np.ndarray:
    """ridge A⁻¹."""
    return RIDGE * np.linalg.inv(ridged.dense().astype(np.float64))


def whole(strong: StrongInverse | None) -> np.ndarray:
    assert strong is not None
    return np.concatenate([strong.rows(0, 11), strong.rows(11, strong.A.n_items)])


def test_with_all_eigenpairs_it_is_the_inverse(ridged: RidgedGram) -> None:
    strong = StrongInverse.of(ridged)
    np.testing.assert_allclose(whole(strong), dense(ridged), atol=2e-6)


@pytest.mark.parametrize("dim", [4, 8, 20])
def test_what_is_left_out_is_of_second_order(ridged: RidgedGram, dim: int) -> None:
    strong = StrongInverse.of(ridged, dim=dim)
    values = np.linalg.eigvalsh(ridged.without_ridge().dense().astype(np.float64))[::-1]
    left = values[dim] / RIDGE
    # 1 - a + a² / (1 + a) is what 1 / (1 + a) leaves out at most; the rest is float32 and the search's tolerance.
    error = np.abs(whole(strong) - dense(ridged)).max()
    assert error < left**2 / (1 + left) + 0.002 * left + 2e-6
    assert left > 0.01


def test_the_diagonal_is_that_of_the_rows(ridged: RidgedGram) -> None:
    strong = StrongInverse.of(ridged, dim=8)
    assert strong is not None
    np.testing.assert_allclose(strong.diagonal(), whole(strong).diagonal(), rtol=1e-5)
    assert (strong.diagonal() > 0).all()


def test_a_ridge_that_is_too_weak_gives_none(ridged: RidgedGram) -> None:
    weak = dataclasses.replace(ridged, ridge=np.ones(ridged.n_items))
    assert StrongInverse.of(weak, dim=4) is None


def test_a_ridge_that_differs_between_items_is_refused(ridged: RidgedGram) -> None:
    uneven = dataclasses.replace(ridged, ridge=np.arange(1.0, ridged.n_items + 1))
    with pytest.raises(ValueError, match="same for all items"):
        StrongInverse.of(uneven)


def test_the_same_bits_every_time(ridged: RidgedGram) -> None:
    one, other = (StrongInverse.of(ridged, dim=8) for _ in range(2))
    np.testing.assert_array_equal(whole(one), whole(other))
