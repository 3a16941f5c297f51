"""Another order for the same scores."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konomi.answers.rerank import best_of_each, follows_what_was_seen, of_new_franchises, shift_to_niche, varied
from konomi.answers.scoring import similarities_within
from konomi.data.franchises import Franchises
from konomi.models.model import Ability
from konomi.models.nearest import k_best

ALL = np.ones(6, dtype=np.bool_)
SCORES = np.array([6, 5, 4, 3, 2, 1], dtype=np.float32)
COUNTS = np.array([1000, 500, 100, 50, 10, 1])


def test_no_lean_changes_nothing() -> None:
    assert shift_to_niche(SCORES, 0, COUNTS, ALL) is SCORES


def test_leaning_takes_a_standard_deviation_of_score_for_one_of_fame() -> None:
    fame = np.log1p(COUNTS)
    expected = SCORES - 0.5 * SCORES.std() * (fame - fame.mean()) / fame.std()
    np.testing.assert_allclose(shift_to_niche(SCORES, 0.5, COUNTS, ALL), expected, rtol=1e-5)


def test_items_beyond_the_best_five_hundred_stay_behind_in_their_order() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=2000).astype(np.float32)
    counts = np.where(scores < np.sort(scores)[-500], 0, rng.integers(1, 1000, 2000))
    leaning = shift_to_niche(scores, 1.0, counts, np.ones(2000, dtype=np.bool_))
    assert set(k_best(leaning, 500).tolist()) == set(k_best(scores, 500).tolist())
    assert k_best(leaning, 2000)[500:].tolist() == k_best(scores, 2000)[500:].tolist()


def test_items_without_a_twentieth_of_the_best_score_stay_behind_however_little_known() -> None:
    scores = np.array([4, 3, 2, 0.19, 0.1, 0], dtype=np.float32)
    counts = np.array([1000, 500, 100, 1, 0, 0])
    leaning = shift_to_niche(scores, 1.0, counts, ALL)
    assert k_best(leaning, 6).tolist()[3:] == [3, 4, 5]
    np.testing.assert_array_equal(leaning[:3], shift_to_niche(scores[:3], 1.0, counts[:3], ALL[:3]))


def test_equal_scores_or_equal_fame_leave_the_order() -> None:
    same = np.ones(6, dtype=np.float32)
    assert shift_to_niche(same, 1.0, COUNTS, ALL) is same
    assert shift_to_niche(SCORES, 1.0, np.full(6, 7), ALL) is SCORES
    assert shift_to_niche(SCORES, 1.0, COUNTS, ~ALL) is SCORES


def test_no_variety_keeps_the_order_and_full_variety_looks_for_the_unlike() -> None:
    kind = np.array([0, 0, 0, 1, 1, 2])
    pool = np.arange(6, dtype=np.int32)

    def alike(item: int) -> np.ndarray:
        return (kind == kind[item]).astype(np.float32)

    assert varied(pool, SCORES, alike, k=3, variety=0).tolist() == [0, 1, 2]
    assert varied(pool, SCORES, alike, k=3, variety=1).tolist() == [0, 3, 5]


def test_what_nobody_has_watched_is_not_taken_for_something_else() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 0], [0, 1]], dtype=np.float32)
    pool = np.arange(4, dtype=np.int32)
    alike = similarities_within(SimpleNamespace(abilities={Ability.MAP}, map_vectors=lambda: vectors), pool)  # type: ignore[arg-type]
    np.testing.assert_allclose(alike(0), [1, 0.8, 1, 0], atol=1e-6)
    assert varied(pool, SCORES[:4], alike, k=4, variety=1).tolist() == [0, 3, 1, 2]


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1000), k=st.integers(1, 12), variety=st.floats(0, 1))
def test_varied_picks_match_the_formula_done_plainly(seed: int, k: int, variety: float) -> None:
    rng = np.random.default_rng(seed)
    alike = rng.normal(size=(10, 10)).astype(np.float32)
    scores = rng.normal(size=10).astype(np.float32)
    pool = np.argsort(-scores, kind="stable").astype(np.int32)
    relevance = (scores.astype(np.float64) - scores.min()) / np.ptp(scores.astype(np.float64))
    picked = [int(pool[0])]
    while len(picked) < min(k, 10):
        rest = [int(item) for item in pool if item not in picked]
        value = [
            (1 - variety) * relevance[i] - variety * np.float64(max(alike[p, i] for p in picked)) for i in rest
        ]
        picked.append(rest[int(np.argmax(value))])
    assert varied(pool, scores, lambda item: alike[item, pool], k=k, variety=variety).tolist() == picked[:k]


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1000), k=st.integers(1, 40), n_groups=st.integers(1, 40))
def test_the_best_of_each_group_matches_a_plain_walk(seed: int, k: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 10, 60).astype(np.float32)
    group = rng.integers(0, n_groups, 60).astype(np.int32)
    allowed = rng.random(60) < 0.7
    expected: list[int] = []
    for item in np.argsort(-scores, kind="stable").tolist():
        if allowed[item] and group[item] not in group[expected] and len(expected) < k:
            expected.append(item)
    assert best_of_each(scores, group, k, allowed).tolist() == expected


FRANCHISES = Franchises(
    np.array([0, 0, 0, 1, 1, 2], dtype=np.int32), np.array([-1, 0, 1, -1, 3, -1], dtype=np.int32)
)


@pytest.mark.parametrize(
    ("seen", "follows", "new"),
    [
        ([], [0, 3, 5], [0, 1, 2, 3, 4, 5]),
        ([0], [0, 1, 3, 5], [3, 4, 5]),
        ([1, 3], [0, 2, 3, 4, 5], [5]),
    ],
)
def test_what_may_follow_and_what_is_new(seen: list[int], follows: list[int], new: list[int]) -> None:
    rows = np.array(seen, dtype=np.int32)
    assert np.flatnonzero(follows_what_was_seen(FRANCHISES, rows)).tolist() == follows
    assert np.flatnonzero(of_new_franchises(FRANCHISES, rows)).tolist() == new
