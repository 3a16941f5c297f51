"""Entrants: the models that an evaluation compares, and how each one's items and users map to the data's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.errors import ConfigError, EvaluationError
from konomi.models import by_name
from konomi.models.kind import ModelKind
from konomi.models.model import Model
from konomi.progress import SILENT, Progress


@dataclass(frozen=True)
class Entrant:
    """A model to be trained and measured.

    label      : what it is called in the report, once each.
    kind       : the kind of model.
    config     : its settings.
    tuned_seed : the seed of the split on whose validation users the settings were chosen; None for settings
                 that were not chosen on this data.
    """

    label: str
    kind: ModelKind
    config: Any
    tuned_seed: int | None = None

    def settings_from(self) -> str:
        """On which users its settings were chosen, in words."""
        if self.tuned_seed is None:
            return "defaults or given by hand"
        return f"chosen on the validation users of seed {self.tuned_seed}"


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model that speaks of the data's own items, whichever of them it kept.

    column : int32 (n_items of the data,), the model's column of each item, -1 where it has none; None: the same.
    row    : int64 (n_users of the training data,), the model's row of each user, likewise.
    """

    model: Model
    column: NDArray[np.int32] | None
    row: NDArray[np.int64] | None

    def scores(self, histories: Histories, users: NDArray[Any]) -> NDArray[np.float32]:
        """float32 (m, n_items of the data): the model's scores; minus infinity for items that it lacks.

        users : int64 (m,), rows of the training data, -1 for a new user.
        """
        scores = self.model.scores(self.histories(histories), self.rows(users))
        if self.column is None:
            return np.ascontiguousarray(scores, dtype=np.float32)
        known = self.column >= 0
        wide = np.full((len(histories), len(self.column)), -np.inf, dtype=np.float32)
        wide[:, known] = scores[:, self.column[known]]
        return wide

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """float32 (n_items of the data,): the model's similarities; minus infinity for items that it lacks."""
        if self.column is None:
            return self.model.item_similarities(item_index)
        wide = np.full(len(self.column), -np.inf, dtype=np.float32)
        if self.column[item_index] >= 0:
            known = self.column >= 0
            wide[known] = self.model.item_similarities(int(self.column[item_index]))[self.column[known]]
        return wide

    def user_similarities(self, history: Histories) -> NDArray[np.float32]:
        """float32 (n_users of the training data,): to one person's history; minus infinity for users it lacks."""
        similarity = self.model.user_similarities(self.histories(history))
        if self.row is None:
            return similarity
        known = self.row >= 0
        wide = np.full(len(self.row), -np.inf, dtype=np.float32)
        wide[known] = similarity[self.row[known]]
        return wide

    def histories(self, histories: Histories) -> Histories:
        """The same people over the model's items, rows of other items left out."""
        if self.column is None:
            return histories
        kept = histories.keep_rows(self.column[histories.item_index] >= 0)
        return Histories(
            kept.offsets,
            self.column[kept.item_index],
            kept.rating,
            kept.status,
            int(self.column.max(initial=-1)) + 1,
        )

    def rows(self, users: NDArray[Any]) -> NDArray[np.int64]:
        """The model's rows of these users of the training data, -1 for those it lacks."""
        if self.row is None:
            return np.asarray(users, dtype=np.int64)
        return np.where(users >= 0, self.row[np.maximum(users, 0)], -1)


def train_entrant(entrant: Entrant, training: Dataset, *, progress: Progress = SILENT) -> Trained:
    """The entrant trained on what its kind makes of the training data. Raises as the kind's `train` does."""
    prepared = entrant.kind.prepare(training, entrant.config)
    model = entrant.kind.train(prepared, entrant.config, progress=progress)
    ours, theirs = training.ratings, prepared.ratings
    same_items = theirs.items is ours.items or np.array_equal(theirs.items.ids, ours.items.ids)
    same_users = theirs.users is ours.users or np.array_equal(theirs.users.ids, ours.users.ids)
    return Trained(
        model,
        None if same_items else theirs.items.indices_of(ours.items.ids),
        None if same_users else theirs.users.indices_of(ours.users.ids).astype(np.int64),
    )


def entrants_of(models: Sequence[str | tuple[str, Any] | Entrant]) -> list[Entrant]:
    """The entrants named: a model's name, a name with settings (a config or a mapping), or an Entrant itself.

    Raises ConfigError for an unknown name or setting, EvaluationError where none is named.
    """
    found: list[Entrant] = []
    named = [one if isinstance(one, Entrant) else _named(one) for one in models]
    for place, entrant in enumerate(named):
        n_before = sum(other.label == entrant.label for other in named[:place])
        label = entrant.label if n_before == 0 else f"{entrant.label} ({n_before + 1})"
        found.append(Entrant(label, entrant.kind, entrant.config, entrant.tuned_seed))
    if not found:
        raise EvaluationError("no model is named: give at least one, such as linear")
    return found


def _named(one: str | tuple[str, Any]) -> Entrant:
    name, settings = (one, {}) if isinstance(one, str) else one
    kind = by_name(name)
    if isinstance(settings, Mapping):
        return Entrant(name, kind, kind.config(settings))
    if not isinstance(settings, kind.config_type):
        raise ConfigError(f"the settings of {name} are a mapping or {kind.config_type.__name__}, got {settings!r}")
    return Entrant(name, kind, settings)
