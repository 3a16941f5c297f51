"""Popularity against counting by hand."""

import numpy as np
import pytest

from konomi.data.dataset import Dataset
from konomi.models.popularity import PopularityConfig, PopularityModel, train


@pytest.fixture
def model(tiny_dataset: Dataset) -> PopularityModel:
    return train(tiny_dataset, PopularityConfig())


def test_planned_rows_are_not_counted(model: PopularityModel) -> None:
    assert model.watch_counts.tolist() == [4, 3, 2, 2, 1, 0]


def test_every_user_gets_the_logarithm_of_the_watchers(tiny_dataset: Dataset, model: PopularityModel) -> None:
    scores = model.scores(tiny_dataset.ratings.histories())
    np.testing.assert_allclose(scores, np.tile(np.log([5, 4, 3, 3, 2, 1]), (5, 1)), rtol=1e-6)
