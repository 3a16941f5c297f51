"""Another order of the same scores: rare or popular items first, varied items, each franchise once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from konomi.answers.choices import FranchiseRule
from konomi.answers.questions import check_choice, check_knob
from konomi.data.franchises import Franchises
from konomi.models.nearest import k_best

# The varied items are chosen from this number of the best items for each item of the answer, and from at least
# _MIN_POOL.
_POOL_PER_ITEM = 5
_MIN_POOL = 100
# The niche knob reorders at most this number of the best items, and only those with at least this share of the best
# score: items with lower scores are little known, but do not fit.
_MAX_SHIFTED, _MIN_SCORE_SHARE = 500, 0.05


@dataclass(frozen=True)
class Knobs:
    """How `recommend` reorders scores. Raises ConfigError for a value outside its range.

    niche     : -1 ... 1; above 0 prefers items that few users have seen, below 0 popular ones.
    variety   : 0 ... 1; the higher, the less similar the items of the answer are to each other.
    franchise : which parts of a franchise the answer may hold; `Recommender.recommend` explains the choices.
    """

    niche: float = 0.0
    variety: float = 0.0
    franchise: FranchiseRule = "all"

    def __post_init__(self) -> None:
        check_choice("franchise", self.franchise, get_args(FranchiseRule))
        check_knob("niche", self.niche, -1)
        check_knob("variety", self.variety, 0)

    def changed(self) -> dict[str, Any]:
        """The knobs that are not at their defaults, by name."""
        defaults = Knobs()
        return {name: value for name, value in vars(self).items() if value != getattr(defaults, name)}


def shift_to_niche(
    scores: NDArray[np.float32], niche: float, row_counts: NDArray[Any], allowed: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """float32 (n_items,): the scores, shifted in favor of rare (niche > 0) or popular items (niche < 0).

    The best 500 allowed items with at least a twentieth of the best score get score - niche * s * z. z is
    log(1 + row_counts), standardized over these items. s is the standard deviation of their scores, so that the
    knob has the same effect on the scores of every model. All other items keep their order, behind these.
    """
    if niche == 0:
        return scores
    best = k_best(scores, _MAX_SHIFTED, allowed)
    if len(best) and scores[best[0]] > 0:
        best = best[scores[best] >= _MIN_SCORE_SHARE * scores[best[0]]]
    fame = np.log1p(row_counts[best].astype(np.float64))
    score = scores[best].astype(np.float64)
    if len(best) == 0 or fame.std() == 0 or score.std() == 0:
        return scores
    shifted = score - niche * score.std() * (fame - fame.mean()) / fame.std()
    ranking = scores + np.float32(shifted.min() - score.min())
    ranking[best] = shifted
    return ranking


def pool_size(k: int) -> int:
    """The number of the best items from which `varied` chooses k."""
    return max(_POOL_PER_ITEM * k, _MIN_POOL)


def varied(
    pool: NDArray[np.int32],
    scores: NDArray[np.float32],
    similarities: Callable[[int], NDArray[np.float32]],
    *,
    k: int,
    variety: float,
) -> NDArray[np.int32]:
    """int32 (at most k,): items of the pool, each picked for a high score and low similarity to earlier picks.

    pool         : int32 (m,), the best items, best first.
    scores       : float32 (n_items,).
    similarities : item -> float32 (m,), its similarity to each item of the pool.
    variety      : 0 keeps the order of the pool; 1 uses only the similarity after the first pick.
    Each pick maximizes (1 - variety) * r - variety * max similarity to a picked item, where r is the score mapped
    to [0, 1] over the pool. Ties go to the earlier item.
    Source: Carbonell and Goldstein 1998, maximal marginal relevance.
    """
    if variety == 0 or len(pool) <= 1:
        return pool[:k]
    score = scores[pool].astype(np.float64)
    relevance = (score - score.min()) / max(float(np.ptp(score)), 1e-12)
    nearest = np.full(len(pool), -np.inf)
    left = np.ones(len(pool), dtype=np.bool_)
    pick = int(np.argmax(relevance))
    picked = []
    for _ in range(min(k, len(pool))):
        picked.append(pick)
        left[pick] = False
        np.maximum(nearest, similarities(int(pool[pick])), out=nearest)
        value = np.where(left, (1 - variety) * relevance - variety * nearest, -np.inf)
        pick = int(np.argmax(value))
    return pool[picked]


def best_of_each(
    scores: NDArray[np.float32], group: NDArray[np.int32], k: int, allowed: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """int32 (at most k,): the best allowed items, best first, at most one of each group.

    group : int32 (n_items,), the number of each item's group.
    """
    n_asked = 4 * k
    while True:
        best = k_best(scores, n_asked, allowed)
        first = np.sort(np.unique(group[best], return_index=True)[1])
        if len(first) >= k or len(best) < n_asked:
            return best[first[:k]]
        n_asked *= 4


def follows_what_was_seen(franchises: Franchises, seen: NDArray[Any]) -> NDArray[np.bool_]:
    """bool (n_items,): first parts of franchises, and parts whose predecessor is among the item indices `seen`."""
    has_seen = np.zeros(len(franchises.number) + 1, dtype=np.bool_)
    has_seen[seen] = True
    has_seen[-1] = True  # the predecessor of a first part is -1
    return has_seen[franchises.predecessor]


def of_new_franchises(franchises: Franchises, seen: NDArray[Any]) -> NDArray[np.bool_]:
    """bool (n_items,): items of franchises of which no item is among the item indices `seen`."""
    known = np.zeros(int(franchises.number.max(initial=-1)) + 1, dtype=np.bool_)
    known[franchises.number[seen]] = True
    return ~known[franchises.number]
