"""Forgetting: users removed from datasets and models together."""

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
    """The result of `forget`.

    n_users : folder -> the number of users that were forgotten in it; only folders that held any of the users.
    notes   : the folders that did not hold a user, and what may still hold one.
    proof   : the proof, if it was asked for.
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
    """Remove users from datasets and models.

    users   : one id or several.
    folders : datasets and models; best a model and the dataset that it was trained from. A folder without any of
              the users is not changed, and a note says so.
    prove   : whether to train each model again without the users, compare all arrays and search for the ids; see
              `proof_of`.
    The arrays of each folder are equal, byte for byte, to those that ingest and training give without the users'
    lines. All folders are locked from the first read to the last write. Datasets are replaced first. If a run ends
    between two folders, the same call finishes the work.
    Raises UnknownIdError for a user who is in none of the folders, before any change; ConfigError, ArtifactError,
    DatasetError, TrainingError, StorageError; ProofError if the proof fails, after the users were forgotten.
    """
    user_ids = list(dict.fromkeys([users] if isinstance(users, int | str) else users))
    paths = [folders] if isinstance(folders, str | os.PathLike) else folders
    models, datasets = _by_kind([Path(path) for path in paths])
    if not user_ids:
        raise ConfigError("there is no user to forget: give one id or more")
    all_folders = [*models, *datasets]
    with ExitStack() as locks:
        for path in sorted(resolved(folder) for folder in all_folders):
            locks.enter_context(exclusive(path))
        for folder in models:
            _check_no_checkpoint(folder)
        cleaned = [
            folder
            for folder in all_folders
            if remove_leftovers(folder, kind=MODEL if folder in models else DATASET)
        ]
        indices = {folder: _indices_of(folder, user_ids, is_model=folder in models) for folder in all_folders}
        _check_all_known(user_ids, indices, cleaned)
        forgotten = {folder: index[index >= 0] for folder, index in indices.items() if (index >= 0).any()}
        _write(forgotten, models, progress)
        proof = proof_of(user_ids, models, datasets, progress=progress) if prove else None
    notes = [
        f"{folder} held no user {user}"
        for folder in all_folders
        for user, index in zip(user_ids, indices[folder], strict=True)
        if index < 0
    ]
    if not datasets:
        notes.append("a dataset that still holds the users brings them back at the next training: give it too")
    if not models:
        notes.append("models that were trained from the dataset still hold the users: give them too")
    if proof is not None and not proof.holds:
        raise ProofError(f"the users were forgotten, but the proof failed. Train again:\n{proof}")
    return Forgotten({str(folder): len(index) for folder, index in forgotten.items()}, tuple(notes), proof)


def _by_kind(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The models and the datasets among the folders, each once. Raises DatasetError for any other folder."""
    if not folders:
        raise ConfigError("there is no folder to forget users in: give a model and its dataset")
    models, datasets = [], []
    for folder in {resolved(folder): folder for folder in folders}.values():
        if (folder / MODEL.marker).is_file():
            models.append(folder)
        elif (folder / DATASET.marker).is_file():
            datasets.append(folder)
        else:
            reason = f"holds no {MODEL.marker} or {DATASET.marker}" if folder.exists() else "does not exist"
            raise DatasetError(f"{folder} is neither a model nor a dataset: it {reason}. Give a konomi folder")
    return models, datasets


def _check_no_checkpoint(model: Path) -> None:
    checkpoint = model.absolute().with_name(f"{model.absolute().name}.checkpoint")
    if (checkpoint / CHECKPOINT.marker).exists():
        raise StorageError(
            f"{checkpoint} is the state of an unfinished training, which holds the users too: let `konomi train` "
            "finish it, or remove it, and then forget them"
        )


def _indices_of(folder: Path, users: Sequence[Id], *, is_model: bool) -> NDArray[np.int64]:
    """int64 (m,): the index of each user in this folder; -1 for a user who is not in it."""
    opened = Artifact.open(folder).dataset if is_model else Dataset.open(folder)
    return np.array([opened.ratings.users.indices_of([user])[0] for user in users], dtype=np.int64)


def _check_all_known(users: Sequence[Id], indices: dict[Path, NDArray[np.int64]], cleaned: Sequence[Path]) -> None:
    of_users = zip(*indices.values(), strict=True)
    unknown = [str(user) for user, index in zip(users, of_users, strict=True) if max(index) < 0]
    if unknown:
        removed = ", except that the leftovers of a killed run were removed" if cleaned else ""
        raise UnknownIdError(
            f"no user {', '.join(unknown)} in {' or '.join(map(str, indices))}; nothing was changed{removed}"
        )


def _write(forgotten: dict[Path, NDArray[np.int64]], models: Sequence[Path], progress: Progress) -> None:
    """Write all folders without these users, and only then replace the old folders by the new ones."""
    replaced: list[str] = []
    try:
        with ExitStack() as replacements:
            for folder, users in forgotten.items():
                kind = MODEL if folder in models else DATASET
                new = replacements.enter_context(_replaced(folder, kind, replaced))
                if folder in models:
                    old = Artifact.open(folder)
                    after = old.dataset.without_users(users)
                    write(fit_again(old, after, removed=users, progress=progress), new)
                else:
                    Dataset.open(folder).without_users(users).write_into(new)
    except StorageError as error:
        if replaced:
            raise StorageError(
                f"{error}. The users are already forgotten in {' and '.join(replaced)}: run the same command again"
            ) from error
        raise


@contextmanager
def _replaced(folder: Path, kind: Kind, replaced: list[str]) -> Iterator[Path]:
    with whole_folder(folder, kind=kind) as new:
        yield new
    replaced.append(str(folder))
