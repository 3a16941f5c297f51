"""How sure a mean over people is: bootstrap intervals, and a paired test between two models."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 1_000
N_FLIPS = 9_999


@dataclass(frozen=True)
class Interval:
    """A mean over people and its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How much larger one model's mean is than another's on the same people.

    mean, low, high : the mean of the differences and its 95% bootstrap interval.
    p_value         : how often chance alone makes a mean difference at least as large, two-sided.
    """

    mean: float
    low: float
    high: float
    p_value: float


def resampled_means(columns: NDArray[np.float64], *, seed: int = 0) -> NDArray[np.float64]:
    """float64 (1,000, c): the means of each column over people drawn with replacement.

    columns : float64 (m, c), one row for each person.
    The same seed and m draw the same people, whatever the values: models are compared on equal draws.
    Source: Efron and Tibshirani 1993, section 13.3.
    """
    m = len(columns)
    rng = np.random.default_rng((seed, 3))
    means = np.empty((N_RESAMPLES, columns.shape[1]))
    for r in range(N_RESAMPLES):
        means[r] = np.bincount(rng.integers(m, size=m), minlength=m) @ columns / m
    return means


def interval(mean: float, resampled: NDArray[np.float64]) -> Interval:
    """The percentile interval of 95% around `mean` from float64 (1,000,) of its resampled values."""
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Interval(float(mean), float(low), float(high))


def bootstrap(values: NDArray[np.float64], *, seed: int = 0) -> Interval:
    """The mean of `values`, float64 (m,), and its 95% bootstrap interval over people."""
    return interval(values.mean(), resampled_means(values[:, None], seed=seed)[:, 0])


def compare(ours: NDArray[np.float64], theirs: NDArray[np.float64], *, seed: int = 0) -> Difference:
    """How much larger the mean of `ours` is than that of `theirs`, float64 (m,) of the same people.

    The p-value is that of the sign-flip permutation test: were both models equal, each person's difference
    might as well have the other sign. p = (1 + flips with |mean| >= |observed|) / (1 + 9,999 flips).
    Source: Smucker, Allan and Carterette 2007.
    """
    difference = np.asarray(ours, dtype=np.float64) - theirs
    around = bootstrap(difference, seed=seed)
    rng = np.random.default_rng((seed, 4))
    m = len(difference)
    # Rounding of a sum must not make a flip that ties look smaller or larger than what was observed.
    observed = abs(difference.sum()) * (1 - 1e-12) - 1e-15
    n_as_large = 0
    for start in range(0, N_FLIPS, 500):
        bits = rng.integers(0, 256, size=(min(500, N_FLIPS - start), (m + 7) // 8), dtype=np.uint8)
        flips = np.unpackbits(bits, axis=1, count=m).astype(np.float32) * 2 - 1
        n_as_large += int((np.abs(flips @ difference) >= observed).sum())
    return Difference(around.mean, around.low, around.high, (1 + n_as_large) / (1 + N_FLIPS))
