"""The models. To add one, write a file with a `KIND` and add its line to `MODULES`."""

from importlib import import_module

from konomi.data.ratings import Ratings
from konomi.errors import ConfigError
from konomi.memory import free_bytes, in_words
from konomi.models.kind import ModelKind

# A model's name -> the module whose `KIND` describes it, the best model first. Imported only when asked for.
MODULES = {
    "linear": "konomi.models.linear",
    "spectral": "konomi.models.spectral",
    "neural": "konomi.models.neural",
    "item-knn": "konomi.models.item_knn",
    "user-knn": "konomi.models.user_knn",
    "popularity": "konomi.models.popularity",
}
# What is trained when no model is named, and what replaces it where it does not fit into memory.
DEFAULT, SMALLER = "linear", "spectral"


def names() -> tuple[str, ...]:
    """The names of all models."""
    return tuple(MODULES)


def by_name(name: str) -> ModelKind:
    """The kind of model of this name. Raises ConfigError if there is none."""
    if name not in MODULES:
        raise ConfigError(f'there is no model "{name}"; the models are: {", ".join(MODULES)}')
    kind: ModelKind = import_module(MODULES[name]).KIND
    return kind


def kinds() -> list[ModelKind]:
    """All kinds of models."""
    return [by_name(name) for name in MODULES]


def kind_that_fits(ratings: Ratings, *, free: int | None = None) -> tuple[ModelKind, str]:
    """The kind of model to train on these ratings where none is named, and in words why it is not the default.

    It is the default where that fits into the free memory with its default settings, and else the smaller one.
    free : bytes, None = what is free now.
    """
    best, free = by_name(DEFAULT), free_bytes() if free is None else free
    config = best.config()
    if best.need is None or free is None or best.fits(ratings, config, free=free):
        return best, ""
    why = f"{best.need(ratings, config)}, and {in_words(free)} are free: the {SMALLER} model is trained instead"
    return by_name(SMALLER), why
