"""Exact change of a trained model: people added, changed or forgotten, nobody else's ratings read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.dataset import Dataset
from konomi.errors import ConfigError, UnsupportedError
from konomi.formats import ingest
from konomi.ids import Id
from konomi.progress import SILENT, Progress
from konomi.ratings import Histories, Ratings
from konomi.storage.folder import whole_folder
from konomi.storage.kind import MODEL


@dataclass(frozen=True)
class Updated:
    """What an update did: people who were new, who had more to say, and who were forgotten."""

    n_added: int
    n_changed: int
    n_forgotten: int
    notes: tuple[str, ...]


def update(
    model: Path,
    *,
    add: Sequence[Path] = (),
    forget: Sequence[Id] = (),
    out: Path | None = None,
    progress: Progress = SILENT,
) -> Updated:
    """Change the linear model in the folder `model`, or write the changed one to `out`.

    add    : rating files; new people are added, known people get these ratings beside their old ones (of the same
             item the new one counts). Rows that name items the model does not know are left out and counted.
    forget : ids of users whose every trace goes; the folder that held it is replaced as a whole.
    The model then is the one that training on the changed data gives, up to the axes of the space in which users
    are compared, which stay (see `LinearModel.changed`).
    Raises UnknownIdError for somebody who is not there, ConfigError for nothing to do, UnsupportedError for a model
    that cannot be changed exactly, InputFileError, StorageError.
    """
    if not add and not forget:
        raise ConfigError("there is nothing to update: give --add RATINGS or --forget USER_ID")
    artifact = Artifact.open(model)
    if not hasattr(artifact.model, "changed"):
        raise UnsupportedError(
            f"the {artifact.model.name} model cannot be changed exactly: train it again, or train the linear model"
        )
    ratings = artifact.dataset.ratings
    leaving = [ratings.users.row_of(one, hint="nothing was changed") for one in dict.fromkeys(forget)]
    coming = _coming(ratings, add, leaving, progress) if add else None
    changing = coming.old_rows if coming else []
    removed = np.array([*leaving, *changing], dtype=np.int64)
    changed = artifact.model.changed(
        added=coming.rows if coming else None,
        removed=ratings.histories(removed) if len(removed) else None,
        removed_users=removed if len(removed) else None,
        progress=progress,
    )
    after = ratings.keep_users(np.setdiff1d(np.arange(ratings.n_users), removed))
    if coming:
        after = after.followed_by(coming.rows, coming.user_ids)
    dataset = Dataset(after, artifact.dataset.catalog, _without_counts(artifact.dataset.report))
    with whole_folder(Path(out or model), kind=MODEL) as folder:
        # The items keep their vectors, and so their places on the map.
        Artifact.of(changed, dataset, artifact.item_map).write_into(folder)
    n_coming = len(coming.user_ids) if coming else 0
    return Updated(n_coming - len(changing), len(changing), len(leaving), coming.notes if coming else ())


@dataclass(frozen=True, eq=False)
class _Coming:
    """People who come, or come back with more: all their rows, their ids, and the rows of those who were there."""

    rows: Histories
    user_ids: NDArray[Any]
    old_rows: list[int]
    notes: tuple[str, ...]


def _coming(ratings: Ratings, add: Sequence[Path], leaving: list[int], progress: Progress) -> _Coming:
    read = ingest([str(path) for path in add], keep_bots=True, progress=progress).ratings
    new = read.histories()
    old_row = ratings.users.rows_of(read.users.ids)
    stays = (old_row >= 0) & ~np.isin(old_row, leaving)
    old = ratings.histories(old_row[stays])
    column = ratings.items.rows_of(read.items.ids)[new.item_index]
    n_unknown = int(np.sum(column < 0))
    person = np.concatenate(
        [
            np.repeat(np.flatnonzero(stays), np.diff(old.offsets)),
            np.repeat(np.arange(read.n_users), np.diff(new.offsets)),
        ]
    )
    item = np.concatenate([old.item_index, column])
    rating = np.concatenate([old.rating, new.rating])
    status = np.concatenate([old.status, new.status])
    # Of one person's rows about one item the last counts: the first of them, read backwards.
    backwards = (person * np.int64(ratings.n_items) + item)[::-1]
    kept = len(item) - 1 - np.unique(backwards, return_index=True)[1]
    kept = np.sort(kept[item[kept] >= 0])
    kept = kept[np.argsort(person[kept], kind="stable")]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(person[kept], minlength=read.n_users))]).astype(np.int64)
    rows = Histories(offsets, item[kept].astype(np.int32), rating[kept], status[kept], ratings.n_items)
    some = np.flatnonzero(np.diff(offsets) > 0)
    return _Coming(
        rows.keep_people(some),
        read.users.ids[some],
        [int(row) for row in old_row[some][stays[some]]],
        (f"{n_unknown:,} rows name items that this model does not know and were left out",) if n_unknown else (),
    )


def _without_counts(report: dict[str, Any]) -> dict[str, Any]:
    """The report without the numbers that an update made untrue."""
    return {key: value for key, value in report.items() if key in ("format", "files", "min_ratings")}
