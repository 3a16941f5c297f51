"""What an evaluation found: one ModelResult a model, and the Evaluation that holds them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.errors import EvaluationError
from konomi.evaluation.entrants import Entrant
from konomi.evaluation.intervals import Difference, Interval
from konomi.evaluation.pairs import PairScore
from konomi.evaluation.shown import Shown
from konomi.evaluation.twins import TwinScore


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What one model reached.

    entrant    : the model and its settings.
    per_person : for each metric float64 (m,), in [0, 1].
    intervals  : for each metric its mean over people, with 95% bootstrap interval.
    shown      : what the first 10 of all lists show.
    versus_best: this model's lead metric minus the best model's; None for the best itself.
    train_seconds, rank_seconds : wall time; ranking includes scoring all test users.
    pairs      : agreement with people's pairs, franchises as they are, then folded (None: not known).
    twins      : retrieval of twins.
    unsupported: why pairs or twins are absent, where the model cannot answer them.
    """

    entrant: Entrant
    per_person: dict[str, NDArray[np.float64]]
    intervals: dict[str, Interval]
    shown: Shown
    versus_best: Difference | None
    train_seconds: float
    rank_seconds: float
    pairs: PairScore | None = None
    pairs_folded: PairScore | None = None
    twins: TwinScore | None = None
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The results of all models on one split.

    metrics  : names, the lead metric first.
    n_given  : int64 (m,), how many titles of each measured person were given.
    n_hidden : int64 (m,), how many were to be found.
    about    : facts of the data and the split as plain JSON values.
    notes    : sentences that a reader of the figures must know.
    """

    results: tuple[ModelResult, ...]
    metrics: tuple[str, ...]
    n_given: NDArray[np.int64]
    n_hidden: NDArray[np.int64]
    about: dict[str, Any]
    notes: tuple[str, ...]

    def of(self, label: str) -> ModelResult:
        """The result of the model of this label. Raises EvaluationError if there is none."""
        for result in self.results:
            if result.entrant.label == label:
                return result
        raise EvaluationError(
            f'no model "{label}" was evaluated, only {", ".join(one.entrant.label for one in self.results)}'
        )
