"""Similarity of users by twin retrieval: one long history split into two people, who should find each other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Status
from konomi.errors import EvaluationError
from konomi.evaluation.intervals import Interval, bootstrap
from konomi.evaluation.splits import draw_rows, users_with_titles, without_rows
from konomi.progress import SILENT, Progress

N_TWINS = 1_000
MIN_TITLES = 100


@dataclass(frozen=True, eq=False)
class Twins:
    """Histories cut in two: one half trains in place of the person, the other asks as a new user.

    training : all users, the split people with their first half alone.
    asking   : the second halves, planned rows left out.
    twin     : int64 (m,), the row of each one's first half in `training`.
    """

    training: Dataset
    asking: Histories
    twin: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.twin)


@dataclass(frozen=True)
class TwinScore:
    """How often the twin is the nearest, and among the ten nearest, of all training users."""

    first: Interval
    in_ten: Interval
    n_twins: int
    n_users: int


def split_twins(dataset: Dataset, *, seed: int = 0, n_twins: int = N_TWINS, min_titles: int = MIN_TITLES) -> Twins:
    """`n_twins` histories of `min_titles` titles or more, drawn by `seed`, each cut at random into equal halves.

    The halves share no title. Where fewer histories are so long, all of them are cut.
    Raises EvaluationError if none is.
    """
    ratings = dataset.ratings
    long = users_with_titles(ratings, min_titles)
    if len(long) == 0:
        raise EvaluationError(f"no history has {min_titles} titles or more: no twins can be made")
    rng = np.random.default_rng((seed, 5))
    twin = np.sort(rng.permutation(long)[:n_twins])
    histories = ratings.histories(twin)
    watched = histories.status != Status.PLANNED
    n_titles = np.diff(histories.keep_rows(watched).offsets)
    asks = draw_rows(histories, watched, n_titles // 2, rng)
    training = Dataset(without_rows(ratings, twin, asks), dataset.catalog, dataset.report)
    return Twins(training, histories.keep_rows(asks), twin)


def twin_retrieval(
    user_similarities: Callable[[Histories], NDArray[np.float32]], twins: Twins, *, progress: Progress = SILENT
) -> TwinScore:
    """How often a model, trained on `twins.training`, finds each asking half's twin among all training users.

    user_similarities : as `Model.user_similarities`; minus infinity or NaN for a user whom the model left out.
    Users of equal similarity are in the order of their rows.
    Raises UnsupportedError if the model has no similarity of users.
    """
    place = np.empty(len(twins))
    progress.start("look for twins", len(twins))
    for p, row in enumerate(twins.twin.tolist()):
        similarity = user_similarities(twins.asking.person(p))
        own = similarity[row]
        if own > -np.inf:
            place[p] = (similarity > own).sum() + (similarity[:row] == own).sum()
        else:
            place[p] = np.inf
        progress.advance()
    first, in_ten = ((place < k).astype(np.float64) for k in (1, 10))
    return TwinScore(bootstrap(first), bootstrap(in_ten), len(twins), twins.training.ratings.n_users)
