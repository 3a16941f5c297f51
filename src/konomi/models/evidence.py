"""Evidence: how much each title of a history counts, from its rating against the person's own mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.data.ratings import Histories, Ratings, Status


@dataclass(frozen=True, eq=False)
class Spread:
    """How far people's ratings are from their own means, as sums that people can be added to.

    sums : float64 (2,), the squared distances of all ratings from their person's mean, and how many ratings.
    """

    sums: NDArray[np.float64]

    @classmethod
    def of(cls, histories: Histories) -> "Spread":
        """Of these people; planned and unrated rows do not count."""
        seen = histories.watched()
        _, distance = _about_the_mean(seen)
        rated = ~np.isnan(seen.rating)
        return cls(np.array([np.sum(distance[rated] ** 2), rated.sum()], dtype=np.float64))

    @classmethod
    def of_all(cls, ratings: Ratings) -> "Spread":
        """The spread of all users, a block at a time."""
        sums = np.zeros(2)
        for block in ratings.blocks():
            sums += cls.of(block).sums
        return cls(sums)

    @property
    def variance(self) -> float:
        """The mean squared distance; 0 where nothing is rated."""
        return float(self.sums[0] / self.sums[1]) if self.sums[1] > 0 else 0.0


def values_of(seen: Histories, spread: Spread, rating_weight: float) -> NDArray[np.float32]:
    """float32 (n_rows,): 1 + rating_weight (r - mean) / sqrt(person's variance + a quarter of all users').

    A row without a rating counts 1; so does every row of a person whose ratings are all equal.
    """
    value = np.ones(len(seen.item_index), dtype=np.float32)
    if rating_weight == 0 or spread.variance == 0:
        return value
    variance, distance = _about_the_mean(seen)
    rated = ~np.isnan(seen.rating)
    scale = np.sqrt(variance + spread.variance / 4)
    value[rated] += (rating_weight * distance[rated] / np.repeat(scale, np.diff(seen.offsets))[rated]).astype(
        np.float32
    )
    return value


def poor_rows(seen: Histories) -> NDArray[np.bool_]:
    """bool (n_rows,): titles that were dropped, or rated a standard deviation or more under the person's mean."""
    variance, distance = _about_the_mean(seen)
    low = -np.repeat(np.sqrt(variance), np.diff(seen.offsets))
    rated_low = (distance <= low) & (low < 0) & ~np.isnan(seen.rating)
    return np.asarray(rated_low | (seen.status == Status.DROPPED), dtype=np.bool_)


def _about_the_mean(seen: Histories) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each person's variance, float64 (m,), and each row's distance from the person's mean, float64 (n_rows,)."""
    m = len(seen)
    person = seen.person_index()
    rating = seen.rating.astype(np.float64)
    rated = ~np.isnan(rating)
    n_rated = np.maximum(np.bincount(person[rated], minlength=m), 1)
    mean = np.bincount(person[rated], weights=rating[rated], minlength=m) / n_rated
    distance = np.where(rated, rating - mean[person], 0)
    return np.bincount(person, weights=distance**2, minlength=m) / n_rated, distance
