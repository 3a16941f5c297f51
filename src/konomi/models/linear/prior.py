"""Prior: what is likely while little is known of a person, by popularity and by single titles."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.models.gram import Gram
from konomi.models.table import Table, strongest_of_rows
from konomi.storage.arrays import Spec, check_arrays

# How fast the prior fades. With one title it decides alone, so that the score is a conditional probability.
FADING = 1.5
# Each title has this number of additional watchers, who watched as all users did: rare titles say little.
LENT_WATCHERS = 5.0
# Of each title, the number of others whose probability it changes most. With all others quality is the same.
KEPT = 512


@dataclass(frozen=True, eq=False)
class Prior:
    """Probability of item j for a person of whom one title i is known: popularity[j] + likely[i, j].

    popularity : float32 (n_items,), p[j], the share of users who watched item j.
    likely     : (G[i, j] + c p[j]) / (G[i, i] + c) - p[j], c = LENT_WATCHERS, by rows; each row keeps the KEPT
                 entries of largest size.
    The first term is the posterior mean of P(j | i) under a beta distribution with mean p[j] and weight c. With
    several titles the terms add up, and the weights of the model, which know what titles share, take over.
    Source: Carlin and Louis 2000, Bayes and empirical Bayes methods for data analysis, chapter 3.
    """

    # The array that tells whether a folder holds a prior.
    ARRAY: ClassVar[str] = "popularity"

    popularity: NDArray[np.float32]
    likely: Table

    @classmethod
    def of(cls, gram: Gram) -> Self:
        """The prior of these counts. It follows from them alone, and threads change no bit."""
        popularity = (gram.watch_counts / max(gram.n_users, 1)).astype(np.float32)
        watched = gram.counts.diagonal().astype(np.float32)
        lent = np.float32(LENT_WATCHERS * gram.mean_row_weight)

        def rows(start: int, stop: int) -> NDArray[np.float32]:
            own = watched[start:stop, None]
            block = gram.counts[start:stop].astype(np.float32)
            block -= own * popularity
            block /= own + lent
            return block

        return cls(popularity, Table.of_rows(strongest_of_rows(gram.n_items, rows, kept=KEPT)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` takes."""
        return {self.ARRAY: self.popularity, **self.likely.arrays("likely")}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], *, n_items: int) -> Self | None:
        """The prior again; None where there is none, as in models of konomi 0.1. Raises ValueError."""
        if not any(name == cls.ARRAY or name.startswith("likely_") for name in arrays):
            return None
        check_arrays(arrays, {cls.ARRAY: Spec(("float32",), (n_items,))})
        return cls(arrays[cls.ARRAY], Table.from_arrays(arrays, "likely", n_items=n_items))


def prior_share(n_titles: NDArray[Any], weight: float) -> NDArray[np.float32]:
    """float32 (m,): the share of the prior in the scores of people with n titles, n^-1.5 times `weight`.

    At most 1; a person without a title has the share of a person with one.
    """
    share = weight * np.maximum(n_titles, 1).astype(np.float64) ** -FADING
    return np.minimum(share, 1).astype(np.float32)
