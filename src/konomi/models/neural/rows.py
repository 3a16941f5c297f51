"""What the network learns from: scaled ratings, some of them held out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.ratings import Ratings, Status
from konomi.errors import TrainingError
from konomi.models.neural.config import NeuralConfig

_FEWEST_ROWS = 20


@dataclass(frozen=True, eq=False)
class Rows:
    """Ratings scaled to [0, 1].

    user_index : int32 (n,). item_index: uint16 or int32 (n,). target: float32 (n,).
    """

    user_index: NDArray[np.int32]
    item_index: NDArray[Any]
    target: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, eq=False)
class Split:
    """The rows to learn from, in the dataset's order, so grouped by user; and those held out.

    offsets    : int64 (n_users + 1,); user u has the training rows offsets[u] ... offsets[u + 1] - 1.
    rating_min, rating_max : the ratings that became 0 and 1.
    """

    train: Rows
    test: Rows
    offsets: NDArray[np.int64]
    rating_min: float
    rating_max: float


def split_rows(ratings: Ratings, config: NeuralConfig) -> Split:
    """The rows that the network learns, and those that are held out.

    All rows are shuffled as pandas' `sample(frac=1, random_state=split_seed)` shuffles them; the last `test_rows`
    of them, at most a tenth, are held out. Raises TrainingError if there is too little to learn from.
    """
    if config.unscored == "drop":
        used = np.flatnonzero(ratings.is_rated & (ratings.status != Status.PLANNED))
        levels = ratings.levels[1:]
    else:
        used = np.arange(ratings.n_rows)
        levels = np.where(np.isnan(ratings.levels), np.float32(0.0), ratings.levels)
    if len(used) < _FEWEST_ROWS:
        raise TrainingError(
            f"{len(used)} scored rows are too few for the network, which needs {_FEWEST_ROWS}: bring more ratings, "
            "lower min_ratings, or train another model (linear needs no scores)"
        )
    code = ratings.rating_code[used]
    present = np.flatnonzero(np.bincount(code, minlength=len(ratings.levels)))
    values = levels[present - 1] if config.unscored == "drop" else levels[present]
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise TrainingError(
            f"every rating is {low:g}, so there is nothing to tell apart: bring ratings that differ, "
            "or train another model (linear needs no scores)"
        )
    scaled = np.zeros(len(ratings.levels), dtype=np.float32)
    scaled[present] = (values.astype(np.float64) - low) / (high - low)
    user_index = np.repeat(np.arange(ratings.n_users, dtype=np.int32), ratings.lengths())[used]
    n_test = max(1, min(config.test_rows, len(used) // 10))
    test = np.random.RandomState(config.split_seed).permutation(len(used))[-n_test:]
    learned = np.ones(len(used), dtype=np.bool_)
    learned[test] = False
    item_index = np.asarray(ratings.item_index[used])
    target = scaled[code]
    offsets = np.zeros(ratings.n_users + 1, dtype=np.int64)
    np.cumsum(np.bincount(user_index[learned], minlength=ratings.n_users), out=offsets[1:])
    return Split(
        Rows(user_index[learned], item_index[learned], target[learned]),
        Rows(user_index[test], item_index[test], target[test]),
        offsets,
        low,
        high,
    )
