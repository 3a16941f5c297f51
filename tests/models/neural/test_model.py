"""The network: its settings, what it predicts, whom and what it finds similar, and the artifact's arrays."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import ConfigError, DatasetError, TrainingError, UnknownIndexError
from konomi.models.config import as_settings, config_from
from konomi.models.neural import NOTEBOOK
from konomi.models.neural.model import CURVE_COLUMNS, NeuralConfig, NeuralModel, prepare, train
from konomi.models.neural.network import AdamNetwork, Weights
from konomi.models.neural.rows import split_rows

TRAJECTORY = Path(__file__).parent / "keras_trajectory.npz"
SETTINGS: dict[str, Any] = {"min_ratings": 1, "embedding_dim": 64}


@pytest.fixture(scope="module")
def data(planted_dataset: Dataset) -> Dataset:
    return prepare(planted_dataset, NeuralConfig(**SETTINGS))


@pytest.fixture(scope="module")
def model(data: Dataset) -> NeuralModel:
    return train(data, NeuralConfig(**SETTINGS))


def _with(ratings: Ratings, **arrays: Any) -> Ratings:
    return replace(ratings, **arrays)


def _history(item_index: list[int], rating: list[float], n_items: int, status: int = Status.COMPLETED) -> Histories:
    n = len(item_index)
    return Histories(
        np.array([0, n], dtype=np.int64),
        np.array(item_index, dtype=np.int32),
        np.array(rating, dtype=np.float32),
        np.full(n, status, dtype=np.uint8),
        n_items,
    )


# Settings


@pytest.mark.parametrize(
    "setting",
    [
        {"epochs": 0},
        {"embedding_dim": 1},
        {"batch_size": 1},
        {"learning_rate": 0.0},
        {"decay": 1.5},
        {"split_seed": -1},
        {"initial_squares": 0.0},
        {"lanes": 0},
    ],
)
def test_a_setting_outside_its_range_is_an_error_that_names_it(setting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(setting))):
        NeuralConfig(**setting)


def test_settings_survive_being_written_down() -> None:
    config = config_from(NeuralConfig, NOTEBOOK)
    assert config_from(NeuralConfig, as_settings(config)) == config


# What is learned from


def test_prepare_keeps_users_with_enough_rows_and_items_in_order_of_first_row(planted_dataset: Dataset) -> None:
    prepared = prepare(planted_dataset, NeuralConfig(min_ratings=20))
    assert prepared.ratings.lengths().min() == 20
    first_rows = np.unique(prepared.ratings.item_index, return_index=True)[1]
    assert np.all(np.diff(first_rows) > 0)
    assert prepared.ratings.n_items < planted_dataset.ratings.n_items


def test_prepare_says_how_long_the_longest_list_is_when_nobody_has_enough(planted_dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="27"):
        prepare(planted_dataset, config_from(NeuralConfig, NOTEBOOK))


def test_the_held_out_rows_are_the_last_of_pandas_shuffle(data: Dataset) -> None:
    # pd.Series(range(12)).sample(frac=1, random_state=73) in pandas 3.1
    assert np.random.RandomState(73).permutation(12).tolist() == [5, 7, 4, 9, 11, 10, 1, 3, 8, 0, 2, 6]
    split = split_rows(data.ratings, NeuralConfig(test_rows=50))
    scored = np.flatnonzero(data.ratings.is_rated)
    last = scored[np.random.RandomState(73).permutation(len(scored))[-50:]]
    np.testing.assert_array_equal(split.test.item_index, data.ratings.item_index[last])


def test_at_most_a_tenth_of_the_rows_is_held_out(data: Dataset) -> None:
    split = split_rows(data.ratings, NeuralConfig())
    n_scored = int(data.ratings.is_rated.sum())
    assert len(split.test) == n_scored // 10
    assert len(split.train) == n_scored - n_scored // 10


def test_the_lowest_rating_becomes_nought_and_the_highest_one(data: Dataset) -> None:
    split = split_rows(data.ratings, NeuralConfig())
    scored = data.ratings.levels[data.ratings.rating_code[data.ratings.is_rated]]
    assert (split.rating_min, split.rating_max) == (scored.min(), scored.max())
    values = np.concatenate([split.train.target, split.test.target])
    expected = (scored - scored.min()) / (scored.max() - scored.min())
    np.testing.assert_allclose(np.sort(values), np.sort(expected), atol=1e-6)


def test_unscored_rows_can_be_learned_as_the_worst_score_as_in_the_notebook(data: Dataset) -> None:
    split = split_rows(data.ratings, NeuralConfig(unscored="worst"))
    assert split.rating_min == 0.0
    assert len(split.train) + len(split.test) == data.ratings.n_rows
    n_worst = int(np.sum(split.train.target == 0) + np.sum(split.test.target == 0))
    assert n_worst == int(np.sum(~data.ratings.is_rated))


def test_too_few_scored_rows_are_an_error_that_says_what_to_do(tiny_dataset: Dataset) -> None:
    with pytest.raises(TrainingError, match="10 scored rows are too few"):
        train(tiny_dataset, NeuralConfig(**SETTINGS))


def test_ratings_that_are_all_equal_are_an_error_that_says_what_to_do(data: Dataset) -> None:
    equal = np.where(data.ratings.is_rated, data.ratings.levels.tolist().index(8), 0).astype(np.uint8)
    with pytest.raises(TrainingError, match="every rating is 8"):
        train(replace(data, ratings=_with(data.ratings, rating_code=equal)), NeuralConfig(**SETTINGS))


# How Keras moves the network


def test_adam_follows_keras_for_fifty_steps() -> None:
    recorded = np.load(TRAJECTORY)
    names = ("user_vectors", "item_vectors", "head")
    n_steps, n_rows = recorded["target"].shape
    network = AdamNetwork(Weights(*(recorded[f"before_{name}"] for name in names)), batch_size=n_rows)
    losses = []
    for step in range(n_steps):
        network.start_figures()
        network.step(
            recorded["user_index"][step].astype(np.int32),
            recorded["item_index"][step].astype(np.int32),
            recorded["target"][step],
            learning_rate=float(recorded["learning_rates"][step]),
        )
        losses.append(network.figures().loss)
    network.flush()
    after = network.weights()
    np.testing.assert_allclose(losses, recorded["losses"], rtol=1e-4)
    np.testing.assert_allclose(after.user_vectors, recorded["after_user_vectors"], atol=1e-4)
    np.testing.assert_allclose(after.item_vectors, recorded["after_item_vectors"], atol=1e-4)
    # Without the bias (place 1), which batch normalization cancels: in Keras rounding moves it about.
    learned = [0, 2, 3, 5]
    np.testing.assert_allclose(after.head[learned], recorded["after_head"][learned], rtol=1e-3, atol=1e-4)


# What it finds


def _share_of_same_taste(model: NeuralModel, data: Dataset) -> float:
    """How many of the ten items nearest to each taste's first item are of its taste; a quarter by chance."""
    taste = data.ratings.items.ids % 4
    shares = []
    for item_id in range(1000, 1004):
        item = data.ratings.items.index_of(item_id)
        similarity = model.item_similarities(item).copy()
        similarity[item] = -2.0
        shares.append(np.mean(taste[np.argsort(-similarity)[:10]] == taste[item]))
    return float(np.mean(shares))


def test_items_of_the_same_planted_taste_are_neighbors(model: NeuralModel, data: Dataset) -> None:
    assert 0.8 < _share_of_same_taste(model, data) <= 1.0


def test_users_of_the_same_planted_taste_are_neighbors(model: NeuralModel, data: Dataset) -> None:
    taste = (data.ratings.users.ids - 1) % 4
    shares = []
    for user in range(10, 40):
        similarity = model.user_similarities(data.ratings.history(user), user).copy()
        similarity[user] = -2.0
        shares.append(np.mean(taste[np.argsort(-similarity)[:10]] == taste[user]))
    assert 0.5 < np.mean(shares) < 0.8  # 0.25 by chance


def test_adam_finds_planted_tastes_at_a_sane_learning_rate(data: Dataset) -> None:
    config = NeuralConfig(
        **{
            **SETTINGS,
            "optimizer": "adam",
            "learning_rate": 0.02,
            "decay": 0.9,
            "batch_size": 250,
            "embedding_dim": 16,
        }
    )
    assert 0.7 < _share_of_same_taste(train(data, config), data) <= 1.0


def test_a_user_is_predicted_to_like_the_planted_taste(model: NeuralModel, data: Dataset) -> None:
    users = np.arange(10, 60)
    scores = model.scores(data.ratings.histories(users), users)
    same = (data.ratings.users.ids[users, None] - 1) % 4 == data.ratings.items.ids % 4
    assert scores.shape == same.shape
    assert 0.1 < scores[same].mean() - scores[~same].mean() < 0.3


def test_predictions_are_ratings_scaled_to_between_nought_and_one(model: NeuralModel, data: Dataset) -> None:
    split = split_rows(data.ratings, model.config)
    scores = model.scores(data.ratings.histories(), np.arange(data.ratings.n_users))
    error = np.abs(scores[split.test.user_index, split.test.item_index] - split.test.target).mean()
    best = model.learning_curve[np.argmin(model.learning_curve[:, CURVE_COLUMNS.index("val_loss")])]
    assert error == pytest.approx(best[CURVE_COLUMNS.index("val_mae")], abs=0.005)


def test_a_known_user_who_is_folded_in_is_predicted_much_the_same(model: NeuralModel, data: Dataset) -> None:
    users = np.arange(10, 200)
    histories = data.ratings.histories(users)
    own, folded = model.scores(histories, users), model.scores(histories)
    correlation = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(own, folded, strict=True)])
    assert 0.5 < correlation < 0.9


def test_known_and_new_people_may_be_mixed(model: NeuralModel, data: Dataset) -> None:
    histories = data.ratings.histories(np.array([20, 21]))
    mixed = model.scores(histories, np.array([20, -1]))
    np.testing.assert_allclose(mixed[0], model.scores(histories, np.array([20, 21]))[0], rtol=1e-5)
    np.testing.assert_allclose(mixed[1], model.scores(histories)[1], rtol=1e-5)


def test_somebody_new_who_liked_without_scoring_is_taken_to_like_it(model: NeuralModel, data: Dataset) -> None:
    items = [data.ratings.items.index_of(1000 + 4 * n) for n in range(6)]
    n_items = data.ratings.n_items
    unscored = model.scores(_history(items, [np.nan] * 6, n_items))
    liked = model.scores(_history(items, [10.0] * 6, n_items))
    assert model.head[7] == 10.0
    np.testing.assert_array_equal(unscored, liked)


def test_planned_rows_are_not_evidence(model: NeuralModel, data: Dataset) -> None:
    n_items = data.ratings.n_items
    planned = model.scores(_history([3, 4], [9.0, 2.0], n_items, Status.PLANNED))
    np.testing.assert_array_equal(planned, model.scores(_history([], [], n_items)))


def test_somebody_without_a_history_is_the_typical_user(model: NeuralModel, data: Dataset) -> None:
    np.testing.assert_array_equal(model.fold_in(_history([], [], data.ratings.n_items))[0], model.typical_user)


def test_an_item_that_nobody_scored_is_similar_to_nothing(data: Dataset) -> None:
    code = data.ratings.rating_code.copy()
    code[data.ratings.item_index == 5] = 0
    model = train(replace(data, ratings=_with(data.ratings, rating_code=code)), NeuralConfig(**SETTINGS, epochs=1))
    assert not model.item_vectors[5].any()
    assert not model.item_similarities(5).any()


def test_rows_outside_the_model_are_an_error(model: NeuralModel, data: Dataset) -> None:
    with pytest.raises(UnknownIndexError, match="121"):
        model.item_similarities(121)
    with pytest.raises(UnknownIndexError, match="400"):
        model.scores(data.ratings.history(0), np.array([400]))


# What an artifact keeps


def test_the_model_comes_back_from_its_arrays(model: NeuralModel, data: Dataset) -> None:
    again = NeuralModel.from_arrays(model.arrays(), model.config)
    histories, users = data.ratings.histories(np.array([3, 4])), np.array([3, -1])
    np.testing.assert_array_equal(again.scores(histories, users), model.scores(histories, users))


@pytest.mark.parametrize("name", ["user_vectors", "item_vectors", "head", "typical_user", "learning_curve"])
def test_a_missing_or_misshapen_array_is_named(model: NeuralModel, name: str) -> None:
    arrays = model.arrays()
    with pytest.raises(ValueError, match=name):
        NeuralModel.from_arrays({key: array for key, array in arrays.items() if key != name}, model.config)
    with pytest.raises(ValueError, match=name):
        NeuralModel.from_arrays({**arrays, name: arrays[name][..., :1]}, model.config)
