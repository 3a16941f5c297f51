"""Tuning, on a model whose best setting is known: its scores are the better the nearer `reach` is to 3."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.fakes import FakeConfig, FakeModel, Scores, fake_kind

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.errors import ConfigError, EvaluationError, InputFileError, TrainingError
from konomi.evaluation import evaluate, strong_split
from konomi.evaluation import tuning as tuning_module
from konomi.evaluation.tuning import read_tuned, tune
from konomi.models import by_name, kinds
from konomi.models.config import as_settings
from konomi.models.kind import Choice, ModelKind, Range

SPACE = {"reach": Range(-6.0, 6.0)}


@pytest.fixture
def trained_on(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `train` of the fake model was given, call by call."""
    calls: list[Any] = []

    def train(dataset: Dataset, config: FakeConfig, **_: Any) -> FakeModel:
        calls.append(dataset.ratings.users.ids)
        if config.reach > 5.5:
            raise TrainingError("reach is too long")
        noise = np.random.default_rng(0).permutation(dataset.ratings.n_items).astype(np.float32)
        fame = np.bincount(dataset.ratings.item_index, minlength=dataset.ratings.n_items).astype(np.float32)

        def score(histories: Histories) -> Scores:
            return np.tile(fame + abs(config.reach - 3) * noise, (len(histories), 1)).astype(np.float32)

        return FakeModel(config, dataset.ratings.n_items, score)

    monkeypatch.setattr(tuning_module, "by_name", lambda _: fake_kind("fake", train))
    return calls


@pytest.mark.usefixtures("trained_on")
def test_the_better_setting_is_found(planted_dataset: Dataset, tmp_path: Path) -> None:
    found = tune(planted_dataset, "fake", out=tmp_path / "tuned", trials=25, space=SPACE)
    assert found.trials == 25
    assert abs(found.config["reach"] - 3) < 1


def test_no_test_user_and_no_validation_user_trains(
    planted_dataset: Dataset, tmp_path: Path, trained_on: list[Any]
) -> None:
    tune(planted_dataset, "fake", out=tmp_path / "tuned", trials=2, space=SPACE, seed=8)
    ids = planted_dataset.ratings.users.ids
    for role in ("test", "validation"):
        held_out = ids[strong_split(planted_dataset, seed=8, role=role).user_index]
        assert not np.isin(held_out, trained_on[0]).any()


def test_a_search_goes_on_where_it_stopped(planted_dataset: Dataset, tmp_path: Path, trained_on: list[Any]) -> None:
    out = tmp_path / "tuned"
    tune(planted_dataset, "fake", out=out, trials=3, space=SPACE)
    assert len(trained_on) == 3
    found = tune(planted_dataset, "fake", out=out, trials=5, space=SPACE)
    assert len(trained_on) == 5
    assert found.trials == 5
    assert tune(planted_dataset, "fake", out=out, trials=5, space=SPACE) == found
    assert len(trained_on) == 5


@pytest.mark.usefixtures("trained_on")
def test_the_same_seed_searches_alike(planted_dataset: Dataset, tmp_path: Path) -> None:
    one, same = (tune(planted_dataset, "fake", out=tmp_path / name, trials=6, space=SPACE) for name in "ab")
    assert one == same


@pytest.mark.usefixtures("trained_on")
def test_minutes_end_a_search(planted_dataset: Dataset, tmp_path: Path) -> None:
    assert tune(planted_dataset, "fake", out=tmp_path / "tuned", minutes=0.002, space=SPACE).trials >= 1


@pytest.mark.usefixtures("trained_on")
def test_the_result_is_a_file_that_training_reads(planted_dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    found = tune(planted_dataset, "fake", out=out, trials=2, space=SPACE)
    told = json.loads((out / "tuned.json").read_text(encoding="utf-8"))
    assert told["model"] == "fake"
    assert told["config"] == found.config
    assert told["trials"] == 2
    assert read_tuned(out) == found


@pytest.mark.usefixtures("trained_on")
def test_a_trial_that_cannot_be_trained_does_not_end_the_search(planted_dataset: Dataset, tmp_path: Path) -> None:
    space = {"reach": Choice((0.0, 6.0))}
    assert tune(planted_dataset, "fake", out=tmp_path / "tuned", trials=6, space=space).config["reach"] == 0.0


@pytest.mark.usefixtures("trained_on")
def test_no_trial_that_can_be_trained_is_an_error(planted_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="none of 3 trials could be trained"):
        tune(
            planted_dataset,
            "fake",
            out=tmp_path / "tuned",
            trials=3,
            space={"reach": Range(5.6, 6.0)},
        )


@pytest.mark.usefixtures("trained_on")
def test_another_search_in_the_same_folder_is_refused(planted_dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    tune(planted_dataset, "fake", out=out, trials=1, space=SPACE)
    before = (out / "tuned.json").read_bytes()
    with pytest.raises(EvaluationError, match="begun with another seed"):
        tune(planted_dataset, "fake", out=out, trials=2, space=SPACE, seed=1)
    assert (out / "tuned.json").read_bytes() == before


@pytest.mark.parametrize("budget", [{}, {"trials": 0}, {"minutes": 0}, {"minutes": -1.0}])
@pytest.mark.usefixtures("trained_on")
def test_a_budget_is_needed(planted_dataset: Dataset, tmp_path: Path, budget: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="tuning needs a budget"):
        tune(planted_dataset, "fake", out=tmp_path / "tuned", space=SPACE, **budget)


def test_a_model_without_settings_cannot_be_tuned(planted_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="popularity has nothing to tune"):
        tune(planted_dataset, "popularity", out=tmp_path / "tuned", trials=1)


@pytest.mark.usefixtures("trained_on")
def test_a_setting_that_the_model_lacks_cannot_be_searched(planted_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='no setting "rech", did you mean "reach"'):
        tune(planted_dataset, "fake", out=tmp_path / "tuned", trials=1, space={"rech": Range(0, 1)})


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_each_space_names_settings_of_its_model_and_holds_their_defaults(kind: ModelKind) -> None:
    defaults = as_settings(kind.config())
    for key, values in kind.search_space.items():
        assert defaults[key] in values, key


@pytest.mark.parametrize("model", ["item-knn", "linear", "spectral", "user-knn"])
def test_every_corner_of_a_space_can_be_trained(planted_dataset: Dataset, model: str) -> None:
    kind = by_name(model)
    numbers = {key: values for key, values in kind.search_space.items() if isinstance(values, Range)}
    for corner in itertools.product(*((values.low, values.high) for values in numbers.values())):
        trained = kind.train(planted_dataset, kind.config(dict(zip(numbers, corner, strict=True))))
        assert np.isfinite(trained.scores(planted_dataset.ratings.history(5), np.array([-1]))).all()


@pytest.mark.parametrize("model", ["item-knn", "spectral", "user-knn"])
def test_a_space_is_searched_from_the_default_on(planted_dataset: Dataset, tmp_path: Path, model: str) -> None:
    defaults = as_settings(by_name(model).config_type())
    first = tune(planted_dataset, model, out=tmp_path / "tuned", trials=1)
    assert first.config == defaults
    found = tune(planted_dataset, model, out=tmp_path / "tuned", trials=4)
    assert found.score >= first.score
    for key, value in found.config.items():
        assert type(value) is type(defaults[key]), key


def test_tuned_settings_are_evaluated_with_the_seed_that_they_were_tuned_with(
    planted_dataset: Dataset, tmp_path: Path
) -> None:
    found = tune(planted_dataset, "linear", out=tmp_path / "tuned", trials=1, seed=2)
    with pytest.raises(EvaluationError, match="validation users of seed 2"):
        evaluate(planted_dataset, [found.entrant()], seed=0)
    assert "validation users of seed 2" in evaluate(planted_dataset, [found.entrant()], seed=2).notes[0]


@pytest.mark.parametrize("text", ["", "[]", '{"model": "linear"}'])
def test_a_file_that_tune_did_not_write_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "tuned.json").write_text(text)
    with pytest.raises(InputFileError, match="is no result of `konomi tune`"):
        read_tuned(tmp_path)
