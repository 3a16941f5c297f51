"""A training run's state after its last whole epoch, kept in a folder so that a killed run can go on."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi import __version__
from konomi.folder import whole_folder
from konomi.models.config import as_settings
from konomi.models.neural_config import NeuralConfig

MARKER = "checkpoint.json"
_FORMAT_VERSION = 1


@dataclass(eq=False)
class Checkpoint:
    """Where a run stands at the end of an epoch.

    state : the optimiser's arrays. best: user_vectors, item_vectors, head of the epoch with the lowest loss.
    curve : one row an epoch, as in NeuralModel.learning_curve. best_epoch counts from 0, -1 before the first.
    """

    state: dict[str, NDArray[Any]] = field(default_factory=dict)
    best: dict[str, NDArray[Any]] = field(default_factory=dict)
    curve: list[list[float]] = field(default_factory=list)
    best_epoch: int = -1


def identity_of(config: NeuralConfig, digest: str) -> dict[str, Any]:
    """What must be the same for a run to go on: settings, data, and the konomi that computes."""
    return {
        "format": "konomi neural checkpoint",
        "format_version": _FORMAT_VERSION,
        "konomi": __version__,
        "config": as_settings(config),
        "data": digest,
    }


def save(checkpoint: Checkpoint, folder: Path, identity: dict[str, Any]) -> None:
    """Write the checkpoint, whole or not at all; the one that stood there is replaced. Raises StorageError."""
    with whole_folder(folder, marker=MARKER) as new:
        for kind in ("state", "best"):
            for name, array in getattr(checkpoint, kind).items():
                np.save(new / f"{kind}_{name}.npy", array, allow_pickle=False)
        np.save(new / "curve.npy", np.array(checkpoint.curve, dtype=np.float64), allow_pickle=False)
        about = {
            **identity,
            "best_epoch": checkpoint.best_epoch,
            "state": sorted(checkpoint.state),
            "best": sorted(checkpoint.best),
        }
        (new / MARKER).write_text(json.dumps(about, indent=1), encoding="utf-8")


def load(folder: Path, identity: dict[str, Any]) -> Checkpoint | str | None:
    """The checkpoint in `folder`; None if there is none; a sentence why not, if it belongs to another run."""
    if not (folder / MARKER).is_file():
        return None
    try:
        about = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        if about["config"] != identity["config"]:
            return "it was made with other settings"
        if any(about[key] != identity[key] for key in identity):
            return "it belongs to other data or another konomi"
        arrays = {
            kind: {name: np.load(folder / f"{kind}_{name}.npy", allow_pickle=False) for name in about[kind]}
            for kind in ("state", "best")
        }
        curve = np.load(folder / "curve.npy", allow_pickle=False)
        return Checkpoint(arrays["state"], arrays["best"], curve.tolist(), int(about["best_epoch"]))
    except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
        return f"it is damaged ({error})"
