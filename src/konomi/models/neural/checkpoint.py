"""A training run's state after its last whole epoch, kept in a folder so that a killed run can go on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.models.config import as_settings
from konomi.models.neural.config import NeuralConfig
from konomi.storage.folder import check_replaceable, whole_folder
from konomi.storage.kind import CHECKPOINT
from konomi.storage.reading import OpenFolder
from konomi.version import __version__


@dataclass(eq=False)
class Checkpoint:
    """The state of a run at the end of an epoch.

    state : the optimizer's arrays. best: user_vectors, item_vectors, head of the epoch with the lowest loss.
    curve : one row an epoch, as in NeuralModel.learning_curve. best_epoch counts from 0, -1 before the first.
    """

    state: dict[str, NDArray[Any]] = field(default_factory=dict)
    best: dict[str, NDArray[Any]] = field(default_factory=dict)
    curve: list[list[float]] = field(default_factory=list)
    best_epoch: int = -1


def identity_of(config: NeuralConfig, digest: str) -> dict[str, Any]:
    """What must be the same for a run to go on: settings, data, and the konomi that computes."""
    return {"konomi": __version__, "config": as_settings(config), "data": digest}


def save(checkpoint: Checkpoint, folder: Path, identity: dict[str, Any]) -> None:
    """Write the checkpoint, whole or not at all; the one that stood there is replaced. Raises StorageError."""
    with whole_folder(folder, kind=CHECKPOINT) as new:
        for part in ("state", "best"):
            for name, array in getattr(checkpoint, part).items():
                np.save(new / f"{part}_{name}.npy", array, allow_pickle=False)
        np.save(new / "curve.npy", np.array(checkpoint.curve, dtype=np.float64), allow_pickle=False)
        about = {
            **identity,
            "best_epoch": checkpoint.best_epoch,
            "state": sorted(checkpoint.state),
            "best": sorted(checkpoint.best),
        }
        CHECKPOINT.write(new, about)


def load(folder: Path, identity: dict[str, Any]) -> Checkpoint | str | None:
    """The checkpoint in `folder`; None if there is none; a sentence why not, if it belongs to another run.

    Every file is compared with its digest first: a run that goes on from a changed one would end as another model.
    Raises StorageError if the folder is damaged or holds files of others, so that no checkpoint can be written
    there.
    """
    check_replaceable(folder, kind=CHECKPOINT)
    if not (folder / CHECKPOINT.marker).is_file():
        return None
    about = CHECKPOINT.read(folder)
    if any(about.get(key) != identity[key] for key in ("konomi", "data")):
        return "it belongs to other data or another konomi"
    if about.get("config") != identity["config"]:
        return "it was made with other settings"
    CHECKPOINT.verify(folder)
    return CHECKPOINT.load(folder, _read_from)


def _read_from(opened: OpenFolder) -> Checkpoint:
    about = opened.about
    arrays = {
        part: {name: np.array(opened.array(f"{part}_{name}")) for name in about[part]} for part in ("state", "best")
    }
    curve = opened.array("curve")
    return Checkpoint(arrays["state"], arrays["best"], curve.tolist(), int(about["best_epoch"]))
