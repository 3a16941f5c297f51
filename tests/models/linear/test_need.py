"""The plan of memory of the linear model, and what it advises where there is too little."""

import dataclasses

import numpy as np
import pytest

from konomi.data.dataset import Dataset
from konomi.errors import TrainingError
from konomi.models import by_name
from konomi.models.linear import LinearConfig
from konomi.models.linear.need import need_of_size


def test_the_reference_size_needs_less_than_five_gigabytes() -> None:
    assert 2.0e9 < need_of_size(17_562, 325_772, LinearConfig()).n_bytes < 3.0e9
    assert 3.0e9 < need_of_size(17_562, 325_772, LinearConfig(predictors=0)).n_bytes < 5.0e9


def test_a_hundred_thousand_items_need_more_than_sixty_gigabytes() -> None:
    assert need_of_size(100_000, 325_772, LinearConfig()).n_bytes > 60e9


def test_too_many_items_are_answered_with_the_setting_that_fits(planted_dataset: Dataset) -> None:
    kind, config = by_name("linear"), LinearConfig(kept_neighbors=1)
    free = int(need_of_size(60, 400, config).n_bytes / 0.9) + 1
    with pytest.raises(TrainingError) as raised:
        kind.require_memory(planted_dataset.ratings, config, free=free)
    message = str(raised.value)
    assert "linear model of 121 items needs" in message
    assert "--model spectral" in message
    most = int(message.rsplit(": ", 1)[1].split(" items")[0].replace(",", ""))
    threshold = int(message.rsplit("min_item_ratings=", 1)[1].split(":")[0])
    assert most == 60
    fewer = dataclasses.replace(config, min_item_ratings=threshold)
    assert np.sum(planted_dataset.ratings.row_counts() >= threshold) <= most
    kind.require_memory(kind.prepare(planted_dataset, fewer).ratings, fewer, free=free)


def test_too_little_for_any_item_still_names_the_other_model(planted_dataset: Dataset) -> None:
    with pytest.raises(TrainingError, match="--model spectral"):
        by_name("linear").require_memory(planted_dataset.ratings, LinearConfig(), free=10**6)
