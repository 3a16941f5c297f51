"""Popularity against counting by hand."""

import numpy as np
import pytest

from konomi.data.dataset import Dataset
from konomi.errors import UnsupportedError
from konomi.models.popularity import PopularityConfig, PopularityModel, train


@pytest.fixture
def model(tiny_dataset: Dataset) -> PopularityModel:
    return train(tiny_dataset, PopularityConfig())


def test_planned_rows_are_not_counted(model: PopularityModel) -> None:
    assert model.watch_counts.tolist() == [4, 3, 2, 2, 1, 0]


def test_everybody_gets_the_logarithm_of_the_watchers(tiny_dataset: Dataset, model: PopularityModel) -> None:
    scores = model.scores(tiny_dataset.ratings.histories())
    np.testing.assert_allclose(scores, np.tile(np.log([5, 4, 3, 3, 2, 1]), (5, 1)), rtol=1e-6)


def test_it_says_which_models_compare_items_and_users(tiny_dataset: Dataset, model: PopularityModel) -> None:
    with pytest.raises(UnsupportedError, match="linear"):
        model.item_similarities(0)
    with pytest.raises(UnsupportedError, match="linear"):
        model.user_similarities(tiny_dataset.ratings.history(0))


def test_the_model_comes_back_from_its_array(tiny_dataset: Dataset, model: PopularityModel) -> None:
    again = PopularityModel.from_arrays(model.arrays(), model.config)
    history = tiny_dataset.ratings.history(0)
    np.testing.assert_array_equal(again.scores(history), model.scores(history))


def test_a_missing_array_is_refused(model: PopularityModel) -> None:
    with pytest.raises(ValueError, match="item_counts"):
        PopularityModel.from_arrays({}, model.config)
