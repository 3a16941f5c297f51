"""Artifact: a trained model with its users, items and histories, as a folder of memory-mapped arrays."""

import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.models import by_name
from konomi.models.config import as_settings, config_from, config_of_0_1
from konomi.models.model import Model
from konomi.storage.arrays import Spec, check_arrays
from konomi.storage.folder import whole_folder
from konomi.storage.kind import MODEL
from konomi.storage.reading import OpenFolder
from konomi.version import __version__


@dataclass(frozen=True, eq=False)
class Artifact:
    """A model and the dataset whose users and items are its rows and columns.

    row_counts : int64 (n_items,), the number of rows of each item; stored because counting reads every row.
    item_map   : float32 (n_items, 2), the place of each item on the map, NaN for none; None if never drawn.
    about      : what model.json says: model, config, data, figures, versions, created.
    """

    model: Model
    dataset: Dataset
    row_counts: NDArray[np.int64]
    about: dict[str, Any] = field(default_factory=dict)
    item_map: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, model: Model, dataset: Dataset, item_map: NDArray[np.float32] | None = None) -> "Artifact":
        """The artifact of a model that was just trained on this (prepared) dataset."""
        return cls(model, dataset, dataset.ratings.row_counts(), _about(model, dataset), item_map)

    def write_into(self, folder: Path) -> None:
        """Write everything into an existing folder, for a caller that sees to its being whole."""
        arrays = {"model": self.model.arrays(), "update": self.model.update_arrays()}
        listed: dict[str, dict[str, Any]] = {}
        for part, members in arrays.items():
            if members:
                (folder / part).mkdir()
            for name, array in members.items():
                np.save(folder / part / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
                listed[f"{part}/{name}"] = {"dtype": str(array.dtype), "shape": list(array.shape)}
        np.save(folder / "item_counts.npy", self.row_counts, allow_pickle=False)
        if self.item_map is not None:
            np.save(folder / "item_map.npy", self.item_map, allow_pickle=False)
        (folder / "dataset").mkdir()
        self.dataset.write_into(folder / "dataset")
        MODEL.write(folder, {**self.about, "arrays": listed})

    def save(self, folder: Path) -> None:
        """Write the artifact into `folder`, whole or not at all; one that stood there is replaced.

        Raises StorageError.
        """
        with whole_folder(Path(folder), kind=MODEL) as new:
            self.write_into(new)

    @classmethod
    def open(cls, folder: Path) -> "Artifact":
        """The artifact in `folder`, its arrays mapped, not read.

        Raises ArtifactError if it is missing, damaged, something else, or from a newer konomi.
        """
        return MODEL.load(Path(folder), cls._read_from)

    @classmethod
    def _read_from(cls, opened: OpenFolder) -> "Artifact":
        about = opened.marker(MODEL.marker)
        parts: dict[str, dict[str, NDArray[Any]]] = {"model": {}, "update": {}}
        for listed, shape in about["arrays"].items():
            part, name = listed.split("/")
            array = opened.array(listed)
            if list(array.shape) != shape["shape"] or str(array.dtype) != shape["dtype"]:
                raise ValueError(f"{listed} has another shape or type than {MODEL.marker} says")
            parts[part][name] = array
        kind = by_name(about["model"])
        read_config = config_of_0_1 if about["format_version"] == 1 else config_from
        config = read_config(kind.config_type, about["config"])
        dataset = Dataset.read_from(opened.below("dataset"))
        n_items = dataset.ratings.n_items
        row_counts = opened.array("item_counts")
        check_arrays({"item_counts": row_counts}, {"item_counts": Spec(("int64",), (n_items,))})
        item_map = None
        if opened.has("item_map.npy"):
            item_map = opened.array("item_map")
            check_arrays({"item_map": item_map}, {"item_map": Spec(("float32",), (n_items, 2))})
        model = kind.model_type.from_arrays({**parts["model"], **parts["update"]}, config)
        if model.n_items != n_items:
            raise ValueError(f"the model has {model.n_items:,} items and its dataset {n_items:,}")
        vectors = parts["model"].get("user_vectors")
        if vectors is not None and len(vectors) != dataset.ratings.n_users:
            raise ValueError(f"the model has {len(vectors):,} users, its dataset {dataset.ratings.n_users:,}")
        return cls(model, dataset, row_counts, about, item_map)


def _about(model: Model, dataset: Dataset) -> dict[str, Any]:
    return {
        "model": model.name,
        "config": as_settings(model.config),
        "data": {
            "digest": dataset.digest(),
            "n_users": dataset.ratings.n_users,
            "n_items": dataset.ratings.n_items,
            "n_rows": dataset.ratings.n_rows,
        },
        "figures": model.figures,
        "versions": {"konomi": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
