"""Intervals and the paired test, on values whose spread is known."""

import numpy as np
import pytest

from konomi.evaluation.intervals import bootstrap, compare


def test_the_interval_is_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(size=2_000)
    found = bootstrap(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_equal_models_do_not_differ() -> None:
    values = np.random.default_rng(0).random(100)
    found = compare(values, values)
    assert (found.mean, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_difference_that_everybody_shows_is_sure() -> None:
    values = np.random.default_rng(0).random(100)
    found = compare(values + 0.1, values)
    assert found.mean == pytest.approx(0.1)
    assert found.p_value == 1 / 10_000


def test_the_p_value_is_that_of_all_sign_flips() -> None:
    difference = np.array([0.5, 0.3, -0.1, 0.4, 0.2, 0.6, -0.2, 0.1])
    signs = 1 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)
    exact = (np.abs(signs @ difference) >= difference.sum() - 1e-9).mean()
    assert compare(difference, np.zeros(8)).p_value == pytest.approx(exact, abs=0.01)


def test_one_person_shows_nothing() -> None:
    assert compare(np.array([1.0]), np.array([0.0])).p_value == 1
