"""One contract that every model keeps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Status
from konomi.errors import UnsupportedError
from konomi.models import by_name, names
from konomi.models.model import Ability, Model
from konomi.storage.folder import whole_folder
from konomi.storage.kind import MODEL

# Settings under which each model learns from the planted dataset within a second or two.
SETTINGS: dict[str, dict[str, Any]] = {"neural": {"epochs": 2, "embedding_dim": 16, "min_ratings": 1}}
# Linear has two ways to its weights, and the dataset is so small that its default takes the inverse.
CASES = [(name, SETTINGS.get(name, {})) for name in names()] + [("linear", {"predictors": 16})]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join([case[0], *case[1]]))
def artifact(request: pytest.FixtureRequest, planted_dataset: Dataset) -> Artifact:
    name, settings = request.param
    return trained(name, settings, planted_dataset)


def trained(name: str, settings: dict[str, Any], dataset: Dataset) -> Artifact:
    kind = by_name(name)
    config = kind.config(settings)
    prepared = kind.prepare(dataset, config)
    return Artifact.of(kind.train(prepared, config), prepared)


@pytest.fixture
def model(artifact: Artifact) -> Model:
    return artifact.model


@pytest.fixture
def people(artifact: Artifact) -> Histories:
    return artifact.dataset.ratings.histories(np.arange(8))


def test_scores_are_one_finite_number_for_each_person_and_item(model: Model, people: Histories) -> None:
    scores = model.scores(people)
    assert scores.dtype == np.float32
    assert scores.shape == (len(people), model.n_items)
    assert np.isfinite(scores).all()


def test_it_comes_back_from_its_folder(artifact: Artifact, people: Histories, tmp_path: Path) -> None:
    with whole_folder(tmp_path / "model", kind=MODEL) as folder:
        artifact.write_into(folder)
    again = Artifact.open(tmp_path / "model").model
    assert type(again) is type(artifact.model)
    assert again.config == artifact.model.config
    np.testing.assert_array_equal(again.scores(people), artifact.model.scores(people))
    for name, array in artifact.model.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array, err_msg=name)


def test_an_array_that_is_missing_is_refused(model: Model) -> None:
    for name in model.arrays():
        rest = {other: array for other, array in model.arrays().items() if other != name}
        with pytest.raises(ValueError, match=name):
            type(model).from_arrays(rest, model.config)


def test_a_second_training_gives_the_same_bits(artifact: Artifact) -> None:
    again = by_name(artifact.model.name).train(artifact.dataset, artifact.model.config)
    for name, array in artifact.model.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array, err_msg=name)


def test_a_person_alone_gets_what_the_person_gets_among_others(model: Model, people: Histories) -> None:
    together = model.scores(people)
    for p in range(len(people)):
        np.testing.assert_allclose(model.scores(people.person(p))[0], together[p], rtol=1e-4, atol=1e-6)


def test_planned_rows_are_not_evidence(model: Model, people: Histories) -> None:
    kept = people.keep_rows(people.status != Status.PLANNED)
    assert len(kept.item_index) < len(people.item_index)
    np.testing.assert_allclose(model.scores(people), model.scores(kept), rtol=1e-4, atol=1e-6)


def test_an_empty_history_is_scored(model: Model, people: Histories) -> None:
    empty = people.keep_rows(np.zeros(len(people.item_index), dtype=np.bool_))
    scores = model.scores(empty)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, np.tile(scores[0], (len(empty), 1)))


def test_a_known_user_is_scored_like_a_new_one_with_the_same_history(model: Model, people: Histories) -> None:
    if model.name in ("neural", "user-knn"):
        pytest.skip(f"{model.name} knows its users by more than their histories: their vectors, their own row")
    known = model.scores(people, np.arange(len(people)))
    np.testing.assert_array_equal(known, model.scores(people, np.full(len(people), -1)))


def test_contributions_sum_to_the_scores(model: Model, people: Histories) -> None:
    if Ability.REASONS not in model.abilities:
        pytest.skip(f"the scores of {model.name} are not sums; see the test of abilities")
    items = np.array([3, 1, 17, 3], dtype=np.int32)
    for p in range(len(people)):
        history = people.person(p)
        terms = model.contributions(history, items)
        assert terms.shape == (len(history.item_index), len(items))
        assert not terms[history.status == Status.PLANNED].any()
        total = terms.sum(axis=0) + model.popularity_term(history, items)
        np.testing.assert_allclose(total, model.scores(history)[0, items], rtol=1e-4, atol=1e-5)


def test_item_similarities_are_cosines(model: Model) -> None:
    if Ability.SIMILAR_ITEMS not in model.abilities:
        pytest.skip(f"{model.name} does not compare items; see the test of abilities")
    similarity = model.item_similarities(5)
    assert similarity.shape == (model.n_items,)
    assert similarity.dtype == np.float32
    assert np.abs(similarity).max() <= 1 + 1e-6


def test_user_similarities_are_cosines(artifact: Artifact) -> None:
    model, ratings = artifact.model, artifact.dataset.ratings
    if Ability.SIMILAR_USERS not in model.abilities:
        pytest.skip(f"{model.name} does not compare users; see the test of abilities")
    similarity = model.user_similarities(ratings.history(7), 7)
    assert similarity.shape == (ratings.n_users,)
    assert similarity.dtype == np.float32
    assert np.abs(similarity).max() <= 1 + 1e-6


@pytest.mark.parametrize("ability", list(Ability))
def test_it_answers_what_it_lists_and_refuses_the_rest(model: Model, people: Histories, ability: Ability) -> None:
    def ask() -> object:
        if ability is Ability.REASONS:
            return model.contributions(people.person(3), np.array([1]))
        if ability is Ability.SIMILAR_ITEMS:
            return model.item_similarities(1)
        if ability is Ability.SIMILAR_USERS:
            return model.user_similarities(people.person(3))
        return model.map_vectors()

    if ability in model.abilities:
        assert ask() is not None
    else:
        with pytest.raises(UnsupportedError, match="train the linear model"):
            ask()
