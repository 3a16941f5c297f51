"""How well the default model ranks, held to bands: a change that costs quality fails here."""

from pathlib import Path
from typing import Any

import pytest

import konomi
from konomi.data.dataset import Dataset
from konomi.evaluation import strong_split
from konomi.evaluation.entrants import entrants_of
from konomi.evaluation.protocol import measure
from konomi.evaluation.splits import Targets


def ndcg(dataset: Dataset, targets: Targets, **settings: Any) -> float:
    """NDCG@10 of linear on the test users of seed 0, who were never trained on."""
    split = strong_split(dataset, targets=targets, seed=0)
    (entrant,) = entrants_of([("linear", settings)])
    return float(measure(entrant, split, metrics=("ndcg@10",)).intervals["ndcg@10"].mean)


# Popularity has 0.135 here. Without ratings these fall to 0.308 and 0.300, without a ridge to 0.236 and 0.288.
@pytest.mark.parametrize(("predictors", "low", "high"), [(0, 0.310, 0.317), (16, 0.305, 0.315)])
def test_planted_tastes_are_ranked_as_well_as_ever(
    planted_dataset: Dataset, predictors: int, low: float, high: float
) -> None:
    assert low < ndcg(planted_dataset, "watched", predictors=predictors) < high


@pytest.mark.realdata
@pytest.mark.parametrize(("targets", "low", "high"), [("watched", 0.590, 0.603), ("liked", 0.507, 0.522)])
def test_the_ratings_of_2016_are_ranked_as_well_as_ever(
    mal2016: Dataset, targets: Targets, low: float, high: float
) -> None:
    assert low < ndcg(mal2016, targets, keep_update=False) < high


@pytest.fixture(scope="module")
def mal2016(shared_data: Path) -> Dataset:
    return konomi.ingest(shared_data / "mal2016/rating.csv", items=shared_data / "mal2016/anime.csv")
