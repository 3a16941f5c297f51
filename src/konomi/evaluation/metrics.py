"""Metrics of ranked lists, one value for each person, so that intervals and tests can be made of them.

Everywhere: ranked is int32 (m, depth), columns best first and -1 where a list ends; hits is bool (m, depth),
whether the item at that place was hidden; n_hidden is int (m,), how many items each person had to find.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.errors import EvaluationError

METRICS = ("ndcg@10", "ndcg@100", "recall@20", "recall@50", "mrr@100")


def parse_metric(metric: str, *, n_items: int | None = None) -> tuple[str, int]:
    """The kind and the cut of a metric such as "ndcg@10".

    Raises EvaluationError if there is no such metric, or if it looks deeper than a catalog of `n_items`.
    """
    kind, _, cut = metric.partition("@")
    if kind not in ("ndcg", "recall", "mrr") or not cut.isdecimal() or int(cut) < 1:
        raise EvaluationError(f'there is no metric "{metric}": write ndcg@K, recall@K or mrr@K, as in {METRICS[0]}')
    if n_items is not None and int(cut) > n_items:
        raise EvaluationError(
            f"{metric} looks deeper than the catalog: it has {n_items:,} items, so K is at most that"
        )
    return kind, int(cut)


def metric_of(metric: str, hits: NDArray[np.bool_], n_hidden: NDArray[Any]) -> NDArray[np.float64]:
    """float64 (m,): the metric of each person, in [0, 1]. Raises EvaluationError if there is no such metric."""
    kind, k = parse_metric(metric)
    return {"ndcg": ndcg, "recall": recall, "mrr": reciprocal_rank}[kind](hits, n_hidden, k)


def hits_of(
    ranked: NDArray[np.int32], hidden_offsets: NDArray[np.int64], hidden_items: NDArray[np.int32], n_items: int
) -> NDArray[np.bool_]:
    """bool (m, depth): whether the item at each place of a person's list is one of that person's hidden ones.

    hidden_items : ascending within each person, so that one search over all of them finds the hits.
    """
    m = len(ranked)
    hidden = np.repeat(np.arange(m), np.diff(hidden_offsets)) * np.int64(n_items) + hidden_items
    if len(hidden) == 0:
        return np.zeros(ranked.shape, dtype=np.bool_)
    wanted = np.arange(m)[:, None] * np.int64(n_items) + ranked
    place = np.minimum(np.searchsorted(hidden, wanted), len(hidden) - 1)
    return (hidden[place] == wanted) & (ranked >= 0)


def ndcg(hits: NDArray[np.bool_], n_hidden: NDArray[Any], k: int) -> NDArray[np.float64]:
    """float64 (m,): NDCG@k with relevance 0 or 1.

    DCG@k = sum over the places r = 1 ... k of hit(r) / log2(r + 1), divided by its largest possible value, that
    of a list which starts with min(k, n_hidden) hits. Source: Järvelin and Kekäläinen 2002.
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(n_hidden, k)]
    shown = hits[:, :k]
    return (shown @ discount[: shown.shape[1]]) / np.where(best > 0, best, 1)


def recall(hits: NDArray[np.bool_], n_hidden: NDArray[Any], k: int) -> NDArray[np.float64]:
    """float64 (m,): hits among the first k, divided by n_hidden (not by min(k, n_hidden): the field's own form)."""
    return hits[:, :k].sum(axis=1) / np.maximum(n_hidden, 1)


def reciprocal_rank(hits: NDArray[np.bool_], n_hidden: NDArray[Any], k: int) -> NDArray[np.float64]:  # noqa: ARG001
    """float64 (m,): 1 / r for the first hit's place r among the first k, 0 without one; its mean is MRR@k."""
    shown = hits[:, :k]
    return np.where(shown.any(axis=1), 1 / (shown.argmax(axis=1) + 1.0), 0.0)


def sequels(
    ranked: NDArray[np.int32],
    given_offsets: NDArray[np.int64],
    given_items: NDArray[np.int32],
    franchise: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """bool (m, depth): whether an item shown belongs to a franchise of which the person's given part holds a title.

    franchise : int32 (n_items,), the number of each item's franchise, -1 for none.
    """
    n_franchises = np.int64(franchise.max(initial=-1) + 1)
    if n_franchises == 0:
        return np.zeros(ranked.shape, dtype=np.bool_)
    owner = np.repeat(np.arange(len(ranked)), np.diff(given_offsets))
    known = franchise[given_items] >= 0
    begun = np.unique(owner[known] * n_franchises + franchise[given_items[known]])
    shown = np.where(ranked >= 0, franchise[ranked], -1)
    wanted = np.arange(len(ranked))[:, None] * n_franchises + shown
    return np.isin(wanted, begun) & (shown >= 0)
