"""ModelKind: all that konomi knows of one model besides what the trained model itself can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from konomi.data.dataset import Dataset
from konomi.data.franchises import with_franchises
from konomi.data.ratings import Ratings
from konomi.errors import ConfigError
from konomi.memory import Need, fits, free_bytes, require
from konomi.models.config import config_from
from konomi.models.model import Model


@dataclass(frozen=True)
class Range:
    """A number between `low` and `high` to search in, on a logarithmic scale where `log`."""

    low: float
    high: float
    log: bool = False

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """One of these values to search in."""

    values: tuple[Any, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.values


SearchSpace = Mapping[str, Range | Choice]


def everything(dataset: Dataset, config: Any) -> Dataset:  # noqa: ARG001 - the signature of `select`
    """The whole dataset, for models that learn all of it."""
    return dataset


def advise_spectral(ratings: Ratings, config: Any, free: int) -> str:  # noqa: ARG001 - the signature of `advice`
    """What to do where training does not fit into memory, for models that grow with the square of the items."""
    return "train the spectral model (--model spectral), which grows with the items"


@dataclass(frozen=True, kw_only=True)
class ModelKind:
    """One kind of model: how it is described, configured, trained, tuned and opened again.

    summary      : one or two sentences for people who choose a model, and for people who get its answers.
    config_type  : its settings, a `Config`.
    model_type   : the class of the trained model.
    train        : `train(dataset, config, *, progress, ...) -> Model`, on a dataset that `prepare` gave.
    select       : the part of a dataset that the model learns, whose users and items are its rows and columns.
    presets      : settings that have a name, each a mapping that `config_from` takes.
    search_space : what `tune` searches: settings that change quality, not those that change only speed.
    need         : the memory that training takes at its fullest moment; None where it takes little.
    advice       : what to do where that is not free.
    checkpoints  : whether `train` also takes `checkpoint=`, a folder, and continues from what it finds there.
    changed_gram : where `train` also takes `gram=`: the function that gives it after users left or came.
    """

    name: str
    summary: str
    config_type: type[Any]
    model_type: type[Model]
    train: Callable[..., Model]
    select: Callable[[Dataset, Any], Dataset] = everything
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    search_space: SearchSpace = field(default_factory=dict)
    need: Callable[[Ratings, Any], Need] | None = None
    advice: Callable[[Ratings, Any, int], str] = advise_spectral
    checkpoints: bool = False
    changed_gram: Callable[..., Any] | None = None

    def prepare(self, dataset: Dataset, config: Any) -> Dataset:
        """What `select` gives, with franchises in the catalog: ingest names them, other datasets get them here."""
        return self.select(replace(dataset, catalog=with_franchises(dataset.catalog)), config)

    def config(
        self, settings: Mapping[str, Any] | None = None, *, preset: str | None = None, seed: int | None = None
    ) -> Any:
        """The model's config: the preset's settings, then `settings`, then the seed; the later wins.

        Raises ConfigError for a preset or setting that the model lacks, and for a value that does not fit.
        """
        if preset is not None and preset not in self.presets:
            known = ", ".join(self.presets) or "none"
            raise ConfigError(f'the model {self.name} has no preset "{preset}"; it has: {known}')
        values = {**(self.presets[preset] if preset else {}), **(settings or {})}
        if seed is not None and "seed" in self.config_type.__dataclass_fields__:
            values["seed"] = seed
        return config_from(self.config_type, values)

    def fits(self, ratings: Ratings, config: Any, *, free: int | None = None) -> bool:
        """Whether training on these ratings fits into the free memory; `free`: bytes, None = what is free now."""
        return self.need is None or fits(self.need(ratings, config), free_bytes() if free is None else free)

    def require_memory(self, ratings: Ratings, config: Any, *, free: int | None = None) -> None:
        """Raises TrainingError unless training on these ratings fits; it says what is needed, free and possible."""
        free = free_bytes() if free is None else free
        if self.need is not None and free is not None and not self.fits(ratings, config, free=free):
            require(self.need(ratings, config), advice=self.advice(ratings, config, free), free=free)
