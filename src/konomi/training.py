"""From a prepared dataset to an artifact: the franchises named, the model trained, the map drawn."""

from pathlib import Path
from typing import Any

import polars as pl
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.franchises import with_franchises
from konomi.data.ratings import Histories
from konomi.memory import require_for_training
from konomi.models import ModelKind, by_name
from konomi.models.map_layout import places_of
from konomi.plots import learning_curve
from konomi.progress import SILENT, Progress

# What the report of a model's dataset says of its franchises where the catalog named none.
_FRANCHISES, _FROM_TITLES = "franchises", "read off the titles"


def fit(kind: ModelKind, prepared: Dataset, config: Any, *, progress: Progress = SILENT, **more: Any) -> Artifact:
    """The artifact of a model of this kind, trained on a dataset that `kind.prepare` gave.

    more : what only some kinds take: `checkpoint`, and `gram` as `kind.changed_gram` gives it.
    The same prepared dataset and config give the same arrays, whatever `more` saves.
    Raises TrainingError.
    """
    # From titles alone: read off the ratings, one person's leaving could change them.
    catalog = with_franchises(prepared.catalog)
    report = prepared.report
    if catalog is not prepared.catalog:
        report = {**report, _FRANCHISES: _FROM_TITLES}
    dataset = Dataset(prepared.ratings, catalog, report, prepared.stored_digest)
    require_for_training(kind.name, dataset.ratings, config)
    model = kind.train(dataset, config, progress=progress, **more)
    item_map = None
    if hasattr(model, "item_vectors"):
        progress.start("draw the map")
        item_map = places_of(model.item_vectors, dataset.ratings.row_counts())
    return Artifact.of(model, dataset, item_map)


def fit_again(
    artifact: Artifact,
    after: Dataset,
    *,
    removed: NDArray[Any],
    added: Histories | None = None,
    progress: Progress = SILENT,
) -> Artifact:
    """The artifact that `fit` gives for the changed dataset `after`, with the config of the old one.

    after   : `dataset_of(artifact)` without the users `removed` (row numbers there) and with the rows of `added`,
              in its columns.
    A model that keeps its counts has those of the removed users taken away and those of the added ones put in; any
    other is trained from all rows.
    """
    kind = by_name(artifact.model.name)
    prepared = kind.prepare(after, artifact.model.config)
    more = {}
    if kind.changed_gram is not None:
        before = artifact.dataset.ratings
        gram = kind.changed_gram(artifact.model, before, prepared.ratings, removed=removed, added=added)
        if gram is not None:
            more["gram"] = gram
    if not more:
        progress.note(f"training {kind.name} again on all rows: it keeps no counts that users can be taken from")
    return fit(kind, prepared, artifact.model.config, progress=progress, **more)


def dataset_of(artifact: Artifact) -> Dataset:
    """The dataset of a model, without the franchises that training read off the titles."""
    dataset = artifact.dataset
    if dataset.report.get(_FRANCHISES) != _FROM_TITLES:
        return dataset
    frame = dataset.catalog.frame.with_columns(pl.lit(None, dtype=pl.String).alias("franchise"))
    report = {key: value for key, value in dataset.report.items() if key != _FRANCHISES}
    return Dataset(dataset.ratings, Catalog(dataset.catalog.items, frame), report, dataset.stored_digest)


def write(artifact: Artifact, folder: Path) -> None:
    """Write the artifact into an existing folder, with the learning curve of a network."""
    if hasattr(artifact.model, "learning_curve"):
        learning_curve(artifact.model.learning_curve, folder / "learning_curve.html")
    artifact.write_into(folder)
