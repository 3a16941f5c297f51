"""Metrics against an independent library, and against what can be seen by eye."""

import warnings
from typing import Any

import numpy as np
import pytest

from konomi.errors import EvaluationError
from konomi.evaluation.metrics import (
    METRICS,
    hits_of,
    metric_of,
    ndcg,
    parse_metric,
    recall,
    reciprocal_rank,
    sequels,
)
from konomi.kernels.topk import top_k_of_rows

HITS = np.array([[True, False, True, False], [False, False, False, False], [False, True, False, False]])
N_HIDDEN = np.array([2, 3, 9])


@pytest.fixture(scope="module")
def ranx() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("ranx")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_levels", [3, 1_000_000], ids=["ties", "no ties"])
@pytest.mark.filterwarnings("ignore")
def test_metrics_equal_ranx(ranx: Any, seed: int, n_levels: int) -> None:
    rng = np.random.default_rng(seed)
    m, n_items, depth = 40, 300, 100
    scores = rng.integers(0, n_levels, (m, n_items)).astype(np.float32)
    n_hidden = rng.integers(1, 60, m)
    hidden = [np.sort(rng.permutation(n_items)[:n]).astype(np.int32) for n in n_hidden]
    offsets = np.concatenate([[0], np.cumsum(n_hidden)]).astype(np.int64)
    ranked = np.empty((m, depth), dtype=np.int32)
    nothing = np.empty(0, dtype=np.int32)
    top_k_of_rows(
        scores, np.zeros(m + 1, dtype=np.int64), nothing, np.float32(1), ranked, np.empty((m, depth), np.float32)
    )
    hits = hits_of(ranked, offsets, np.concatenate(hidden), n_items)
    # ranx returns people in alphabetical order. Our rule for ties, the lower column first, is told
    # as scores that do not tie.
    strict = scores.astype(np.float64) * 1000 - np.arange(n_items)
    qrels = ranx.Qrels({f"p{p:02}": {f"i{i}": 1 for i in hidden[p].tolist()} for p in range(m)})
    run = ranx.Run({f"p{p:02}": {f"i{i}": strict[p, i] for i in range(n_items)} for p in range(m)})
    theirs = ranx.evaluate(qrels, run, list(METRICS), return_mean=False)
    for metric in METRICS:
        np.testing.assert_allclose(metric_of(metric, hits, n_hidden), theirs[metric], atol=1e-12, err_msg=metric)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_metrics_are_float64_whatever_counts_the_hidden_items(dtype: type) -> None:
    for metric in METRICS:
        assert metric_of(metric, HITS, N_HIDDEN.astype(dtype)).dtype == np.float64


def test_hits_and_sequels_are_boolean() -> None:
    ranked = np.array([[1, -1]], dtype=np.int32)
    offsets, item = np.array([0, 1]), np.array([0], dtype=np.int32)
    assert hits_of(ranked, offsets, item, 2).dtype == np.bool_
    assert sequels(ranked, offsets, item, np.zeros(2, dtype=np.int32)).dtype == np.bool_


def test_ndcg_of_a_list_seen_by_eye() -> None:
    ideal = 1 + 1 / np.log2(3)
    assert ndcg(HITS, N_HIDDEN, 3)[0] == pytest.approx((1 + 1 / np.log2(4)) / ideal)


def test_the_best_list_has_ndcg_one_however_much_was_hidden() -> None:
    assert ndcg(np.ones((1, 5), dtype=bool), np.array([50]), 5).tolist() == [1]


def test_recall_divides_by_all_that_was_hidden() -> None:
    assert recall(HITS, N_HIDDEN, 3).tolist() == [1, 0, 1 / 9]


def test_the_reciprocal_rank_is_that_of_the_first_hit() -> None:
    assert reciprocal_rank(HITS, N_HIDDEN, 4).tolist() == [1, 0, 0.5]


def test_a_list_that_ends_early_holds_no_hits_after_its_end() -> None:
    ranked = np.array([[2, -1, -1]], dtype=np.int32)
    hits = hits_of(ranked, np.array([0, 2]), np.array([2, 4], dtype=np.int32), 5)
    assert hits.tolist() == [[True, False, False]]


def test_an_end_of_list_is_not_taken_for_the_last_item_of_the_person_before() -> None:
    ranked = np.array([[0], [-1]], dtype=np.int32)
    hits = hits_of(ranked, np.array([0, 1, 2]), np.array([4, 1], dtype=np.int32), 5)
    assert hits.tolist() == [[False], [False]]


def test_a_sequel_belongs_to_a_franchise_that_the_person_has_begun() -> None:
    franchise = np.array([0, 0, 1, 1, -1, -1], dtype=np.int32)
    ranked = np.array([[1, 3, 5], [1, 3, -1]], dtype=np.int32)
    found = sequels(ranked, np.array([0, 2, 3]), np.array([0, 4, 2], dtype=np.int32), franchise)
    assert found.tolist() == [[True, False, False], [False, True, False]]


def test_without_franchises_nothing_is_a_sequel() -> None:
    ranked = np.array([[1]], dtype=np.int32)
    found = sequels(ranked, np.array([0, 1]), np.array([0], dtype=np.int32), np.full(2, -1, dtype=np.int32))
    assert found.tolist() == [[False]]


@pytest.mark.parametrize("metric", ["ndcg", "ndcg@0", "ndcg@ten", "precision@10", ""])
def test_an_unknown_metric_is_an_error(metric: str) -> None:
    with pytest.raises(EvaluationError, match=f'no metric "{metric}"'):
        parse_metric(metric)


def test_a_cut_deeper_than_the_catalog_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="recall@50 looks deeper than the catalog: it has 49 items"):
        parse_metric("recall@50", n_items=49)
