"""The models, each a file: what it learns from a dataset, and how it scores items for a history."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from konomi.data.dataset import Dataset
from konomi.data.franchises import with_franchises
from konomi.errors import ConfigError
from konomi.models.model import Model

NAMES = ("linear", "spectral", "neural", "item-knn", "user-knn", "popularity")
DEFAULT = "linear"


@dataclass(frozen=True)
class ModelKind:
    """One kind of model: how it is configured, trained and opened again.

    select : the part of a dataset that the model learns: its users and items are the model's rows and columns.
    checkpoints : whether `train` also takes `checkpoint=` and carries on from what it finds there.
    changed_gram : where `train` also takes `gram=`: what to give there after users left or came.
    presets : named settings, each a dict that `config_from` takes.
    """

    name: str
    config_type: type[Any]
    model_type: type[Any]
    train: Callable[..., Model]
    select: Callable[[Dataset, Any], Dataset]
    presets: dict[str, dict[str, Any]]
    checkpoints: bool = False
    changed_gram: Callable[..., Any] | None = None

    def prepare(self, dataset: Dataset, config: Any) -> Dataset:
        """What `select` gives, with franchises in the catalog: ingest names them, other datasets get them here."""
        return self.select(replace(dataset, catalog=with_franchises(dataset.catalog)), config)


def by_name(name: str) -> ModelKind:
    """The kind of model of this name; its file is imported only now.

    Raises ConfigError if there is none.
    """
    if name == "linear":
        from konomi.models import linear

        return ModelKind(
            name,
            linear.LinearConfig,
            linear.LinearModel,
            linear.train,
            linear.prepare,
            {},
            changed_gram=linear.changed_gram,
        )
    if name == "spectral":
        from konomi.models import spectral

        return ModelKind(name, spectral.SpectralConfig, spectral.SpectralModel, spectral.train, _everything, {})
    if name == "neural":
        from konomi.models import neural

        presets = {"notebook": neural.NOTEBOOK}
        return ModelKind(
            name, neural.NeuralConfig, neural.NeuralModel, neural.train, neural.prepare, presets, checkpoints=True
        )
    if name == "item-knn":
        from konomi.models import neighborhood as knn

        return ModelKind(name, knn.ItemKnnConfig, knn.ItemKnnModel, knn.train_item_knn, _everything, {})
    if name == "user-knn":
        from konomi.models import neighborhood as knn

        return ModelKind(name, knn.UserKnnConfig, knn.UserKnnModel, knn.train_user_knn, _everything, {})
    if name == "popularity":
        from konomi.models import popularity

        return ModelKind(
            name, popularity.PopularityConfig, popularity.PopularityModel, popularity.train, _everything, {}
        )
    raise ConfigError(f'there is no model "{name}"; the models are: {", ".join(NAMES)}')


def _everything(dataset: Dataset, config: Any) -> Dataset:  # noqa: ARG001 - the shape of `select`
    return dataset
