"""The yardstick checked: models of which it is known beforehand what they must reach."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.evaluation.fakes import FakeModel, Scores, chance, fake, oracle

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError, EvaluationError
from konomi.evaluation import Split, entrants_of, evaluate, measure, weak_split
from konomi.evaluation.entrants import train_entrant
from konomi.evaluation.protocol import rank


def test_most_popular_equals_a_plain_script(planted_dataset: Dataset, split: Split) -> None:
    ratings = planted_dataset.ratings
    watchers = np.zeros(ratings.n_items)
    for user in set(range(ratings.n_users)) - set(split.user_index.tolist()):
        history = ratings.history(user)
        titles = history.item_index[history.status != Status.PLANNED]
        if len(titles) >= 10:
            watchers[titles] += 1
    ndcg, recall = [], []
    for p in range(len(split)):
        hidden = split.hidden_items[split.hidden_offsets[p] : split.hidden_offsets[p + 1]]
        unseen = np.setdiff1d(np.arange(ratings.n_items), split.given.person(p).item_index)
        ranked = unseen[np.argsort(-watchers[unseen], kind="stable")]
        gain = 1 / np.log2(np.arange(10) + 2)
        ndcg.append(gain[np.isin(ranked[:10], hidden)].sum() / gain[: len(hidden)].sum())
        recall.append(np.isin(ranked[:20], hidden).mean() * 20 / len(hidden))
    found = measure(entrants_of(["popularity"])[0], split)
    np.testing.assert_allclose(found.per_person["ndcg@10"], ndcg, rtol=1e-14, atol=0)
    np.testing.assert_allclose(found.per_person["recall@20"], recall, rtol=1e-14, atol=0)


@pytest.mark.parametrize("metric", ["ndcg@10", "ndcg@100", "recall@20", "recall@50", "mrr@100"])
def test_a_model_that_returns_the_hidden_titles_scores_one(split: Split, metric: str) -> None:
    assert (split.n_hidden() <= 10).all()
    assert measure(oracle(split), split).intervals[metric].mean == 1


def test_a_random_model_scores_what_chance_predicts(planted_dataset: Dataset) -> None:
    split = weak_split(planted_dataset, seed=1)  # 399 people, 20 times
    n_hidden, n_unseen = split.n_hidden(), split.n_items - np.diff(split.given.offsets)
    gain = 1 / np.log2(np.arange(10) + 2)
    best = np.cumsum(gain)[np.minimum(n_hidden, 10) - 1]
    expected_recall = (20 / n_unseen).mean()
    expected_ndcg = (n_hidden / n_unseen * gain.sum() / best).mean()
    runs = [measure(chance(seed), split, metrics=("ndcg@10", "recall@20")) for seed in range(20)]
    assert np.mean([run.intervals["recall@20"].mean for run in runs]) == pytest.approx(expected_recall, rel=0.03)
    assert np.mean([run.intervals["ndcg@10"].mean for run in runs]) == pytest.approx(expected_ndcg, rel=0.05)


def test_only_titles_among_those_named_are_shown(split: Split) -> None:
    among = np.zeros(split.n_items, dtype=np.bool_)
    among[3:20] = True
    ranked = rank(train_entrant(chance(0), split.training), split, depth=20, among=among)
    for p in range(len(split)):
        unseen = set(range(3, 20)) - set(split.given.person(p).item_index.tolist())
        assert set(ranked[p].tolist()) - {-1} == unseen


def test_titles_that_were_given_are_never_shown(split: Split) -> None:
    ranked = rank(train_entrant(chance(0), split.training), split, depth=split.n_items)
    for p in range(len(split)):
        given = split.given.person(p).item_index
        shown = ranked[p][ranked[p] >= 0]
        assert sorted([*given.tolist(), *shown.tolist()]) == list(range(split.n_items))


def test_equal_scores_are_ranked_by_column(split: Split) -> None:
    flat = fake("flat", lambda histories: np.zeros((len(histories), histories.n_items), dtype=np.float32))
    ranked = rank(train_entrant(flat, split.training), split, depth=30)
    unseen = np.setdiff1d(np.arange(split.n_items), split.given.person(0).item_index)
    assert ranked[0].tolist() == unseen[:30].tolist()


def long_histories(dataset: Dataset, config: Any) -> Dataset:  # noqa: ARG001
    """Users with 20 rows or more, items in order of their first row: what the neural model keeps."""
    return dataset.with_min_ratings(20, rated_items_only=True)


def test_a_model_that_leaves_items_and_users_out_is_asked_in_its_own_numbers(split: Split) -> None:
    kept = long_histories(split.training, None).ratings
    asked: list[Histories] = []

    def by_column(histories: Histories) -> Scores:
        asked.append(histories)
        return np.tile(-np.arange(histories.n_items, dtype=np.float32), (len(histories), 1))

    trained = train_entrant(fake("narrow", by_column, prepare=long_histories), split.training)
    ranked = rank(trained, split, depth=split.n_items)
    for p in range(len(split)):
        given = split.training.ratings.items.ids[split.given.person(p).item_index].tolist()
        shown = split.training.ratings.items.ids[ranked[p][ranked[p] >= 0]].tolist()
        assert shown == [one for one in kept.items.ids.tolist() if one not in given]
    assert all(histories.n_items == kept.n_items for histories in asked)
    rows = trained.rows(np.array([-1, *range(split.training.ratings.n_users)]))
    assert rows[0] == -1
    assert (rows[1:][rows[1:] >= 0] == np.arange(kept.n_users)).all()


def test_known_people_are_asked_about_by_their_training_rows(planted_dataset: Dataset) -> None:
    split = weak_split(planted_dataset, seed=2)
    asked: list[int] = []

    class Listening(FakeModel):
        def scores(self, histories: Histories, users: Any = None) -> Scores:
            asked.extend(users.tolist())
            return np.zeros((len(histories), histories.n_items), dtype=np.float32)

    listener = fake("listener", lambda histories: np.zeros((len(histories), 1), dtype=np.float32))
    kind = dataclasses.replace(
        listener.kind, train=lambda dataset, config, **_: Listening(config, dataset.ratings.n_items, None)
    )
    measure(dataclasses.replace(listener, kind=kind), split)
    assert asked == split.training_user_index.tolist()


def test_the_best_model_is_told_from_the_others(planted_dataset: Dataset, split: Split) -> None:
    found = evaluate(planted_dataset, [chance(0), oracle(split), "popularity"], seed=split.seed)
    assert found.of("oracle").versus_best is None
    worse = found.of("chance").versus_best
    assert worse is not None
    assert worse.high < 0
    assert worse.p_value < 0.001


def test_the_same_seed_gives_the_same_figures(planted_dataset: Dataset) -> None:
    one, same, other = (evaluate(planted_dataset, ["popularity"], seed=seed) for seed in (3, 3, 4))
    assert one.of("popularity").intervals == same.of("popularity").intervals
    assert one.of("popularity").intervals != other.of("popularity").intervals


def test_every_franchise_title_hit_is_a_sequel_where_all_is_one_franchise(
    planted_dataset: Dataset, split: Split
) -> None:
    everything = np.zeros(planted_dataset.ratings.n_items, dtype=np.int32)
    found = measure(oracle(split), split, franchise=everything)
    assert found.shown.sequel_hits is not None
    assert found.shown.sequel_hits.mean == 1


def test_one_model_named_twice_gets_two_labels(planted_dataset: Dataset) -> None:
    found = evaluate(planted_dataset, ["popularity", ("popularity", {})])
    assert [result.entrant.label for result in found.results] == ["popularity", "popularity (2)"]


def test_settings_tuned_with_another_seed_are_refused(planted_dataset: Dataset) -> None:
    tuned = dataclasses.replace(chance(0), tuned_seed=5)
    with pytest.raises(EvaluationError, match="validation users of seed 5"):
        evaluate(planted_dataset, [tuned], seed=6)


def test_the_report_says_on_whom_settings_were_chosen(planted_dataset: Dataset) -> None:
    tuned = dataclasses.replace(chance(0), tuned_seed=5)
    found = evaluate(planted_dataset, [tuned, "popularity"], seed=5)
    assert found.notes == (
        "Settings of chance were chosen on the validation users of seed 5, none of whom is a test user.",
        "Settings of popularity are defaults or given by hand: nothing was chosen here.",
    )


def test_a_metric_deeper_than_the_catalog_is_an_error(planted_dataset: Dataset) -> None:
    with pytest.raises(EvaluationError, match="ndcg@122 looks deeper than the catalog: it has 121 items"):
        evaluate(planted_dataset, ["popularity"], metrics=["ndcg@122"])


def test_no_test_user_left_is_an_error(tiny_dataset: Dataset) -> None:
    with pytest.raises(EvaluationError, match="no test user is left: 0 of 5 users have 10 titles or more"):
        evaluate(tiny_dataset, ["popularity"])


def test_no_model_named_is_an_error(planted_dataset: Dataset) -> None:
    with pytest.raises(EvaluationError, match="no model is named"):
        evaluate(planted_dataset, [])


@pytest.mark.parametrize(("model", "message"), [("linar", 'no model "linar"'), (("popularity", {"k": 3}), '"k"')])
def test_unknown_models_and_settings_are_errors(planted_dataset: Dataset, model: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        evaluate(planted_dataset, [model])


def test_a_model_of_another_shape_is_a_fault_of_ours(split: Split) -> None:
    broken = fake("broken", lambda histories: np.zeros((len(histories), 3), dtype=np.float32))
    with pytest.raises(ValueError, match="scores are"):
        measure(broken, split)
