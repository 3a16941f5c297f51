"""What lists show, against counts by hand and the formulas done plainly."""

from collections import Counter
from dataclasses import replace
from math import log

import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.evaluation import Split
from konomi.evaluation.entrants import entrants_of
from konomi.evaluation.protocol import measure
from konomi.evaluation.shown import coverage, genre_gap, gini, mean_over_lists, percentiles


def history(*people: list[int], n_items: int) -> Histories:
    items = np.concatenate([np.array(person, dtype=np.int32) for person in people])
    offsets = np.concatenate([[0], np.cumsum([len(person) for person in people])]).astype(np.int64)
    return Histories(
        offsets, items, np.full(len(items), np.nan, np.float32), np.full(len(items), 2, np.uint8), n_items
    )


def test_coverage_counts_each_item_shown_once() -> None:
    assert coverage(np.array([[0, 1], [1, -1]], dtype=np.int32), 8) == 2 / 8


def test_the_mean_over_a_list_leaves_out_what_is_not_listed() -> None:
    means = mean_over_lists(np.array([[0, 2], [1, -1], [-1, -1]], dtype=np.int32), np.array([0.5, 0.2, 0.1]))
    np.testing.assert_allclose(means, [0.3, 0.2, 0])


def test_gini_is_zero_where_all_are_shown_equally_often_and_one_where_one_is() -> None:
    assert gini(np.array([[0, 1], [2, 3]], dtype=np.int32), 4) == pytest.approx(0)
    assert gini(np.array([[2], [2]], dtype=np.int32), 4) == pytest.approx(1)
    assert gini(np.full((3, 2), -1, dtype=np.int32), 4) == 0


def test_gini_is_the_mean_difference_of_all_pairs() -> None:
    ranked = np.random.default_rng(0).integers(-1, 9, size=(40, 5)).astype(np.int32)
    n_shown = np.bincount(ranked[ranked >= 0], minlength=9)
    pairs = np.abs(n_shown[:, None] - n_shown).sum() / (2 * 9 * n_shown.sum())
    # The plain mean difference reaches (n - 1) / n at most.
    assert gini(ranked, 9) == pytest.approx(pairs * 9 / 8)


def test_percentiles_are_the_share_of_titles_with_fewer_watchers() -> None:
    assert percentiles(np.array([5, 0, 9, 5, 1], dtype=np.int64)).tolist() == [0.625, 0.0, 1.0, 0.625, 0.25]
    assert percentiles(np.array([3], dtype=np.int64)).tolist() == [0.0]


def plain_gap(shown: list[int], watched: list[int], genres: list[list[str]]) -> float:
    def mix(items: list[int]) -> dict[str, float]:
        total: Counter[str] = Counter()
        for item in items:
            for genre in genres[item]:
                total[genre] += 1 / len(genres[item])
        return {genre: value / sum(total.values()) for genre, value in total.items()}

    p, q = mix(watched), mix(shown)
    return sum(p[g] * log(p[g] / (0.99 * q.get(g, 0) + 0.01 * p[g])) for g in p)


def test_the_genre_gap_is_steck_s_divergence() -> None:
    names = ["Action", "Drama", "Space"]
    genres = [["Action"], ["Action", "Drama"], ["Drama"], ["Space"], []]
    mask = np.array([[name in own for own in genres] for name in names])
    ranked = np.array([[1, 2, -1], [3, 3, 4]], dtype=np.int32)
    watched = [[0, 1], [0, 3, 4]]
    expected = [plain_gap([1, 2], watched[0], genres), plain_gap([3, 3, 4], watched[1], genres)]
    np.testing.assert_allclose(genre_gap(ranked, history(*watched, n_items=5), mask), expected)


def test_the_same_mix_of_genres_has_no_gap_and_nothing_shown_has_none() -> None:
    mask = np.array([[True, False, True], [False, True, False]])
    ranked = np.array([[2, 1], [-1, -1]], dtype=np.int32)
    np.testing.assert_allclose(genre_gap(ranked, history([0, 1], [0], n_items=3), mask), [0, 0], atol=1e-12)


def test_popularity_shows_the_same_titles_to_all_and_linear_shows_more(
    planted_dataset: Dataset, split: Split
) -> None:
    franchise = np.arange(planted_dataset.ratings.n_items, dtype=np.int32)
    popular, linear = (
        measure(entrant, split, franchise=franchise).shown for entrant in entrants_of(["popularity", "linear"])
    )
    assert popular.coverage < linear.coverage
    assert popular.gini > linear.gini
    assert popular.percentile.mean > linear.percentile.mean
    assert popular.genre_gap is not None
    assert linear.genre_gap is not None
    assert popular.genre_gap.mean > linear.genre_gap.mean
    # Each title is a franchise of its own, and no title given is shown again.
    assert linear.sequels is not None
    assert linear.sequels.mean == 0


def test_without_genres_and_franchises_there_is_no_figure_of_them(split: Split) -> None:
    frame = split.training.catalog.frame.with_columns(genres=pl.lit(None, dtype=pl.List(pl.String)))
    bare = Dataset(split.training.ratings, Catalog(split.training.catalog.items, frame))
    shown = measure(entrants_of(["popularity"])[0], replace(split, training=bare)).shown
    assert (shown.genre_gap, shown.sequels, shown.sequel_hits) == (None, None, None)
