"""Items and users in one space: the leading eigenvectors of a scaled Gram matrix, and histories folded in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.blocks import in_blocks
from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories, Ratings
from konomi.models.lanczos import leading_eigenpairs, scaled_gram
from konomi.progress import SILENT, Progress

# More people than this do not turn the axes noticeably; each costs time.
_MOST_USERS = 65_536
# Users a piece of work when all of them are folded in.
_USERS = 4096
# Watchers added to every item (additive smoothing), so that a title with one watcher does not get a large weight.
_PRIOR_WATCHERS = 5.0
# D = watchers^-0.35 is between a plain count (0) and the cosine (0.5).
_SCALE_POWER = -0.35
# Axes count by their eigenvalue to this power in a person's place.
_AXIS_POWER = 0.25
# Where people are compared: further axes tell halves of one history apart.
COMPARED_DIM = 64


@dataclass(frozen=True, eq=False)
class Basis:
    """Eigenvectors V and eigenvalues L of D XᵀWX D, the largest `dim`.

    scale   : float32 (n_items,), the diagonal of D, (weighted watchers + 5)^-0.35.
    vectors : float32 (n_items, dim), V, orthonormal columns, each one's largest entry positive.
    values  : float32 (dim,), L, above 0, largest first.
    W weighs each person by 1 / sqrt(titles), so that long lists do not decide alone; its mean is 1.
    """

    scale: NDArray[np.float32]
    vectors: NDArray[np.float32]
    values: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        ratings: Ratings,
        *,
        dim: int,
        seed: int,
        silenced: NDArray[np.bool_] | None = None,
        progress: Progress = SILENT,
    ) -> "Basis":
        """The basis of these users (evenly spaced ones, where there are more than 65,536); dim at most n_items.

        silenced : bool (n_items,), items whose rows do not count: their vectors are zero.
        """
        if ratings.n_users > _MOST_USERS:
            ratings = ratings.keep_users(np.arange(_MOST_USERS) * ratings.n_users // _MOST_USERS)
        if silenced is not None and silenced.any():
            ratings = ratings.keep_rows(~silenced[ratings.item_index])
        weight = 1 / np.sqrt(np.maximum(ratings.lengths(), 1))
        weight = (weight / weight.mean()).astype(np.float32)
        watchers = np.zeros(ratings.n_items)
        start = 0
        for block in ratings.blocks():
            seen = block.watched()
            each = np.repeat(weight[start : start + len(seen)], np.diff(seen.offsets))
            watchers += np.bincount(seen.item_index, weights=each, minlength=ratings.n_items)
            start += len(seen)
        scale = ((watchers + _PRIOR_WATCHERS) ** _SCALE_POWER).astype(np.float32)
        found = leading_eigenpairs(
            scaled_gram(ratings, item_scale=scale, user_weight=weight),
            ratings.n_items,
            dim=min(dim, ratings.n_items),
            rng=np.random.default_rng(seed),
            progress=progress,
        )
        values = np.maximum(found.values, 1e-5 * max(float(found.values[0]), 1e-12)).astype(np.float32)
        # The sign of an eigenvector is arbitrary.
        largest = np.abs(found.vectors).argmax(axis=0)
        vectors = found.vectors * np.where(found.vectors[largest, np.arange(len(values))] < 0, -1, 1)
        vectors[watchers == 0] = 0
        return cls(scale, vectors.astype(np.float32), values)


def space_bytes(n_items: int, n_users: int, dim: int) -> int:
    """The memory that making a `Space` of `dim` dimensions takes.

    A Krylov space of at most 4 dim + 256 columns, four lanes of products, and every user's vector.
    """
    return 4 * (n_items * (min(n_items, 4 * dim + 256) + 6 * 64 + 3 * dim) + n_users * dim)


@dataclass(frozen=True, eq=False)
class Space:
    """Where users are compared, and items laid out.

    vectors : float32 (n_items, dim), V L^½ with rows of unit length, or zero.
    axes    : float32 (n_items, dim), D V L^¼: the vector of a history is the sum of its items' rows here.
    """

    vectors: NDArray[np.float32]
    axes: NDArray[np.float32]

    @classmethod
    def of(cls, basis: Basis, *, dim: int) -> "Space":
        """The space of the first `dim` axes."""
        V, values = basis.vectors[:, :dim], basis.values[:dim]
        axes = basis.scale[:, None] * V * values ** np.float32(_AXIS_POWER)
        return cls(normalize_rows(V * np.sqrt(values)), np.ascontiguousarray(axes, dtype=np.float32))

    def fold_in(self, histories: Histories) -> NDArray[np.float32]:
        """float32 (m, dim): each person's vector, of unit length; zero for an empty history."""
        return normalize_rows(np.asarray(histories.watched().matrix() @ self.axes, dtype=np.float32))

    def users_of(self, dataset: Dataset) -> NDArray[np.float32]:
        """float32 (n_users, dim): the vector of every user, in blocks."""
        ratings = dataset.ratings
        places = np.empty((ratings.n_users, self.axes.shape[1]), dtype=np.float32)

        def place(users: slice) -> None:
            places[users] = self.fold_in(ratings.histories(np.arange(users.start, users.stop)))

        in_blocks(place, ratings.n_users, _USERS)
        return places


def normalize_rows(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """The rows at unit length; a zero row stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), dtype=np.float32)
