"""One score for several people, computed from the scores of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.answers.choices import Combine
from konomi.data.ratings import Histories
from konomi.models.model import Model


@dataclass(frozen=True, eq=False)
class JointScores:
    """The scores of several people, standardized and combined.

    combined : float32 (n_items,).
    own      : float32 (n_people, n_items), each person's scores, less their mean and divided by their standard
               deviation over the items that may appear.
    spread   : float32 (n_people,), these standard deviations.
    how      : "least": the lowest of the people's scores; "average": their mean.
    """

    combined: NDArray[np.float32]
    own: NDArray[np.float32]
    spread: NDArray[np.float32]
    how: Combine

    @classmethod
    def of(cls, scores: NDArray[np.float32], allowed: NDArray[np.bool_], how: Combine) -> "JointScores":
        """The joint scores of float32 (n_people, n_items) over the items that may appear, bool (n_items,)."""
        own, spread = _standardized(scores, allowed)
        return cls(own.min(axis=0) if how == "least" else own.mean(axis=0), own, spread, how)

    def weights(self, items: NDArray[np.int32]) -> NDArray[np.float32]:
        """float32 (n_people, len(items)): the weight of each person's unstandardized score in the combined one.

        For "least" only the person with the lowest score has a weight, for "average" all have the same share.
        """
        n_people = len(self.own)
        weights = np.full((n_people, len(items)), 1 / n_people, dtype=np.float32)
        if self.how == "least":
            weights[:] = np.arange(n_people)[:, None] == self.own[:, items].argmin(axis=0)
        weights /= self.spread[:, None]
        return weights


@dataclass(frozen=True, eq=False)
class JointContributions:
    """What combined scores are the sums of.

    titles     : int32 (n_titles,), the titles of several histories, ascending.
    terms      : float32 (n_titles, k), what each adds to each score.
    popularity : float32 (k,), what popularity adds to each score.
    """

    titles: NDArray[np.int32]
    terms: NDArray[np.float32]
    popularity: NDArray[np.float32]


def joint_contributions(
    model: Model, evidence: Sequence[Histories], weights: NDArray[np.float32], items: NDArray[np.int32]
) -> JointContributions:
    """The terms of the combined scores of these items.

    weights : float32 (n_people, len(items)), as `JointScores.weights`; the terms of a column sum to the combined
              score plus the constant that standardizing subtracts.
    Raises UnsupportedError if the model's scores are not sums over titles.
    """
    titles = np.unique(np.concatenate([rows.item_index for rows in evidence]))
    terms = np.zeros((len(titles), len(items)), dtype=np.float32)
    popularity = np.zeros(len(items), dtype=np.float32)
    for rows, weight in zip(evidence, weights, strict=True):
        # A list holds each item once, so no two rows of one person add to the same term.
        terms[np.searchsorted(titles, rows.item_index)] += model.contributions(rows, items) * weight
        popularity += model.popularity_term(rows, items) * weight
    return JointContributions(titles, terms, popularity)


def _standardized(
    scores: NDArray[np.float32], allowed: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each row less its mean, divided by its standard deviation over the allowed columns; and the deviations."""
    if not allowed.any():
        return scores, np.ones(len(scores), dtype=np.float32)
    within = scores[:, allowed]
    spread = np.maximum(within.std(axis=1), np.float32(1e-12))
    return (scores - within.mean(axis=1)[:, None]) / spread[:, None], spread
