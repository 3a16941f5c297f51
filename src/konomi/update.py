"""Users added to a model, changed or taken out of it: the result is the model of the changed ratings."""

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
    """What an update did: users who were new, who had more ratings, and who were forgotten."""

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
    """Change the model in the folder `model`, or write the changed one to `out`.

    add    : rating files; new users are added, known users get these ratings in addition to their old ones (of the
             same item the new one counts). Rows that name items the model does not know are left out and counted.
    forget : ids of users who are taken out of the model. The dataset that it was trained from still holds them:
             `konomi.forget` takes them out of both.
    The arrays then are, byte for byte, those that training on the changed ratings gives.
    No other run can change the folder meanwhile: the model is read and written under one lock.
    Raises UnknownIdError for a user who is not there, ConfigError for nothing to do, DatasetError if no user is
    left, TrainingError, ArtifactError, InputFileError, StorageError.
    """
    if not add and not forget:
        raise ConfigError("there is nothing to update: give --add RATINGS or --forget USER_ID")
    model = Path(model)
    MODEL.read(model)  # before a lock is made next to a folder that is none
    with whole_folder(Path(out or model), kind=MODEL) as folder:
        artifact = Artifact.open(model)
        ratings = artifact.dataset.ratings
        leaving = [ratings.users.index_of(one, hint="nothing was changed") for one in dict.fromkeys(forget)]
        coming = _coming(ratings, add, leaving, progress) if add else None
        changed = _changed(artifact, np.array(leaving, dtype=np.int64), coming, progress)
        write(changed, folder)
    notes = coming.notes if coming else ()
    if leaving:
        first, *others = map(str, dict.fromkeys(forget))
        words = ["konomi forget", first, str(model), "DATASET", *(f"--user {one}" for one in others)]
        notes += (
            f"the dataset that {model} was trained from still holds who was forgotten, and training again brings "
            f"them back. Forget them in both: {' '.join(words)}",
        )
    n_coming, n_changed = (len(coming.user_ids), len(coming.old_rows)) if coming else (0, 0)
    return Updated(n_coming - n_changed, n_changed, len(leaving), notes)


@dataclass(frozen=True, eq=False)
class _Coming:
    """Users who come, or come back with more: all their rows, their ids, and the rows of those who were there."""

    rows: Histories
    user_ids: NDArray[Any]
    old_rows: list[int]
    notes: tuple[str, ...]


def _changed(
    artifact: Artifact, leaving: NDArray[np.int64], coming: _Coming | None, progress: Progress
) -> Artifact:
    before = artifact.dataset
    if coming is None:
        return fit_again(artifact, before.without_users(leaving), removed=leaving, progress=progress)
    ratings = before.ratings
    changing = np.array(coming.old_rows, dtype=np.int64)
    removed = np.concatenate([leaving, changing])
    stays = np.setdiff1d(np.arange(ratings.n_users), removed)
    after = ratings.without_users(removed).followed_by(coming.rows, coming.user_ids)
    # Known users keep their place, as they would if all their lines were read again.
    place = np.concatenate([stays, ratings.n_users + np.arange(len(coming.user_ids))])
    came_back = ratings.users.indices_of(coming.user_ids)
    known = np.isin(came_back, changing)
    place[len(stays) :][known] = came_back[known]
    after = after.keep_users(np.argsort(place, kind="stable"))
    dataset = Dataset(after, before.catalog, report_without_counts(before.report)).canonical()
    return fit_again(artifact, dataset, removed=removed, added=coming.rows, progress=progress)


def _coming(ratings: Ratings, add: Sequence[Path], leaving: list[int], progress: Progress) -> _Coming:
    read = ingest([str(path) for path in add], keep_bots=True, progress=progress).ratings
    if ratings.users.are_integers and not read.users.are_integers:
        raise InputFileError(
            f"{', '.join(map(str, add))} names users by text ({read.users.ids[0]}), and this model by integers: "
            "give a file of the same ids"
        )
    new = read.histories()
    user_ids = read.users.ids if ratings.users.are_integers else read.users.ids.astype(np.str_)
    old_row = ratings.users.indices_of(user_ids)
    stays = (old_row >= 0) & ~np.isin(old_row, leaving)
    old = ratings.histories(old_row[stays])
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
    # Of one person's rows about one item the last counts: the first of them, read backwards.
    backwards = (person * np.int64(ratings.n_items) + item)[::-1]
    kept = np.sort(len(item) - 1 - np.unique(backwards, return_index=True)[1])
    kept = kept[np.argsort(person[kept], kind="stable")]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(person[kept], minlength=read.n_users))]).astype(np.int64)
    rows = Histories(offsets, item[kept].astype(np.int32), rating[kept], status[kept], ratings.n_items)
    some = np.flatnonzero(np.diff(offsets) > 0)
    return _Coming(
        rows.keep_people(some),
        user_ids[some],
        [int(row) for row in old_row[some][stays[some]]],
        (f"{n_unknown:,} rows name items that this model does not know and were left out",) if n_unknown else (),
    )
