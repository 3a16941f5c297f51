"""Twin retrieval: halves of one history that should find each other."""

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.errors import EvaluationError
from konomi.evaluation.twins import Twins, split_twins, twin_retrieval


@pytest.fixture(scope="module")
def twins(planted_dataset: Dataset) -> Twins:
    return split_twins(planted_dataset, seed=1, n_twins=30, min_titles=15)


def test_the_halves_share_nothing_and_are_the_whole(planted_dataset: Dataset, twins: Twins) -> None:
    assert len(twins) == 30
    for p, row in enumerate(twins.twin.tolist()):
        whole = set(planted_dataset.ratings.history(row).item_index.tolist())
        trains = set(twins.training.ratings.history(row).item_index.tolist())
        asks = set(twins.asking.person(p).item_index.tolist())
        titles = len(planted_dataset.ratings.history(row).watched().item_index)
        assert trains | asks == whole
        assert not trains & asks
        assert len(asks) == titles // 2


def test_everybody_else_trains_whole(planted_dataset: Dataset, twins: Twins) -> None:
    before, after = planted_dataset.ratings.lengths(), twins.training.ratings.lengths()
    others = np.setdiff1d(np.arange(len(before)), twins.twin)
    assert (before[others] == after[others]).all()


def test_a_model_that_knows_everybody_finds_every_twin_first(planted_dataset: Dataset, twins: Twins) -> None:
    row_of = {twins.asking.person(p).item_index.tobytes(): row for p, row in enumerate(twins.twin.tolist())}

    def knows(history: Histories) -> NDArray[np.float32]:
        similarity = np.zeros(planted_dataset.ratings.n_users, dtype=np.float32)
        similarity[row_of[history.item_index.tobytes()]] = 1
        return similarity

    found = twin_retrieval(knows, twins)
    assert (found.first.mean, found.in_ten.mean) == (1, 1)
    assert (found.n_twins, found.n_users) == (30, 400)


def test_of_equal_users_those_of_lower_rows_come_first(planted_dataset: Dataset, twins: Twins) -> None:
    found = twin_retrieval(lambda _: np.zeros(planted_dataset.ratings.n_users, dtype=np.float32), twins)
    assert found.in_ten.mean == (twins.twin < 10).mean()


def test_a_twin_that_the_model_left_out_is_never_found(planted_dataset: Dataset, twins: Twins) -> None:
    found = twin_retrieval(lambda _: np.full(planted_dataset.ratings.n_users, -np.inf, dtype=np.float32), twins)
    assert found.in_ten.mean == 0


def test_the_same_seed_makes_the_same_twins(planted_dataset: Dataset, twins: Twins) -> None:
    again = split_twins(planted_dataset, seed=1, n_twins=30, min_titles=15)
    assert again.asking.item_index.tolist() == twins.asking.item_index.tolist()


def test_nobody_with_a_long_history_is_an_error(planted_dataset: Dataset) -> None:
    with pytest.raises(EvaluationError, match="no history has 100 titles or more"):
        split_twins(planted_dataset)
