"""Kinds of models: their settings, their plans of memory, and how datasets are prepared for them."""

import dataclasses

import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, TrainingError
from konomi.models import DEFAULT, by_name, kind_that_fits, kinds, names
from konomi.models.config import as_settings, settings_table
from konomi.models.kind import ModelKind
from konomi.models.model import Ability


def test_a_dataset_without_franchises_gets_them_where_it_is_prepared(tiny_dataset: Dataset) -> None:
    frame = tiny_dataset.catalog.frame.with_columns(franchise=pl.lit(None, dtype=pl.String))
    unnamed = dataclasses.replace(tiny_dataset, catalog=Catalog(tiny_dataset.catalog.items, frame))
    kind = by_name("popularity")
    prepared = kind.prepare(unnamed, kind.config()).catalog
    assert prepared.frame["franchise"].to_list() == ["Star Kitchen", "Star Kitchen", None, None, None, None]


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="the models are: linear, spectral, neural"):
        by_name("lienar")


@pytest.mark.parametrize("name", names())
def test_each_kind_has_the_name_it_is_listed_under(name: str) -> None:
    assert by_name(name).name == by_name(name).model_type.name == name


def test_the_default_model_has_every_ability() -> None:
    # The messages of the other models send people to it.
    assert by_name(DEFAULT).model_type.abilities == frozenset(Ability)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_setting_has_a_text_and_a_default_in_its_range(kind: ModelKind) -> None:
    for row in settings_table(kind.config_type):
        assert row.text.endswith(".")
        assert row.allowed
    assert as_settings(kind.config()) == as_settings(kind.config_type())


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_preset_can_be_given(kind: ModelKind) -> None:
    for name, values in kind.presets.items():
        assert as_settings(kind.config(preset=name)).items() >= values.items()


def test_settings_win_over_a_preset_and_the_seed_over_both() -> None:
    config = by_name("neural").config({"epochs": "3", "seed": 4}, preset="notebook", seed=5)
    assert (config.optimizer, config.epochs, config.seed) == ("adam", 3, 5)


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r'no preset "notebok"; it has: notebook'):
        by_name("neural").config(preset="notebok")


@pytest.mark.parametrize("settings", [{"dropout": "1"}, {"dropout": -0.1}, {"regularization": "nan"}])
def test_a_value_out_of_range_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="is out of range"):
        by_name("linear").config(settings)


def test_a_value_between_the_steps_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"poor_weight=0.3 does not fit: poor_weight must be a multiple of 0.25"):
        by_name("linear").config({"poor_weight": "0.3"})


@pytest.mark.parametrize("model", ["linear", "spectral", "item-knn"])
def test_each_model_with_a_plan_of_memory_is_held_to_it(planted_dataset: Dataset, model: str) -> None:
    kind = by_name(model)
    kind.require_memory(planted_dataset.ratings, kind.config(), free=10**10)
    with pytest.raises(TrainingError, match="are free"):
        kind.require_memory(planted_dataset.ratings, kind.config(), free=10**6)


def test_models_without_a_plan_always_fit(planted_dataset: Dataset) -> None:
    kind = by_name("popularity")
    assert kind.fits(planted_dataset.ratings, kind.config(), free=1)


def test_the_default_is_trained_where_it_fits(planted_dataset: Dataset) -> None:
    kind, why = kind_that_fits(planted_dataset.ratings, free=10**10)
    assert (kind.name, why) == ("linear", "")


def test_where_the_default_does_not_fit_the_smaller_one_is_trained_with_a_reason(
    planted_dataset: Dataset,
) -> None:
    kind, why = kind_that_fits(planted_dataset.ratings, free=10**6)
    assert kind.name == "spectral"
    assert "training the linear model" in why
    assert "are free: the spectral model is trained instead" in why
