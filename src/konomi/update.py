"""Updating a model: users added to it, changed, or removed from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset, report_without_counts
from konomi.data.ids import Id
from konomi.data.ratings import Histories, Ratings
from konomi.errors import ConfigError, InputFileError
from konomi.formats import ingest
from konomi.progress import SILENT, Progress
from konomi.storage.folder import whole_folder
from konomi.storage.kind import MODEL
from konomi.training import fit_again, write


@dataclass(frozen=True)
class Updated:
    """What an update did: the numbers of new users, of users with more ratings, and of forgotten users."""

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
    """Add users to a model or remove users from it.

    model  : the model folder, which is replaced unless `out` is given.
    add    : rating files. New users are added. Users of the model keep their old ratings and get these too; of two
             ratings for one item the new one counts. Rows of items that the model lacks are left out and counted.
    forget : ids of users who are removed from the model. The dataset that it was trained from still holds them:
             `konomi.forget` removes them from both.
    The arrays are equal, byte for byte, to those of a training on the changed ratings.
    The model is read and written under one lock, so no other run can change it in between.
    Raises UnknownIdError for a user whom the model lacks, ConfigError if there is nothing to do, DatasetError if no
    user is left, TrainingError, ArtifactError, InputFileError, StorageError.
    """
    if not add and not forget:
        raise ConfigError("there is nothing to update: give --add RATINGS or --forget USER_ID")
    model = Path(model)
    MODEL.read(model)  # first, so that no lock is made next to a folder that is not a model
    with whole_folder(Path(out or model), kind=MODEL) as folder:
        artifact = Artifact.open(model)
        ratings = artifact.dataset.ratings
        forgotten = [ratings.users.index_of(user, hint="nothing was changed") for user in dict.fromkeys(forget)]
        added = _read_added(ratings, add, forgotten, progress) if add else None
        changed = _changed(artifact, np.array(forgotten, dtype=np.int64), added, progress)
        write(changed, folder)
    notes = added.notes if added else ()
    if forgotten:
        first, *others = map(str, dict.fromkeys(forget))
        words = ["konomi forget", first, str(model), "DATASET", *(f"--user {other}" for other in others)]
        notes += (
            f"the dataset that {model} was trained from still holds the users, and training again brings them "
            f"back. Forget them in both: {' '.join(words)}",
        )
    n_read, n_changed = (len(added.user_ids), len(added.old_index)) if added else (0, 0)
    return Updated(n_read - n_changed, n_changed, len(forgotten), notes)


@dataclass(frozen=True, eq=False)
class _Added:
    """New users, and users of the model with more ratings.

    rows      : all their rows, the old ones too.
    user_ids  : their ids, in the order of `rows`.
    old_index : the indices of those who are in the model already.
    """

    rows: Histories
    user_ids: NDArray[Any]
    old_index: list[int]
    notes: tuple[str, ...]


def _changed(
    artifact: Artifact, forgotten: NDArray[np.int64], added: _Added | None, progress: Progress
) -> Artifact:
    before = artifact.dataset
    if added is None:
        return fit_again(artifact, before.without_users(forgotten), removed=forgotten, progress=progress)
    ratings = before.ratings
    changing = np.array(added.old_index, dtype=np.int64)
    removed = np.concatenate([forgotten, changing])
    stays = np.setdiff1d(np.arange(ratings.n_users), removed)
    after = ratings.without_users(removed).followed_by(added.rows, added.user_ids)
    # Users of the model keep their position, as they would if all their lines were read again.
    position = np.concatenate([stays, ratings.n_users + np.arange(len(added.user_ids))])
    old_index = ratings.users.indices_of(added.user_ids)
    is_old = np.isin(old_index, changing)
    position[len(stays) :][is_old] = old_index[is_old]
    after = after.keep_users(np.argsort(position, kind="stable"))
    dataset = Dataset(after, before.catalog, report_without_counts(before.report)).canonical()
    return fit_again(artifact, dataset, removed=removed, added=added.rows, progress=progress)


def _read_added(ratings: Ratings, add: Sequence[Path], forgotten: list[int], progress: Progress) -> _Added:
    read = ingest([str(path) for path in add], keep_bots=True, progress=progress).ratings
    if ratings.users.are_integers and not read.users.are_integers:
        raise InputFileError(
            f"the user ids of {', '.join(map(str, add))} are text ({read.users.ids[0]}), those of this model are "
            "integers: give a file with the same ids"
        )
    new = read.histories()
    user_ids = read.users.ids if ratings.users.are_integers else read.users.ids.astype(np.str_)
    old_index = ratings.users.indices_of(user_ids)
    stays = (old_index >= 0) & ~np.isin(old_index, forgotten)
    old = ratings.histories(old_index[stays])
    column = ratings.items.indices_of(read.items.ids)[new.item_index]
    is_known = column >= 0
    n_unknown = int(np.sum(~is_known))
    person = np.concatenate(
        [
            np.repeat(np.flatnonzero(stays), np.diff(old.offsets)),
            new.person_index()[is_known],
        ]
    )
    item = np.concatenate([old.item_index, column[is_known]])
    rating = np.concatenate([old.rating, new.rating[is_known]])
    status = np.concatenate([old.status, new.status[is_known]])
    # Of several rows of a person for one item the last counts, which is the first in reverse order.
    reverse = (person * np.int64(ratings.n_items) + item)[::-1]
    kept = np.sort(len(item) - 1 - np.unique(reverse, return_index=True)[1])
    kept = kept[np.argsort(person[kept], kind="stable")]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(person[kept], minlength=read.n_users))]).astype(np.int64)
    rows = Histories(offsets, item[kept].astype(np.int32), rating[kept], status[kept], ratings.n_items)
    has_rows = np.flatnonzero(np.diff(offsets) > 0)
    return _Added(
        rows.keep_people(has_rows),
        user_ids[has_rows],
        old_index[has_rows][stays[has_rows]].tolist(),
        (f"{n_unknown:,} rows of items that this model lacks were left out",) if n_unknown else (),
    )
