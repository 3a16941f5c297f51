"""How well the default model ranks, held to bands: a change that costs quality fails here."""

from pathlib import Path
from typing import Any

import pytest

import konomi
from konomi.data.dataset import Dataset
from konomi.evaluation import Split, strong_split
from konomi.evaluation.entrants import Trained, entrants_of, train_entrant
from konomi.evaluation.metrics import hits_of, metric_of
from konomi.evaluation.protocol import rank


def ndcg(dataset: Dataset, **settings: Any) -> float:
    """NDCG@10 of linear on the test users of seed 0, who were never trained on."""
    split = strong_split(dataset, seed=0)
    (entrant,) = entrants_of([("linear", settings)])
    return ranked_well(train_entrant(entrant, split.training), split)


# Popularity has 0.135 here. Without ratings these fall to 0.308 and 0.300, without a ridge to 0.236 and 0.288.
@pytest.mark.parametrize(("predictors", "low", "high"), [(0, 0.310, 0.317), (16, 0.305, 0.315)])
def test_planted_tastes_are_ranked_as_well_as_ever(
    planted_dataset: Dataset, predictors: int, low: float, high: float
) -> None:
    assert low < ndcg(planted_dataset, predictors=predictors) < high


@pytest.mark.realdata
def test_the_ratings_of_2016_are_ranked_as_well_as_ever(shared_data: Path) -> None:
    folder = shared_data / "mal2016"
    dataset = konomi.ingest(folder / "rating.csv", items=folder / "anime.csv")
    watched, liked = (strong_split(dataset, targets=targets, seed=0) for targets in ("watched", "liked"))
    # Both leave the same users to train on, so one training serves both.
    assert watched.training.ratings.users.ids.tolist() == liked.training.ratings.users.ids.tolist()
    (entrant,) = entrants_of([("linear", {"keep_update": False})])
    trained = train_entrant(entrant, watched.training)
    assert 0.590 < ranked_well(trained, watched) < 0.603
    assert 0.507 < ranked_well(trained, liked) < 0.522


def ranked_well(trained: Trained, split: Split) -> float:
    """NDCG@10 of a trained model on the people of a split."""
    hits = hits_of(rank(trained, split, depth=10), split.hidden_offsets, split.hidden_items, split.n_items)
    return float(metric_of("ndcg@10", hits, split.n_hidden()).mean())
