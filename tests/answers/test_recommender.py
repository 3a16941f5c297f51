"""The recommender's questions on a model whose every weight is written by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.answers.by_hand import TITLES, N, recommender_by_hand

from konomi.answers import questions
from konomi.answers.recommender import Entry, Recommender
from konomi.data.ratings import Status
from konomi.errors import ConfigError, UnknownIdError, UnsupportedError


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return recommender_by_hand()


def test_nothing_on_the_persons_list_is_recommended(recommender: Recommender) -> None:
    assert recommender.recommend(100).item_ids.tolist() == [8, 2, 3, 4, 6, 10]


def test_each_part_of_the_list_is_excluded_on_its_own(recommender: Recommender) -> None:
    def shown(*exclude: str) -> set[int]:
        return set(recommender.recommend(100, k=10, exclude=exclude).item_ids.tolist()) & {1, 5, 7, 9}

    assert shown("seen", "dropped") == {9}
    assert shown("seen", "planned") == {7}
    assert shown("planned", "dropped") == {1, 5}
    assert shown() == {1, 5, 7, 9}


@pytest.mark.parametrize(
    ("franchise", "expected"),
    [
        ("all", [2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("once", [2, 5, 7, 8, 9, 10]),
        ("next", [2, 5, 7, 8, 9, 10]),
        ("none", [5, 7, 8, 9, 10]),
    ],
)
def test_franchises_are_folded_as_asked(recommender: Recommender, franchise: Any, expected: list[int]) -> None:
    found = recommender.recommend(history={1: 9}, k=10, franchise=franchise)
    assert sorted(found.item_ids.tolist()) == expected


def test_a_part_after_a_dropped_one_is_no_next_part(recommender: Recommender) -> None:
    found = recommender.recommend(history={1: (3, "dropped"), 8: 9}, k=10, franchise="next")
    assert 2 not in found.item_ids.tolist()


histories = st.dictionaries(
    st.sampled_from(list(TITLES)),
    st.tuples(st.none() | st.integers(1, 10), st.sampled_from(["completed", "dropped", "planned"])),
    min_size=1,
)


@settings(max_examples=150, deadline=None)
@given(
    history=histories,
    k=st.integers(1, N),
    franchise=st.sampled_from(["all", "once", "next", "none"]),
    niche=st.sampled_from([-1.0, 0.0, 0.6]),
    variety=st.sampled_from([0.0, 0.4, 1.0]),
    where=st.sampled_from([None, {"type": "TV"}, {"year_from": 2003}, {"adult": True}]),
)
def test_k_items_come_while_k_exist_and_none_of_the_list(
    recommender: Recommender, history: Any, k: int, franchise: Any, niche: float, variety: float, where: Any
) -> None:
    asked: dict[str, Any] = {"history": history, "franchise": franchise, "where": where}
    shown = recommender.recommend(**asked, k=k, niche=niche, variety=variety).item_ids.tolist()
    everything = recommender.recommend(**asked, k=N).item_ids.tolist()
    assert len(shown) == min(k, len(everything))
    assert len(set(shown)) == len(shown)
    assert not set(shown) & set(history)
    if franchise == "all" and where == {"adult": True}:
        assert set(everything) == set(TITLES) - set(history)


@settings(max_examples=100, deadline=None)
@given(history=histories)
def test_a_later_part_comes_only_after_its_predecessor(recommender: Recommender, history: Any) -> None:
    seen = {item for item, (_, status) in history.items() if status == "completed"}
    shown = set(recommender.recommend(history=history, k=N, franchise="next").item_ids.tolist())
    for part, before in {2: 1, 3: 2, 4: 2, 6: 5}.items():
        assert part not in shown or before in seen


def test_the_niche_knob_prefers_what_fewer_have_seen(recommender: Recommender) -> None:
    def mean_watchers(niche: float) -> float:
        found = recommender.recommend(history={8: 9}, k=3, niche=niche)
        return float(recommender.artifact.row_counts[found.items.item_index].mean())

    assert mean_watchers(1) < mean_watchers(0) <= mean_watchers(-1)


def test_full_variety_shows_one_title_of_each_genre_first(recommender: Recommender) -> None:
    found = recommender.recommend(history={10: 9}, k=3, variety=1)
    assert [genres[0] for genres in found.items.genres if genres] == ["Space", "Sport", "Ghosts"]


def test_reasons_sum_to_the_score_whatever_the_knobs(recommender: Recommender) -> None:
    for row in recommender.recommend(history={1: 9, 5: 7}, k=5, niche=0.5, variety=0.5, explain=True):
        assert row.because is not None
        assert sum(reason.contribution for reason in row.because) == pytest.approx(row.score)


def test_a_number_of_reasons_gives_the_largest_ones(recommender: Recommender) -> None:
    found = recommender.recommend(history={5: 7, 1: 9}, where={"only": [8]}, k=1, explain=1)
    assert found.because is not None
    assert [(r.title, round(r.contribution, 3)) for r in found.because[0]] == [("Alpha", 2.125)]


def test_similar_users_of_a_history_are_those_of_a_user_with_that_history(recommender: Recommender) -> None:
    own = recommender.ratings.history(0)
    by_id = recommender.similar_users(100, k=3)
    by_history = recommender.similar_users(history=own, k=4)
    others = by_history.user_ids != 100
    assert by_history.user_ids[others].tolist() == by_id.user_ids.tolist()
    np.testing.assert_allclose(by_history.similarity[others], by_id.similarity, atol=1e-6)
    assert by_history.query == {"history": len(own.item_index), "k": 4, "least": False}


def test_similar_users_are_asked_about_one_person(recommender: Recommender) -> None:
    for nobody in ({}, {"user_id": 100, "history": {1: 9}}):
        with pytest.raises(ConfigError, match="for whom"):
            recommender.similar_users(**nobody)


def test_similar_users_have_no_exact_reasons(recommender: Recommender) -> None:
    with pytest.raises(UnsupportedError, match="not a sum over titles"):
        recommender.recommend(100, by="users", explain=True)


def test_reasons_by_items_sum_to_the_score(recommender: Recommender) -> None:
    row = next(iter(recommender.recommend(history={1: 9, 2: 9}, by="items", k=1, explain=True)))
    assert (row.score, row.because and [r.contribution for r in row.because]) == (2.0, [1.0, 1.0])


def test_planned_titles_are_ranked_from_best_to_worst(recommender: Recommender) -> None:
    ranked = recommender.rank([9, "Gamma", 2, 8, 2], history={1: 9})
    assert ranked.item_ids.tolist() == [8, 2, 7, 9]
    assert ranked.scores.tolist() == sorted(ranked.scores.tolist(), reverse=True)


def test_ranking_nothing_or_the_unknown_is_an_error(recommender: Recommender) -> None:
    with pytest.raises(ConfigError, match="nothing to rank"):
        recommender.rank([], history={1: 9})
    with pytest.raises(UnknownIdError):
        recommender.rank([999], history={1: 9})


@pytest.mark.parametrize("how", ["least", "average"])
def test_together_leaves_out_what_anybody_has_seen(recommender: Recommender, how: Any) -> None:
    found = recommender.recommend_together([100, {2: 9}, [Entry(3, 5)]], k=N, how=how)
    assert not set(found.item_ids.tolist()) & {1, 2, 3, 5, 7, 9, 11}


def test_together_ranks_by_the_least_happy_or_by_the_mean(recommender: Recommender) -> None:
    for how, combine in (("least", np.min), ("average", np.mean)):
        found = recommender.recommend_together([{1: 9}, {5: 9}], k=4, how=how)  # type: ignore[arg-type]
        assert found.shares is not None
        assert found.shares.shape == (2, 4)
        np.testing.assert_allclose(found.scores, combine(found.shares, axis=0), rtol=1e-6)
        assert next(iter(found)).shares == tuple(found.shares[:, 0].tolist())


def test_shares_are_standardized_over_the_items_that_may_appear(recommender: Recommender) -> None:
    found = recommender.recommend_together([{1: 9}, {5: 9, 6: 9, 7: 9}], k=N)
    assert found.shares is not None
    np.testing.assert_allclose(found.shares.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(found.shares.std(axis=1), 1, rtol=1e-5)


def test_together_explains_by_the_titles_of_the_least_happy(recommender: Recommender) -> None:
    found = recommender.recommend_together([{1: 9}, {5: 9}], k=1, explain=True)
    assert found.item_ids.tolist() == [2]
    assert found.because is not None
    assert found.shares is not None
    least = int(found.shares[:, 0].argmin())
    assert [reason.item_id for reason in found.because[0]] == [[1], [5]][least]


def test_a_comparison_shows_what_is_shared_what_differs_and_what_is_unseen(recommender: Recommender) -> None:
    found = recommender.compare_users(100, 200)
    assert found.n_shared == 2
    assert [row.title for row in found.shared_favorites] == ["Alpha"]
    assert [(row.title, row.difference) for row in found.differences] == [("Beta", 5.5)]
    assert [(row.title, row.theirs) for row in found.they_loved] == [("Alpha Second", 10.0)]
    assert found.similarity == pytest.approx(
        float(recommender.model.user_similarities(recommender.ratings.history(0))[1])
    )


@settings(max_examples=100, deadline=None)
@given(history=histories, other=st.sampled_from([100, 200, 300, 400]), k=st.integers(1, N))
def test_no_title_is_both_liked_by_both_and_rated_differently(
    recommender: Recommender, history: Any, other: int, k: int
) -> None:
    found = recommender.compare_users(history, other, k=k)
    liked = recommender.compare_users(history, other, k=N).shared_favorites
    assert not {row.item_id for row in liked} & {row.item_id for row in found.differences}


def test_the_rarest_shared_favorite_comes_first(recommender: Recommender) -> None:
    found = recommender.compare_users({1: 9, 2: 9}, 200)
    assert [row.title for row in found.shared_favorites] == ["Alpha Second", "Alpha"]
    assert found.shared_favorites[0].weight == pytest.approx(np.log(5 / 2))


def test_comparing_prints_and_turns_into_plain_values(recommender: Recommender) -> None:
    found = recommender.compare_users(100, 200)
    assert "Alpha Second" in str(found)
    assert found.to_dict()["shared_favorites"][0]["item_id"] == 1


@pytest.mark.parametrize(
    "history",
    [
        {1: 9, 5: None},
        {1: (9, Status.COMPLETED), 5: (None, "completed")},
        [Entry(1, 9), Entry(5)],
        [Entry(1, 2), Entry(1, 9), Entry(5)],
    ],
)
def test_a_history_may_be_given_in_several_ways(recommender: Recommender, history: Any) -> None:
    rows, notes = recommender.history(history)
    assert rows.item_index.tolist() == [0, 4]
    assert np.nan_to_num(rows.rating).tolist() == [9, 0]
    assert notes == ()


@pytest.mark.parametrize(
    ("history", "told"),
    [
        ({}, "is empty"),
        ([], "is empty"),
        ({1: 11}, "outside the scale"),
        ({1: True}, "outside the scale"),
        ({1: float("nan")}, "outside the scale"),
        ({1: "good"}, "outside the scale"),
        ({1: (9, "finished")}, "status"),
        ({1: (9, 5)}, "status"),
        ({1: (9, 2, 3)}, "does not fit"),
        ([(1, 9)], "does not fit"),
    ],
)
def test_a_history_that_does_not_fit_is_one_error(recommender: Recommender, history: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        recommender.history(history)


def test_unknown_ids_are_noted_and_only_unknown_ids_an_error(recommender: Recommender) -> None:
    assert recommender.history({1: 9, 999: 8, 1.5: 7})[1] == (
        "2 of 3 ids are unknown here and were left out: 999, 1.5",
    )
    with pytest.raises(UnknownIdError, match="none of the 1 ids"):
        recommender.history({999: 8})


@pytest.mark.parametrize(
    "ask",
    [
        lambda r: r.recommend(),
        lambda r: r.recommend(100, history={1: 9}),
        lambda r: r.recommend(100, k=0),
        lambda r: r.recommend(100, k=N + 1),
        lambda r: r.recommend(100, k=True),
        lambda r: r.recommend(100, by="magic"),
        lambda r: r.recommend(100, niche=1.5),
        lambda r: r.recommend(100, niche=float("nan")),
        lambda r: r.recommend(100, variety=-0.1),
        lambda r: r.recommend(100, franchise="twice"),
        lambda r: r.recommend(100, exclude=["watched"]),
        lambda r: r.recommend(100, explain=-1),
        lambda r: r.recommend(history=r.ratings.histories()),
        lambda r: r.recommend_together([]),
        lambda r: r.recommend_together([100, 200], how="worst"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_config_error(
    recommender: Recommender, ask: Callable[[Recommender], Any]
) -> None:
    with pytest.raises(ConfigError):
        ask(recommender)


def test_many_items_of_equal_similarity_are_counted_and_not_listed(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MAX_TIES", 3)
    found = recommender.similar_items(11, k=5, least=True)  # of a genre of its own: every other item is at 0
    assert len(found) == 0
    assert found.notes == (
        'there is little to go on: "For Adults" has 0 ratings',
        "10 items have the same similarity, 0.000: they have no order, so none of them is listed",
    )
    assert len(recommender.similar_items(11, k=10, least=True)) == 10  # all of them: none is left out
    assert len(recommender.similar_items(11, k=5)) == 5


def test_items_before_a_large_tie_are_listed() -> None:
    similarity = np.array([0.5, -0.2, *[0] * 30, 0.1], dtype=np.float32)
    allowed = np.arange(33) != 2
    best = np.array([1, 3, 4], dtype=np.int32)
    shown, notes = questions.without_cut_ties(similarity, best, allowed)
    assert shown.tolist() == [1]
    assert notes[0].startswith("29 items have the same similarity, 0.000")
    everything = np.argsort(similarity[allowed], kind="stable")[:31].astype(np.int32)
    np.testing.assert_array_equal(
        questions.without_cut_ties(similarity[allowed], everything, allowed[allowed])[0], everything
    )


def test_the_text_of_an_answer_says_the_scale_of_its_numbers(recommender: Recommender) -> None:
    scale = "Note: a higher score is better; scores are comparable only within this list"
    assert scale in str(recommender.recommend(100, k=3)).splitlines()
    assert scale in str(recommender.recommend_together([100, 200], k=1)).splitlines()
    scale = "Note: similarity is from -1 to 1; higher is more similar"
    assert scale in str(recommender.similar_items(1, k=3)).splitlines()
    assert scale in str(recommender.similar_users(100, k=3)).splitlines()
    assert recommender.recommend(history={1: 9}, k=3).notes == (
        "there is little to go on: this history has 1 rating",
    )


def test_answers_print_and_turn_into_frames(recommender: Recommender) -> None:
    found = recommender.recommend(100, k=3)
    assert found.to_frame()["title"].to_list() == ["Delta", "Alpha Second", "Alpha Third"]
    assert "shares" not in found.to_dicts()[0]
    together = recommender.recommend_together([100, 200], k=1)
    assert "person 2" in str(together)
    assert len(together.to_dicts()[0]["shares"]) == 2
