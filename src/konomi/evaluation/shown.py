"""What the lists of a model show: how much of the catalog, how evenly, how popular, and how well matched in genre.

Everywhere: ranked is int32 (m, depth), columns best first and -1 where a list ends.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.data.ratings import Histories
from konomi.evaluation.intervals import Interval, interval, resampled_means
from konomi.evaluation.metrics import sequels

# Part of the person's own genres that is mixed into those shown, so that a missing genre is not infinitely far.
_SMOOTHING = 0.01


@dataclass(frozen=True)
class Shown:
    """The first k of all lists, beyond how often they hit.

    coverage   : share of the catalog that is among the first k of at least one list, in [0, 1].
    gini       : how unevenly the lists use the titles they could show, in [0, 1]; see `gini`.
    popularity : mean share of training users who watched what is shown, in [0, 1].
    percentile : mean popularity percentile of what is shown, in [0, 1]: 1 is the most watched title.
    genre_gap  : mean distance of the genres shown from those of the person, see `genre_gap`; None without genres.
    sequels    : share of what is shown that belongs to a franchise the person has started; None where franchises
                 are not known.
    sequel_hits: the same share among the hits.
    """

    coverage: float
    gini: float
    popularity: Interval
    percentile: Interval
    genre_gap: Interval | None
    sequels: Interval | None
    sequel_hits: Interval | None


def describe_shown(
    ranked: NDArray[np.int32],
    hits: NDArray[np.bool_],
    given: Histories,
    *,
    watch_counts: NDArray[np.int64],
    n_users: int,
    catalog: Catalog,
    franchise: NDArray[np.int32] | None,
    seed: int,
) -> Shown:
    """The description of these lists, with intervals over people.

    hits         : bool (m, depth), whether each title shown was a hidden one.
    given        : the m people's histories that the lists were made from.
    watch_counts : int64 (n_items,), each title's watchers among the `n_users` training users.
    franchise    : int32 (n_items,), each title's franchise, -1 for none; None where they are not known.
    seed         : of the resampling.
    """
    n_items = len(watch_counts)
    columns = {
        "popularity": mean_over_lists(ranked, watch_counts / n_users),
        "percentile": mean_over_lists(ranked, percentiles(watch_counts)),
    }
    genres = catalog.columns().genre_labels.mask
    if genres.any():
        columns["genre_gap"] = genre_gap(ranked, given, genres)
    if franchise is not None:
        started = sequels(ranked, given.offsets, given.item_index, franchise)
        columns["sequels"] = started.sum(axis=1) / np.maximum((ranked >= 0).sum(axis=1), 1)
        columns["n_sequel_hits"], columns["n_hits"] = (started & hits).sum(axis=1), hits.sum(axis=1)
    drawn = dict(zip(columns, resampled_means(np.column_stack(list(columns.values())), seed=seed).T, strict=True))
    found = {name: interval(float(values.mean()), drawn[name]) for name, values in columns.items()}
    sequel_hits = None
    if franchise is not None:
        share = np.divide(
            drawn["n_sequel_hits"], drawn["n_hits"], out=np.zeros(len(drawn["n_hits"])), where=drawn["n_hits"] > 0
        )
        n_hits = max(float(columns["n_hits"].sum()), 1.0)
        sequel_hits = interval(float(columns["n_sequel_hits"].sum()) / n_hits, share)
    return Shown(
        coverage(ranked, n_items),
        gini(ranked, n_items),
        found["popularity"],
        found["percentile"],
        found.get("genre_gap"),
        found.get("sequels"),
        sequel_hits,
    )


def coverage(ranked: NDArray[np.int32], n_items: int) -> float:
    """The share of the catalog that is in at least one list, in [0, 1]."""
    return len(np.unique(ranked[ranked >= 0])) / n_items


def gini(ranked: NDArray[np.int32], n_items: int) -> float:
    """How unevenly the lists use the titles, in [0, 1]: 0 if each is shown equally often, 1 if one is shown always.

    With n titles shown x_1 <= ... <= x_n times in all lists: sum((2 i - n - 1) x_i) / ((n - 1) sum(x)).
    Source: Adomavicius and Kwon 2012, Improving aggregate recommendation diversity, section 5.
    """
    n_shown = np.sort(np.bincount(ranked[ranked >= 0], minlength=n_items)).astype(np.float64)
    total = n_shown.sum() * (n_items - 1)
    if total == 0:
        return 0.0
    rank = np.arange(1, n_items + 1)
    return float(((2 * rank - n_items - 1) * n_shown).sum() / total)


def percentiles(watch_counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64 (n_items,): the share of the other titles with fewer watchers, titles with as many counting half."""
    ascending = np.sort(watch_counts)
    below = np.searchsorted(ascending, watch_counts, side="left")
    up_to = np.searchsorted(ascending, watch_counts, side="right")
    return (below + (up_to - below - 1) / 2) / max(len(watch_counts) - 1, 1)


def mean_over_lists(ranked: NDArray[np.int32], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (m,): the mean of `values`, float64 (n_items,), over each list; 0 for an empty list."""
    listed = ranked >= 0
    total = np.where(listed, values[ranked], 0.0).sum(axis=1)
    return total / np.maximum(listed.sum(axis=1), 1)


def genre_gap(ranked: NDArray[np.int32], given: Histories, genres: NDArray[np.bool_]) -> NDArray[np.float64]:
    """float64 (m,): how far the mix of genres of each list is from that of the person's history, 0 if equal.

    genres : bool (n_genres, n_items); a title with g genres adds 1/g to each of them.
    It is the Kullback-Leibler divergence sum p log(p / q) in nats, p over the history and q over the list with 0.01
    of p mixed in. A person or a list without any genre has 0. Source: Steck 2018, Calibrated recommendations.
    """
    share = (genres / np.maximum(genres.sum(axis=0), 1)).T
    wanted = given.watched().matrix() @ share
    shown = np.where((ranked >= 0)[..., None], share[ranked], 0.0).sum(axis=1)
    n_wanted, n_shown = wanted.sum(axis=1, keepdims=True), shown.sum(axis=1, keepdims=True)
    p = wanted / np.maximum(n_wanted, 1e-12)
    q = (1 - _SMOOTHING) * shown / np.maximum(n_shown, 1e-12) + _SMOOTHING * p
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    gap = (p * np.log(ratio)).sum(axis=1)
    return np.where((n_wanted[:, 0] > 0) & (n_shown[:, 0] > 0), gap, 0.0)
