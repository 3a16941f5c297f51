"""The verbs of the Python interface that make and open folders: ingest, train, load."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from konomi.answers.recommender import Recommender
from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.models import DEFAULT, by_name, kind_that_fits
from konomi.progress import SILENT, Progress
from konomi.storage.folder import remove_folder, whole_folder
from konomi.storage.kind import CHECKPOINT, DATASET, MODEL
from konomi.training import fit, write

PathLike = str | os.PathLike[str]


def ingest(
    ratings: PathLike | Sequence[PathLike],
    *,
    items: PathLike | None = None,
    synopsis: PathLike | None = None,
    relations: PathLike | None = None,
    out: PathLike | None = None,
    format: str = "auto",  # noqa: A002 - the word of the command line
    min_ratings: int = 1,
    keep_bots: bool = False,
    columns: Mapping[str, str | None] | None = None,
    progress: Progress = SILENT,
) -> Dataset:
    """The dataset in these files, stored in the folder `out` if one is given.

    ratings     : one or more files (plain, .gz, or a .zip that contains ratings), read in this order. Of rows with
                  the same user and item the last one counts.
    items       : the catalog; by default the one in the ratings' archive, if there is one.
    synopsis    : a second file of the catalog, `anime_with_synopsis.csv`; likewise.
    relations   : a table of related items: two ids and, if known, what the second is to the first (sequel, prequel,
                  side story, ...). Without it, franchises come from the catalog or from the titles.
    format      : "auto" (detected from the header), "mal", "movielens" or "table".
    min_ratings : users with fewer rows, rated or not, are left out.
    keep_bots   : keep users of MyAnimeList whose lists look made by a script. The report counts them in any case.
    columns     : for tables with other column names: role -> column name, or None if the file has no such column.
                  The roles are user, item, rating, status; and item_id, title, genres and so on for the catalog.
    `Dataset.report` says what was left out, and why.
    Raises InputFileError, ConfigError, StorageError, and DatasetError if no user is left.
    """
    from konomi.formats import ingest as read

    def run() -> Dataset:
        return read(
            ratings,
            items=items,
            synopsis=synopsis,
            relations=relations,
            format=format,
            min_ratings=min_ratings,
            keep_bots=keep_bots,
            columns=columns,
            progress=progress,
        )

    if out is None:
        return run()
    paths = [ratings] if isinstance(ratings, str | os.PathLike) else ratings
    inputs = [Path(path) for path in (*paths, items, synopsis, relations) if path is not None]
    with whole_folder(Path(out), kind=DATASET, inputs=inputs) as folder:
        run().write_into(folder)
    return Dataset.open(Path(out))


def train(
    dataset: Dataset | PathLike,
    *,
    model: str | None = None,
    out: PathLike | None = None,
    preset: str | None = None,
    config: Mapping[str, Any] | None = None,
    seed: int | None = None,
    progress: Progress = SILENT,
) -> Recommender:
    """A recommender trained on the dataset, stored in the folder `out` if one is given.

    model  : "linear", "spectral", "neural", "item-knn", "user-knn" or "popularity". None: linear, or spectral where
             linear does not fit into the free memory and no setting is given; see `konomi.models.kind_that_fits`.
    preset : the name of a set of settings of the model, such as "notebook" for "neural".
    config : settings of the model by name; they win over the preset.
    A run with `out` that was interrupted continues from its checkpoint, if the model keeps checkpoints.
    Raises ConfigError, DatasetError, TrainingError, StorageError.
    """
    kind = by_name(model or DEFAULT)
    settings = kind.config(config, preset=preset, seed=seed)
    data = dataset if isinstance(dataset, Dataset) else Dataset.open(Path(dataset))
    if model is None and not preset and not config:
        kind, why = kind_that_fits(data.ratings)
        if why:
            progress.note(why)
        settings = kind.config(seed=seed)
    if out is None:
        return Recommender(fit(kind, kind.prepare(data, settings), settings, progress=progress))
    final = Path(out).absolute()
    checkpoint = final.with_name(f"{final.name}.checkpoint")
    inputs = [] if isinstance(dataset, Dataset) else [Path(dataset)]
    with whole_folder(final, kind=MODEL, inputs=inputs) as folder:
        more = {"checkpoint": checkpoint} if kind.checkpoints else {}
        write(fit(kind, kind.prepare(data, settings), settings, progress=progress, **more), folder)
    if kind.checkpoints:
        remove_folder(checkpoint, kind=CHECKPOINT)
    return load(final)


def load(path: PathLike) -> Recommender:
    """The recommender in the artifact folder `path`; its arrays are mapped, not read.

    Raises ArtifactError.
    """
    return Recommender(Artifact.open(Path(path)))
