"""Users forgotten in datasets and models together."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.data.ids import Id
from konomi.errors import ConfigError, DatasetError, ProofError, StorageError, UnknownIdError
from konomi.progress import SILENT, Progress
from konomi.proof import Proof, proof_of
from konomi.storage.folder import remove_leftovers, whole_folder
from konomi.storage.kind import CHECKPOINT, DATASET, MODEL, Kind
from konomi.storage.lock import exclusive, resolved
from konomi.training import fit_again, write

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Forgotten:
    """What `forget` did.

    n_users : how many users were forgotten in each folder, the folders that held none of them left out.
    notes   : which folder never held a user, and what may still hold them.
    proof   : what was shown, if it was asked for.
    """

    n_users: dict[str, int]
    notes: tuple[str, ...]
    proof: Proof | None = None


def forget(
    users: Id | Sequence[Id],
    folders: PathLike | Sequence[PathLike],
    *,
    prove: bool = False,
    progress: Progress = SILENT,
) -> Forgotten:
    """Take users out of datasets and models.

    users   : an id, or several.
    folders : datasets and models, best a model and the dataset that it was trained from. A folder without any of
              the users stays as it is, and it is said.
    prove   : train each model again without the users, compare every array, and look for the ids: see `proof_of`.
    Each folder then is, byte for byte in every array, the one that ingest and training give without the users'
    lines. All folders are locked from the first reading to the last writing. Datasets are exchanged first; if a run
    ends between two folders, the same call finishes the work.
    Raises UnknownIdError for a user in none of the folders, and changes nothing then; ConfigError, ArtifactError,
    DatasetError, TrainingError, StorageError; ProofError if the proof fails, after the users were forgotten.
    """
    wanted = list(dict.fromkeys([users] if isinstance(users, int | str) else users))
    given = [folders] if isinstance(folders, str | os.PathLike) else folders
    models, datasets = _by_kind([Path(one) for one in given])
    if not wanted:
        raise ConfigError("there is no user to forget: give one id or more")
    places = [*models, *datasets]
    with ExitStack() as locks:
        for place in sorted(resolved(place) for place in places):
            locks.enter_context(exclusive(place))
        for place in models:
            _check_no_checkpoint(place)
        cleaned = [place for place in places if remove_leftovers(place, kind=MODEL if place in models else DATASET)]
        rows = {place: _rows_of(place, wanted, is_model=place in models) for place in places}
        _check_all_known(wanted, rows, cleaned)
        leaving = {place: found[found >= 0] for place, found in rows.items() if (found >= 0).any()}
        _write(leaving, models, progress)
        proof = proof_of(wanted, models, datasets, progress=progress) if prove else None
    notes = [
        f"{place} held no user {user}"
        for place in places
        for user, row in zip(wanted, rows[place], strict=True)
        if row < 0
    ]
    if not datasets:
        notes.append("a dataset that holds them brings them back at the next training: name it, too")
    if not models:
        notes.append("models that were trained from the dataset still hold them: name them, too")
    if proof is not None and not proof.holds:
        raise ProofError(f"the users were forgotten, but this is not as it must be. Train again:\n{proof}")
    return Forgotten({str(place): len(found) for place, found in leaving.items()}, tuple(notes), proof)


def _by_kind(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The models and the datasets among the folders, each once."""
    if not folders:
        raise ConfigError("there is no folder to forget users in: give a model and its dataset")
    models, datasets = [], []
    for folder in {resolved(folder): folder for folder in folders}.values():
        if (folder / MODEL.marker).is_file():
            models.append(folder)
        elif (folder / DATASET.marker).is_file():
            datasets.append(folder)
        else:
            what = "is there" if not folder.exists() else f"holds {MODEL.marker} or {DATASET.marker}"
            raise DatasetError(f"{folder} is neither a model nor a dataset: no such file or folder {what}")
    return models, datasets


def _check_no_checkpoint(model: Path) -> None:
    checkpoint = model.absolute().with_name(f"{model.absolute().name}.checkpoint")
    if (checkpoint / CHECKPOINT.marker).exists():
        raise StorageError(
            f"{checkpoint} is the state of an unfinished training, which holds the users too: let `konomi train` "
            "finish it, or remove it, and forget them then"
        )


def _rows_of(place: Path, users: Sequence[Id], *, is_model: bool) -> NDArray[np.int64]:
    """int64 (m,): each user's row number in this folder, -1 where it holds none."""
    opened = Artifact.open(place).dataset if is_model else Dataset.open(place)
    return np.array([opened.ratings.users.indices_of([user])[0] for user in users], dtype=np.int64)


def _check_all_known(users: Sequence[Id], rows: dict[Path, NDArray[np.int64]], cleaned: Sequence[Path]) -> None:
    nowhere = [
        str(user) for user, found in zip(users, zip(*rows.values(), strict=True), strict=True) if max(found) < 0
    ]
    if nowhere:
        removed = " but for what a killed run had left, which is removed now" if cleaned else ""
        raise UnknownIdError(
            f"no user {', '.join(nowhere)} in {' or '.join(map(str, rows))}; nothing was changed{removed}"
        )


def _write(leaving: dict[Path, NDArray[np.int64]], models: Sequence[Path], progress: Progress) -> None:
    """Write all folders without these users, and only then let the new ones take the places of the old."""
    done: list[str] = []
    try:
        with ExitStack() as exchanges:
            for place, users in leaving.items():
                kind = MODEL if place in models else DATASET
                new = exchanges.enter_context(_exchanged(place, kind, done))
                if place in models:
                    old = Artifact.open(place)
                    after = old.dataset.without_users(users)
                    write(fit_again(old, after, removed=users, progress=progress), new)
                else:
                    Dataset.open(place).without_users(users).write_into(new)
    except StorageError as error:
        if done:
            raise StorageError(f"{error}. {' and '.join(done)} forgot already: run the same again") from error
        raise


@contextmanager
def _exchanged(place: Path, kind: Kind, done: list[str]) -> Iterator[Path]:
    with whole_folder(place, kind=kind) as new:
        yield new
    done.append(str(place))
