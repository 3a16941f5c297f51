"""The linear model against a dense inverse, on planted tastes; and counts changed against counted again."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from tests.models.planted import LONELY, N_ITEMS, N_USERS, UNRATED, planted

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError, TrainingError
from konomi.evaluation.splits import without_rows
from konomi.models.gram import Gram
from konomi.models.linear import LinearConfig, LinearModel, changed_gram, train
from konomi.models.linear.strong_inverse import StrongInverse
from konomi.models.linear.weights import prune_weak
from konomi.models.table import Table


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


# 0: by the whole inverse. 7: as the default does on data with more items than its 512 predictors.
@pytest.fixture(scope="module", params=[0, 7], ids=["inverse", "local"])
def model(request: pytest.FixtureRequest, dataset: Dataset) -> LinearModel:
    return train(dataset, LinearConfig(predictors=request.param))


def naive_weights(dataset: Dataset, config: LinearConfig) -> np.ndarray:
    X = dataset.ratings.histories().watched().matrix().toarray().astype(np.float64)
    G = X.T @ X
    A = G + np.diag(config.regularization + config.dropout / (1 - config.dropout) * np.diag(G))
    A[np.ix_([0, UNRATED], [0, UNRATED])] += config.franchise_weight
    P = np.linalg.inv(A)
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return np.sign(B) * np.abs(B) ** config.sharpness


def test_scores_equal_a_dense_inverse(dataset: Dataset) -> None:
    config = LinearConfig(rating_weight=0, prior_weight=0)
    people = dataset.ratings.histories()
    expected = people.watched().matrix().toarray() @ naive_weights(dataset, config)
    np.testing.assert_allclose(train(dataset, config).scores(people), expected, rtol=1e-3, atol=1e-5)


def test_a_rating_counts_by_its_distance_from_the_mean(dataset: Dataset, model: LinearModel) -> None:
    model = dataclasses.replace(model, prior=None)
    history = dataset.ratings.history(3)
    spread = []
    for user in range(dataset.ratings.n_users):
        rated = dataset.ratings.history(user).rating
        rated = rated[~np.isnan(rated)]
        spread.append(np.sum((rated - rated.mean()) ** 2) if len(rated) else 0.0)
    everybody = sum(spread) / dataset.ratings.is_rated.sum()
    mean, variance = history.rating.mean(), history.rating.var()
    value = 1 + 0.2 * (history.rating - mean) / np.sqrt(variance + everybody / 4)
    x = np.zeros(N_ITEMS)
    x[history.item_index] = value
    np.testing.assert_allclose(model.scores(history)[0], x @ dense(model.weights), rtol=1e-4, atol=1e-6)


def dense(table: Table) -> np.ndarray:
    """W as a matrix of all items."""
    return np.asarray(sp.csr_array((table.values, table.items, table.offsets), shape=(N_ITEMS, N_ITEMS)).todense())


def test_items_of_the_same_planted_taste_are_recommended(dataset: Dataset, model: LinearModel) -> None:
    history = dataset.ratings.history(4)
    scores = model.scores(history)[0]
    scores[history.item_index] = -np.inf
    assert set(np.argsort(-scores)[:4]) <= set(range(14))


def test_items_of_the_same_planted_taste_are_neighbors(model: LinearModel) -> None:
    similarity = model.item_similarities(20)
    similarity[20] = -np.inf
    assert set(np.argsort(-similarity)[:5]) <= set(range(14, 28))


def test_similarities_lie_between_minus_one_and_one(model: LinearModel) -> None:
    every = np.array([model.item_similarities(item) for item in range(N_ITEMS)])
    assert every.min() >= -1
    assert every.max() <= 1


def test_people_of_the_same_planted_taste_are_neighbors(dataset: Dataset, model: LinearModel) -> None:
    similarity = model.user_similarities(dataset.ratings.history(8), 8)
    similarity[8] = -np.inf
    assert all(user % 2 == 0 for user in np.argsort(-similarity)[:5])


def test_a_title_nobody_watched_is_scored_by_its_franchise(dataset: Dataset, model: LinearModel) -> None:
    watched_the_first = next(user for user in range(2, 120) if 0 in dataset.ratings.history(user).item_index)
    scores = model.scores(dataset.ratings.history(watched_the_first))[0]
    assert scores[UNRATED] > 0
    assert np.argmax(model.item_similarities(UNRATED)[:UNRATED]) == 0


def test_an_item_with_one_watcher_is_counted_as_such(model: LinearModel) -> None:
    assert model.watch_counts[LONELY] == 1
    assert np.isfinite(model.item_similarities(LONELY)).all()


def test_contributions_sum_to_the_score(dataset: Dataset, model: LinearModel) -> None:
    history = dataset.ratings.history(5)
    items = np.array([7, 20, 7, 29])
    total = model.contributions(history, items).sum(axis=0) + model.popularity_term(history, items)
    np.testing.assert_allclose(total, model.scores(history)[0, items], rtol=1e-5, atol=1e-7)


def test_a_planned_row_contributes_nothing(dataset: Dataset, model: LinearModel) -> None:
    history = dataset.ratings.history(5)
    status = history.status.copy()
    status[0] = Status.PLANNED
    planned = dataclasses.replace(history, status=status)
    assert not model.contributions(planned, np.arange(N_ITEMS))[0].any()
    np.testing.assert_allclose(
        model.contributions(planned, np.arange(N_ITEMS)).sum(axis=0)
        + model.popularity_term(planned, np.arange(N_ITEMS)),
        model.scores(planned)[0],
        rtol=1e-5,
        atol=1e-7,
    )


def test_somebody_new_gets_what_a_known_user_of_that_history_gets(dataset: Dataset, model: LinearModel) -> None:
    history = dataset.ratings.history(9)
    np.testing.assert_array_equal(model.scores(history, np.array([9])), model.scores(history))


def test_a_block_of_people_gets_what_each_gets_alone(dataset: Dataset, model: LinearModel) -> None:
    block = dataset.ratings.histories(np.arange(12))
    alone = np.concatenate([model.scores(block.person(p)) for p in range(12)])
    np.testing.assert_array_equal(model.scores(block), alone)


def test_an_empty_history_is_scored_by_popularity_and_is_similar_to_no_user(model: LinearModel) -> None:
    nobody = Histories(
        np.zeros(2, dtype=np.int64),
        np.empty(0, dtype=np.int32),
        np.empty(0, dtype=np.float32),
        np.empty(0, dtype=np.uint8),
        N_ITEMS,
    )
    np.testing.assert_allclose(model.scores(nobody)[0], model.watch_counts / N_USERS, rtol=1e-6)
    assert not model.user_similarities(nobody).any()


def test_only_so_many_weights_into_an_item_are_kept(dataset: Dataset) -> None:
    pruned = train(dataset, LinearConfig(predictors=0, kept_weights=3))
    assert np.bincount(pruned.weights.items, minlength=N_ITEMS).max() == 3


def test_the_kept_weights_are_the_largest(dataset: Dataset) -> None:
    def column(of: LinearModel) -> np.ndarray:
        return np.sort(np.abs(of.weights.values[of.weights.items == 4]))

    pruned = train(dataset, LinearConfig(predictors=0, kept_weights=3))
    np.testing.assert_array_equal(column(pruned), column(train(dataset, LinearConfig(predictors=0)))[-3:])


def test_the_residual_is_small(model: LinearModel) -> None:
    assert 0 < model.figures["residual"] < 1e-3


def same(one: LinearModel, other: LinearModel) -> None:
    """All arrays have the same bits."""
    arrays, others = {**one.arrays(), **one.update_arrays()}, {**other.arrays(), **other.update_arrays()}
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


def test_where_the_ridge_of_similarity_is_weak_an_inverse_finds_the_same(
    dataset: Dataset, model: LinearModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StrongInverse, "of", lambda *_, **__: None)
    inverted = train(dataset, LinearConfig())
    np.testing.assert_array_equal(inverted.similar.items, model.similar.items)
    np.testing.assert_allclose(inverted.similar.values, model.similar.values, rtol=1e-3, atol=1e-5)


def changed_counts(
    model: LinearModel, before: Dataset, after: Dataset, removed: list[int], added: Histories | None = None
) -> Gram:
    gram = changed_gram(
        model, before.ratings, after.ratings, removed=np.array(removed, dtype=np.int64), added=added
    )
    assert gram is not None
    return gram


def same_counts(one: Gram, other: Gram) -> None:
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.watch_counts, other.watch_counts)
    assert (one.n_users, one.weighting) == (other.n_users, other.weighting)


@pytest.mark.parametrize("config", [LinearConfig(), LinearConfig(length_power=0.5, poor_weight=0.5)])
def test_the_counts_without_some_users_are_those_of_the_others(dataset: Dataset, config: LinearConfig) -> None:
    """Item 28 has no watcher but user 0; without them it stands elsewhere, since the catalog tells of it."""
    leaving = [0, 3, 50, 51]
    after = dataset.without_users(np.array(leaving))
    gram = changed_counts(train(dataset, config), dataset, after, leaving)
    same_counts(gram, Gram.of(after.ratings, weighting=config.weighting))
    same(train(after, config, gram=gram), train(after, config))


def test_the_counts_with_more_users_are_those_of_all(dataset: Dataset) -> None:
    coming = np.arange(110, 120)
    before = Dataset(dataset.ratings.without_users(coming), dataset.catalog)
    model = train(before, LinearConfig())
    gram = changed_counts(model, before, dataset, [], dataset.ratings.histories(coming))
    same_counts(gram, Gram.of(dataset.ratings))


def test_a_change_and_its_opposite_change_nothing(dataset: Dataset, model: LinearModel) -> None:
    user = dataset.ratings.history(119)
    after = dataset.without_users(np.array([119]))
    left = train(after, LinearConfig(), gram=changed_counts(model, dataset, after, [119]))
    columns = after.ratings.items.indices_of(dataset.ratings.items.ids)
    back = dataclasses.replace(user, item_index=columns[user.item_index])
    same_counts(changed_counts(left, after, dataset, [], back), Gram.of(dataset.ratings))


def test_counts_do_not_tell_what_lists_weigh_without_items_that_others_rated(dataset: Dataset) -> None:
    config = LinearConfig(length_power=0.5)
    after = dataset.without_users(np.array([3])).with_min_item_ratings(20)
    gram = changed_gram(train(dataset, config), dataset.ratings, after.ratings, removed=np.array([3]))
    assert gram is None


def test_users_who_were_never_counted_cannot_be_taken_out(dataset: Dataset) -> None:
    without = dataset.without_users(np.array([0]))
    left = train(without, LinearConfig())
    lonely = Dataset(dataset.ratings.keep_users(np.array([0])), dataset.catalog)
    with pytest.raises(TrainingError, match="taken out before"):
        changed_gram(left, lonely.ratings, without.ratings, removed=np.array([0]))


def test_a_model_without_its_update_part_has_no_counts_to_change(dataset: Dataset) -> None:
    kept = train(dataset, LinearConfig(keep_update=False))
    assert kept.update_arrays() == {}
    after = dataset.without_users(np.array([3]))
    assert changed_gram(kept, dataset.ratings, after.ratings, removed=np.array([3])) is None


def test_counts_that_do_not_fit_into_memory_twice_are_not_changed(
    dataset: Dataset, model: LinearModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("konomi.models.linear.model.free_bytes", lambda: 8 * N_ITEMS**2)
    after = dataset.without_users(np.array([3]))
    assert changed_gram(model, dataset.ratings, after.ratings, removed=np.array([3])) is None


def test_counts_of_another_dataset_are_not_trained_on(dataset: Dataset) -> None:
    other = Gram.of(dataset.ratings.keep_users(np.arange(50)))
    with pytest.raises(ValueError, match="not of this dataset"):
        train(dataset, LinearConfig(), gram=other)


WEAK_AND_STRONG = np.array([[0, -4, 0.019], [2, 0, 0], [0.009, 0.021, 0]], dtype=np.float32)


def table_of(dense: np.ndarray) -> Table:
    matrix = sp.csr_array(dense)
    return Table(matrix.indptr.astype(np.int64), matrix.indices, matrix.data)


def test_entries_far_below_the_largest_of_their_column_are_pruned() -> None:
    kept = prune_weak(table_of(WEAK_AND_STRONG), min_share=0.005, n_exempt=1)
    expected = WEAK_AND_STRONG.copy()
    expected[2, 0] = 0
    np.testing.assert_array_equal(sp.csr_array((kept.values, kept.items, kept.offsets), (3, 3)).toarray(), expected)


def test_columns_of_few_entries_are_not_pruned() -> None:
    table = table_of(WEAK_AND_STRONG)
    np.testing.assert_array_equal(prune_weak(table, min_share=0.005, n_exempt=2).values, table.values)


def test_an_item_has_at_most_one_weight_for_each_predictor(dataset: Dataset) -> None:
    config = LinearConfig(predictors=7)
    assert not config.inverts(N_ITEMS)
    assert 0 < np.bincount(train(dataset, config).weights.items, minlength=N_ITEMS).max() <= 7


def test_a_weight_that_all_people_share_changes_nothing_but_by_rounding(dataset: Dataset) -> None:
    """Where all lists are equally long, a power of the length is one factor of G, which the ridge follows."""
    ratings = dataset.ratings.keep_users(np.arange(1, N_USERS))  # user 0 has one title
    place = np.arange(ratings.n_rows) - np.repeat(ratings.offsets[:-1], ratings.lengths())
    equal = Dataset(without_rows(ratings, np.arange(ratings.n_users), place >= 6), dataset.catalog)
    people = equal.ratings.histories(np.arange(6))
    plain, weighted = train(equal, LinearConfig()), train(equal, LinearConfig(length_power=0.5))
    np.testing.assert_allclose(plain.scores(people), weighted.scores(people), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(plain.similar.values, weighted.similar.values, rtol=1e-4, atol=1e-6)


def test_two_identical_items_without_a_ridge_are_refused(dataset: Dataset) -> None:
    with pytest.raises(TrainingError, match="Raise regularization"):
        train(dataset, LinearConfig(regularization=0, dropout=0, franchise_weight=0))


def test_every_edge_of_the_tiny_dataset_can_be_asked(tiny_dataset: Dataset) -> None:
    tiny = train(tiny_dataset, LinearConfig())
    everybody = tiny_dataset.ratings.histories()
    assert np.isfinite(tiny.scores(everybody)).all()
    assert all(np.isfinite(tiny.item_similarities(item)).all() for item in range(6))


def test_the_model_comes_back_from_its_arrays(dataset: Dataset, model: LinearModel) -> None:
    again = LinearModel.from_arrays({**model.arrays(), **model.update_arrays()}, model.config)
    same(again, model)
    people = dataset.ratings.histories()
    np.testing.assert_array_equal(again.scores(people), model.scores(people))
    np.testing.assert_array_equal(again.item_similarities(7), model.item_similarities(7))


def test_a_missing_array_is_named(model: LinearModel) -> None:
    arrays: dict[str, Any] = model.arrays()
    del arrays["similar_items"]
    with pytest.raises(ValueError, match="similar_items"):
        LinearModel.from_arrays(arrays, model.config)


def test_arrays_that_do_not_fit_are_refused(model: LinearModel) -> None:
    arrays: dict[str, Any] = {**model.arrays(), "item_counts": model.watch_counts[:-1]}
    with pytest.raises(ValueError, match="expected for n_items"):
        LinearModel.from_arrays(arrays, model.config)


def test_a_setting_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="dropout=1 is out of range"):
        LinearConfig(dropout=1)
