"""Konomi: ratings in; similar items, people of like taste, and what to watch next out."""

from typing import TYPE_CHECKING, Any

from konomi.version import __version__

if TYPE_CHECKING:
    from konomi.answers.recommender import Recommender
    from konomi.api import ingest, load, train
    from konomi.data.catalog import Catalog
    from konomi.data.dataset import Dataset
    from konomi.data.filters import Filters
    from konomi.data.ratings import Ratings
    from konomi.errors import KonomiError
    from konomi.evaluation import evaluate
    from konomi.forgetting import forget

__all__ = [
    "Catalog",
    "Dataset",
    "Filters",
    "KonomiError",
    "Ratings",
    "Recommender",
    "__version__",
    "evaluate",
    "forget",
    "ingest",
    "load",
    "train",
]

_HOME = {
    "Catalog": "data.catalog",
    "Dataset": "data.dataset",
    "Filters": "data.filters",
    "KonomiError": "errors",
    "Ratings": "data.ratings",
    "Recommender": "answers.recommender",
    "evaluate": "evaluation",
    "forget": "forgetting",
    "ingest": "api",
    "load": "api",
    "train": "api",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: `import konomi` and `konomi -h` stay quick.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"konomi.{_HOME[name]}"), name)
    raise AttributeError(f"module 'konomi' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
