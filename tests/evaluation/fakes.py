"""Models that are not learned: what they answer is known beforehand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.errors import UnsupportedError
from konomi.evaluation import Entrant, Split
from konomi.models import ModelKind

Scores = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class FakeConfig:
    """Settings of a fake model; a test may search over it."""

    reach: float = 0.0


@dataclass(frozen=True, eq=False)
class FakeModel:
    """A model that answers as a function says."""

    config: FakeConfig
    n_items: int
    score: Callable[[Histories], Scores]
    name = "fake"

    def scores(self, histories: Histories, *_: Any) -> Scores:
        return self.score(histories)

    def item_similarities(self, item_index: int) -> Scores:
        raise UnsupportedError(f"a fake does not know what is like item {item_index}: train linear for that")

    def user_similarities(self, *_: Any) -> Scores:
        raise UnsupportedError("a fake does not know who is similar: train linear for that")


def fake(
    label: str, score: Callable[[Histories], Scores], *, prepare: Callable[..., Dataset] | None = None
) -> Entrant:
    """An entrant whose model answers each block of histories with `score`."""

    def train(dataset: Dataset, config: FakeConfig, **_: Any) -> FakeModel:
        return FakeModel(config, dataset.ratings.n_items, score)

    def everything(dataset: Dataset, *_: Any) -> Dataset:
        return dataset

    kind = ModelKind(label, FakeConfig, FakeModel, train, prepare or everything, {})
    return Entrant(label, kind, FakeConfig())


def oracle(split: Split) -> Entrant:
    """The entrant that knows what is hidden: 1 for each hidden title of the person, told by the given titles."""
    hidden = {
        split.given.person(p).item_index.tobytes(): split.hidden_items[
            split.hidden_offsets[p] : split.hidden_offsets[p + 1]
        ]
        for p in range(len(split))
    }

    def score(histories: Histories) -> Scores:
        scores = np.zeros((len(histories), split.n_items), dtype=np.float32)
        for p in range(len(histories)):
            scores[p, hidden[histories.person(p).item_index.tobytes()]] = 1
        return scores

    return fake("oracle", score)


def chance(seed: int) -> Entrant:
    """The entrant that ranks at random."""
    rng = np.random.default_rng(seed)
    return fake("chance", lambda histories: rng.random((len(histories), histories.n_items), dtype=np.float32))
