"""Models that are not learned: what they answer is known beforehand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.evaluation import Entrant, Split
from konomi.models.config import Config, setting
from konomi.models.kind import ModelKind, everything
from konomi.models.model import Model

Scores = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class FakeConfig(Config):
    """Settings of a fake model; a test may search over it."""

    reach: float = setting(0.0, "How far it reaches.")


@dataclass(frozen=True, eq=False)
class FakeModel(Model):
    """A model that answers as a function says."""

    config: FakeConfig
    size: int
    score: Callable[[Histories], Scores]
    name = "fake"

    @property
    def n_items(self) -> int:
        return self.size

    def scores(self, histories: Histories, *_: Any) -> Scores:
        return self.score(histories)

    def arrays(self) -> dict[str, Scores]:
        return {}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Scores], config: FakeConfig) -> Self:  # noqa: ARG003
        raise ValueError("a fake cannot be stored")


def fake(
    label: str, score: Callable[[Histories], Scores], *, prepare: Callable[..., Dataset] | None = None
) -> Entrant:
    """An entrant whose model answers each block of histories with `score`."""

    def train(dataset: Dataset, config: FakeConfig, **_: Any) -> FakeModel:
        return FakeModel(config, dataset.ratings.n_items, score)

    return Entrant(label, fake_kind(label, train, prepare or everything), FakeConfig())


def fake_kind(name: str, train: Callable[..., FakeModel], select: Callable[..., Dataset] = everything) -> ModelKind:
    """The kind of a fake model."""
    return ModelKind(
        name=name, summary="A fake.", config_type=FakeConfig, model_type=FakeModel, train=train, select=select
    )


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
