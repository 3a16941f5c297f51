"""The prior of the linear model: conditional probabilities that fade as a history grows."""

import numpy as np
import pytest
from tests.models.planted import LONELY, N_ITEMS, N_USERS, UNRATED, planted

from konomi.data.dataset import Dataset
from konomi.data.history import one_person
from konomi.data.ratings import Histories
from konomi.models.gram import Gram
from konomi.models.linear import LinearConfig, LinearModel, train
from konomi.models.linear import prior as prior_module
from konomi.models.linear.prior import Prior, prior_share
from konomi.models.weighting import Weighting


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


@pytest.fixture(scope="module")
def model(dataset: Dataset) -> LinearModel:
    return train(dataset, LinearConfig())


def history_of(*items: int) -> Histories:
    return one_person(np.array(items), np.full(len(items), np.nan), n_items=N_ITEMS)


def smoothed(dataset: Dataset, item: int, other: int) -> float:
    """P(other | item), counted user by user, with five more watchers of `item` who watched as all users did."""
    lists = [set(dataset.ratings.history(user).item_index.tolist()) for user in range(N_USERS)]
    both = sum(item in one and other in one for one in lists)
    watchers = sum(item in one for one in lists)
    share = sum(other in one for one in lists) / N_USERS
    return (both + 5 * share) / (watchers + 5)


@pytest.mark.parametrize("item", [3, 20, LONELY])
def test_after_one_title_a_score_is_the_probability_among_its_watchers(
    dataset: Dataset, model: LinearModel, item: int
) -> None:
    scores = model.scores(history_of(item))[0]
    for other in (0, 7, 15, 27, UNRATED):
        assert scores[other] == pytest.approx(smoothed(dataset, item, other), rel=1e-4, abs=1e-6)


def test_a_title_that_no_user_watched_says_that_all_are_as_popular_as_ever(model: LinearModel) -> None:
    np.testing.assert_allclose(model.scores(history_of(UNRATED))[0], model.watch_counts / N_USERS, rtol=1e-5)


def test_the_prior_decides_alone_after_one_title_and_fades_from_there() -> None:
    np.testing.assert_allclose(prior_share(np.array([0, 1, 4, 100]), 1.0), [1, 1, 1 / 8, 1 / 1000])
    np.testing.assert_allclose(prior_share(np.array([1, 4]), 0.5), [0.5, 1 / 16])
    np.testing.assert_allclose(prior_share(np.array([1, 4]), 9.0), [1, 1])


def test_a_score_is_the_mixture_of_the_weights_and_the_prior(dataset: Dataset, model: LinearModel) -> None:
    history = history_of(3, 5, 8, 11)
    by_weights = train(dataset, LinearConfig(prior_weight=0)).scores(history)[0]
    scores = model.scores(history)[0]
    for other in (0, 7, 15, 27):
        popular = model.watch_counts[other] / N_USERS
        by_prior = popular + sum(smoothed(dataset, item, other) - popular for item in (3, 5, 8, 11))
        assert scores[other] == pytest.approx(7 / 8 * by_weights[other] + 1 / 8 * by_prior, rel=1e-4, abs=1e-6)


def test_without_the_prior_the_weights_decide_alone(dataset: Dataset) -> None:
    model = train(dataset, LinearConfig(prior_weight=0))
    assert model.prior is None
    assert not any(name.startswith(("likely", "popularity")) for name in model.arrays())
    nothing = history_of()
    assert not model.scores(nothing).any()


def test_a_model_without_a_prior_opens_and_answers_by_its_weights(dataset: Dataset, model: LinearModel) -> None:
    """As a folder of konomi 0.1 does, which holds no arrays of it."""
    old = {name: array for name, array in model.arrays().items() if not name.startswith(("likely", "popularity"))}
    again = LinearModel.from_arrays(old, model.config)
    history = dataset.ratings.history(4)
    expected = train(dataset, LinearConfig(prior_weight=0)).scores(history)
    np.testing.assert_array_equal(again.scores(history), expected)
    assert not again.popularity_term(history, np.arange(N_ITEMS)).any()


def test_each_title_keeps_those_that_it_changes_most(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    gram = Gram.of(dataset.ratings)
    whole = Prior.of(gram).likely
    monkeypatch.setattr(prior_module, "KEPT", 4)
    cut = Prior.of(gram).likely
    for item in range(N_ITEMS):
        largest = np.sort(np.abs(whole.row(item)[1]))[-4:]
        np.testing.assert_array_equal(np.sort(np.abs(cut.row(item)[1])), largest)


def test_weights_of_users_do_not_change_its_scale(dataset: Dataset) -> None:
    plain = Prior.of(Gram.of(dataset.ratings)).likely
    weighted = Prior.of(Gram.of(dataset.ratings, weighting=Weighting(length_power=0.5))).likely
    assert np.abs(plain.row(3)[1] - weighted.row(3)[1]).max() < 0.05


def test_popular_titles_come_first_for_a_title_about_which_little_is_known(dataset: Dataset) -> None:
    scores = train(dataset, LinearConfig()).scores(history_of(LONELY))[0]
    assert np.corrcoef(scores[:LONELY], Gram.of(dataset.ratings).watch_counts[:LONELY])[0, 1] > 0.99
