"""Spectral: items and users in one space of few dimensions, spanned by G's leading eigenvectors."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import TrainingError
from konomi.memory import PROGRAM, Need
from konomi.models.config import Config, setting
from konomi.models.embedding import COMPARED_DIM, Basis, Space, space_bytes
from konomi.models.kind import ModelKind, Range
from konomi.models.model import Ability, Model
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import Spec, check_arrays

_ARRAYS = {
    "item_counts": Spec(("int64",), ("n_items",)),
    "item_vectors": Spec(("float32",), ("n_items", "dim")),
    "item_axes": Spec(("float32",), ("n_items", "dim")),
    "user_vectors": Spec(("float32",), (None, "dim")),
    "item_scale": Spec(("float32",), ("n_items",)),
    "item_basis": Spec(("float32",), ("n_items", None)),
}


@dataclass(frozen=True, kw_only=True)
class SpectralConfig(Config):
    """The settings of the spectral model."""

    embedding_dim: int = setting(
        256, "The number of dimensions. More of them tell finer differences and generalize less.", low=1
    )
    seed: int = setting(
        0, "Where the search for the eigenvectors starts. Another seed changes the result by rounding only.", low=0
    )


@dataclass(frozen=True, eq=False)
class SpectralModel(Model):
    """Scores are a history smoothed by the leading eigenvectors: x D V Vᵀ D⁻¹.

    watch_counts : int64 (n_items,), watchers. space : see there. user_vectors : float32 (n_users, dim), unit.
    item_scale  : float32 (n_items,), the diagonal of D. item_basis : float32 (n_items, dim), V; see `Basis`.
    Source: Shen et al. 2021, How powerful is graph convolution for recommendation?, the ideal low-pass filter.
    """

    name: ClassVar[str] = "spectral"
    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)

    config: SpectralConfig
    watch_counts: NDArray[np.int64]
    space: Space
    user_vectors: NDArray[np.float32]
    item_scale: NDArray[np.float32]
    item_basis: NDArray[np.float32]

    @property
    def n_items(self) -> int:
        return len(self.watch_counts)

    def map_vectors(self) -> NDArray[np.float32]:
        """float32 (n_items, dim), unit length or zero."""
        return self.space.vectors

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): x D V Vᵀ D⁻¹."""
        del users
        scale = self.item_scale
        seen = histories.watched()
        X = seen.matrix(scale[seen.item_index])
        return np.asarray((X @ self.item_basis) @ self.item_basis.T / scale, dtype=np.float32)

    def contributions(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:
        """float32 (n_rows, len(items)): what each row of one person adds to each item's score; a planned row 0."""
        scale = self.item_scale
        rows = self.item_basis[history.item_index] * scale[history.item_index][:, None]
        rows[history.status == Status.PLANNED] = 0
        return np.asarray(rows @ self.item_basis[items].T / scale[items], dtype=np.float32)

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """float32 (n_items,): cosine of the item vectors."""
        return np.asarray(self.space.vectors @ self.space.vectors[item_index], dtype=np.float32)

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """float32 (n_users,): cosine of the users' vectors."""
        del user_index
        return np.asarray(self.user_vectors @ self.space.fold_in(history)[0], dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`item_counts`, `item_vectors`, `item_axes`, `user_vectors`, `item_scale`, `item_basis`."""
        values = (
            self.watch_counts,
            self.space.vectors,
            self.space.axes,
            self.user_vectors,
            self.item_scale,
            self.item_basis,
        )
        return dict(zip(_ARRAYS, values, strict=True))

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: SpectralConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        check_arrays(arrays, _ARRAYS)
        counts, vectors, axes, users, scale, basis = (arrays[name] for name in _ARRAYS)
        return cls(config, counts, Space(vectors, axes), users, scale, basis)


def train(dataset: Dataset, config: SpectralConfig, *, progress: Progress = SILENT) -> SpectralModel:
    """The spectral model of a dataset; G itself is never held, so any number of items will do.

    Raises TrainingError if no user watched anything.
    """
    ratings = dataset.ratings
    counts = ratings.watch_counts()
    if not counts.any():
        raise TrainingError("no user watched anything, so there is nothing to embed: ingest more ratings")
    basis = Basis.of(ratings, dim=config.embedding_dim, seed=config.seed, progress=progress)
    space = Space.of(basis, dim=min(config.embedding_dim, COMPARED_DIM))
    return SpectralModel(config, counts, space, space.users_of(dataset), basis.scale, basis.vectors)


def need(ratings: Ratings, config: SpectralConfig) -> Need:
    """The memory that training takes at its fullest moment: it grows with the items, not with their square."""
    return Need(
        f"training the spectral model of {ratings.n_items:,} items",
        {
            "users and items in one space": space_bytes(ratings.n_items, ratings.n_users, config.embedding_dim),
            "the program": PROGRAM,
        },
    )


def advice(ratings: Ratings, config: SpectralConfig, free: int) -> str:  # noqa: ARG001 - the signature of `advice`
    """Fewer dimensions take less."""
    return f"give an embedding_dim below {config.embedding_dim}"


KIND = ModelKind(
    name="spectral",
    summary="It places every user and every title in one space, in which a user is near to the titles of the list.",
    config_type=SpectralConfig,
    model_type=SpectralModel,
    train=train,
    search_space={"embedding_dim": Range(16, 1_024, log=True)},
    need=need,
    advice=advice,
)
