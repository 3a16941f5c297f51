"""A prepared dataset made into an artifact: memory checked, model trained, map drawn."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.models import by_name
from konomi.models.kind import ModelKind
from konomi.models.map_layout import places_of
from konomi.models.model import Ability
from konomi.progress import SILENT, Progress


def fit(kind: ModelKind, prepared: Dataset, config: Any, *, progress: Progress = SILENT, **more: Any) -> Artifact:
    """The artifact of a model of this kind, trained on a dataset that `kind.prepare` gave.

    more : what only some kinds take: `checkpoint`, and `gram` as `kind.changed_gram` gives it.
    The same prepared dataset and config give the same arrays, whatever `more` saves.
    Raises TrainingError.
    """
    kind.require_memory(prepared.ratings, config)
    model = kind.train(prepared, config, progress=progress, **more)
    item_map = None
    if Ability.MAP in model.abilities:
        progress.start("draw the map")
        item_map = places_of(model.map_vectors(), prepared.ratings.row_counts())
    return Artifact.of(model, prepared, item_map)


def fit_again(
    artifact: Artifact,
    after: Dataset,
    *,
    removed: NDArray[Any],
    added: Histories | None = None,
    progress: Progress = SILENT,
) -> Artifact:
    """The artifact that `fit` gives for the changed dataset `after`, with the config of the old one.

    after   : the artifact's dataset without the users `removed` (row numbers there) and with the rows of `added`,
              in its columns.
    A model that keeps its counts has those of the removed users taken away and those of the added ones put in; any
    other is trained from all rows.
    """
    kind = by_name(artifact.model.name)
    prepared = kind.select(after, artifact.model.config)
    more = {}
    if kind.changed_gram is not None:
        before = artifact.dataset.ratings
        gram = kind.changed_gram(artifact.model, before, prepared.ratings, removed=removed, added=added)
        if gram is not None:
            more["gram"] = gram
    if not more:
        progress.note(f"training {kind.name} again on all rows: it keeps no counts that users can be taken from")
    return fit(kind, prepared, artifact.model.config, progress=progress, **more)


def write(artifact: Artifact, folder: Path) -> None:
    """Write the artifact and the plots of its training into an existing folder."""
    artifact.model.write_plots(folder)
    artifact.write_into(folder)
