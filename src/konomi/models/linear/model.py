"""Linear, the default: a score is a weighted sum over the history, the weights solved for from the Gram matrix."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.franchises import franchise_numbers
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import TrainingError
from konomi.memory import Need, fits, free_bytes
from konomi.models.embedding import Basis, Space
from konomi.models.evidence import Spread, values_of
from konomi.models.gram import Gram
from konomi.models.linear.config import LinearConfig
from konomi.models.linear.genres import genre_vectors
from konomi.models.linear.inverse import inverse_of
from konomi.models.linear.local_weights import local_weights
from konomi.models.linear.packed import pack, unpack
from konomi.models.linear.prior import Prior, prior_share
from konomi.models.linear.ridged import RidgedGram
from konomi.models.linear.strong_inverse import StrongInverse
from konomi.models.linear.weights import prune_weak, sharpened, similarity_table, weights_of_inverse
from konomi.models.model import Ability, Model
from konomi.models.table import Table
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import Spec, check_arrays, check_indices

__all__ = ["LinearConfig", "LinearModel", "changed_gram", "prepare", "train"]

_UPDATE = "gram"
# The arrays besides the two tables.
_SPECS = {
    "item_counts": Spec(("int64",), ("n_items",)),
    "item_vectors": Spec(("float32",), ("n_items", "dim")),
    "item_axes": Spec(("float32",), ("n_items", "dim")),
    "user_vectors": Spec(("float32",), (None, "dim")),
    "rating_sums": Spec(("float64",), (2,)),
    "franchise": Spec(("int32",), ("n_items",)),
    "genre_vectors": Spec(("float32",), ("n_items", None)),
    "residual": Spec(("float64",), (1,)),
}
# For similarity, each franchise counts as this number of users who watched all of it, per training user.
FRANCHISE_PER_USER = 0.006
# Weights below this share of the largest weight into their item are pruned: they change no list and take more than
# half of the time. Items with at most 64 weights keep all of them.
MIN_WEIGHT_SHARE, N_EXEMPT = 0.005, 64

# With min_watchers above 1: what ranks items that nothing else ranks, below any score.
_FAME = np.float32(1e-9)
# Similarity of a title without a vector: its genres, then its watchers. The sum is under 1.
_BY_GENRE, _BY_FAME = np.float32(0.9), np.float32(0.09)


@dataclass(frozen=True, eq=False)
class LinearModel(Model):
    """Score of item j = (1 - s) w + s p, s = n^-1.5 for a history of n titles.

    w = sum over the history's items i of value_i W[i, j], an item saying nothing of itself;
    p = popularity[j] + sum over i of value_i likely[i, j], see `Prior`.

    With P = (G + diag(ridge) + w FᵀF)⁻¹, ridge = regularization + dropout / (1 - dropout) * diag G, and
    B[i, j] = -P[i, j] / P[j, j], W = sign(B) |B|^sharpness, of which each column keeps its largest entries;
    or, where 0 < predictors < n_items - 1, each column of B learned among that number of others (`local_weights`),
    and weights below 0.005 of their column's largest pruned.
    value_i is 1 plus the rating's distance from the person's mean, as `evidence` says.

    weights      : W by rows.
    similar      : each item's most similar items, by rows.
    watch_counts : int64 (n_items,), the watchers of each item: how much there is to go on.
    space        : where users are compared.
    user_vectors : float32 (n_users, dim), unit length or zero.
    spread       : how far people's ratings are from their own means.
    franchise    : int32 (n_items,), the groups that F has rows for.
    genre_vectors: float32 (n_items, n_genres), unit length or zero.
    residual     : how far P is from the inverse, see `Inverse`; of weights learned among few, see `local_weights`.
    prior        : what is likely while little is known of a person; None: s is 0, as in models of konomi 0.1.
    packed_gram  : G's triangle, see `pack`, from which `changed_gram` starts; None if it was not kept.
    Sources: Steck 2019, Embarrassingly shallow autoencoders; Steck 2020, Autoencoders that don't overfit towards
    the identity; Jeunen et al. 2020, Closed-form models for collaborative filtering with side-information.
    """

    name: ClassVar[str] = "linear"
    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)

    config: LinearConfig
    weights: Table
    similar: Table
    watch_counts: NDArray[np.int64]
    space: Space
    user_vectors: NDArray[np.float32]
    spread: Spread
    franchise: NDArray[np.int32]
    genre_vectors: NDArray[np.float32]
    residual: float
    prior: Prior | None = None
    packed_gram: NDArray[np.int32] | None = field(default=None, repr=False)

    @property
    def n_items(self) -> int:
        return len(self.watch_counts)

    def map_vectors(self) -> NDArray[np.float32]:
        """float32 (n_items, dim), unit length or zero."""
        return self.space.vectors

    @property
    def figures(self) -> dict[str, Any]:
        """What training measured."""
        return {"residual": self.residual, "n_weights": len(self.weights.values)}

    @cached_property
    def _fame(self) -> NDArray[np.float32]:
        """float32 (n_items,), in [0, 1]: log(1 + watchers), over the largest."""
        fame = np.log1p(self.watch_counts).astype(np.float32)
        return np.asarray(fame / max(float(fame.max(initial=0)), 1.0), dtype=np.float32)

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): weighted sums over each history; the users' numbers are not read.

        With min_watchers above 1 an item without any weight from the history gets at most 1e-9, by its watchers:
        the order of columns, which breaks ties, is that of the first users' lists.
        """
        del users
        seen = histories.watched()
        value, share = self._evidence(seen)
        if self.prior is None:
            scores = self.weights.sums(seen, value)
        else:
            each = np.repeat(share, np.diff(seen.offsets))
            scores = share[:, None] * self.prior.popularity
            self.weights.sums(seen, value * (1 - each), out=scores)
            self.prior.likely.sums(seen, value * each, out=scores)
        if self.config.min_watchers > 1:
            np.add(scores, _FAME * self._fame, out=scores, where=scores == 0)
        return scores

    def contributions(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:
        """float32 (n_rows, len(items)): what each row of one person adds to the score of each item.

        A column and the item's `popularity_term` sum to the score; a planned row adds 0.
        """
        seen = history.watched()
        value, share = self._evidence(seen)
        terms = self.weights.terms(seen, value * (1 - share), items)
        if self.prior is not None:
            terms += self.prior.likely.terms(seen, value * share, items)
        out = np.zeros((len(history.item_index), len(items)), dtype=np.float32)
        out[history.status != Status.PLANNED] = terms
        return out

    def popularity_term(self, history: Histories, items: NDArray[Any]) -> NDArray[np.float32]:
        """float32 (len(items),): what the popularity of each item adds to its score; much for a short history."""
        if self.prior is None:
            return super().popularity_term(history, items)
        _, share = self._evidence(history.watched())
        return share[0] * self.prior.popularity[items]

    def _evidence(self, seen: Histories) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What each row counts, float32 (n_rows,), and the share of the prior for each person, float32 (m,)."""
        value = values_of(seen, self.spread, self.config.rating_weight)
        if self.prior is None:
            return value, np.zeros(len(seen), dtype=np.float32)
        return value, prior_share(np.diff(seen.offsets), self.config.prior_weight)

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """float32 (n_items,), in [-1, 1]: see `similarity_table`; beyond the kept neighbors, by vectors, below.

        A title with fewer than min_watchers watchers has no vector: it is compared by genres, then by watchers.
        """
        items, values = self.similar.row(item_index)
        least = float(values.min(initial=1.0)) if len(values) else 0.0
        if self.watch_counts[item_index] < self.config.min_watchers:
            near = _BY_GENRE * (self.genre_vectors @ self.genre_vectors[item_index]) + _BY_FAME * self._fame
        else:
            near = np.clip(self.space.vectors @ self.space.vectors[item_index], -1, 1)
        # Brought under the weakest kept neighbor, so both make one order.
        similarity = ((near + 1) / 2 * (least + 1) - 1).astype(np.float32)
        similarity[items] = values
        return np.asarray(similarity, dtype=np.float32)

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """float32 (n_users,): cosine of the users' places in the space."""
        del user_index
        return np.asarray(self.user_vectors @ self.space.fold_in(history)[0], dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What serving needs."""
        return {
            **self.weights.arrays("weight"),
            **self.similar.arrays("similar"),
            "item_counts": self.watch_counts,
            "item_vectors": self.space.vectors,
            "item_axes": self.space.axes,
            "user_vectors": self.user_vectors,
            "rating_sums": self.spread.sums,
            "franchise": self.franchise,
            "genre_vectors": self.genre_vectors,
            "residual": np.array([self.residual]),
            **({} if self.prior is None else self.prior.arrays()),
        }

    def update_arrays(self) -> dict[str, NDArray[Any]]:
        """`gram`, int32 (n_items (n_items + 1) / 2,), the triangle of G by rows; nothing if it was not kept."""
        return {} if self.packed_gram is None else {_UPDATE: self.packed_gram}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: LinearConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        n_items = check_arrays(arrays, _SPECS)["n_items"]
        if _UPDATE in arrays:
            check_arrays(arrays, {_UPDATE: Spec(("int32",), (n_items * (n_items + 1) // 2,))})
        check_indices("franchise", arrays["franchise"], below=n_items)
        return cls(
            config=config,
            weights=Table.from_arrays(arrays, "weight", n_items=n_items),
            similar=Table.from_arrays(arrays, "similar", n_items=n_items),
            watch_counts=arrays["item_counts"],
            space=Space(arrays["item_vectors"], arrays["item_axes"]),
            user_vectors=arrays["user_vectors"],
            spread=Spread(arrays["rating_sums"]),
            franchise=arrays["franchise"],
            genre_vectors=arrays["genre_vectors"],
            residual=float(arrays["residual"][0]),
            prior=Prior.from_arrays(arrays, n_items=n_items),
            packed_gram=arrays.get(_UPDATE),
        )


def prepare(dataset: Dataset, config: LinearConfig) -> Dataset:
    """The dataset without the items that have too few rows. Raises DatasetError if none is left."""
    return dataset.with_min_item_ratings(config.min_item_ratings)


def train(
    dataset: Dataset, config: LinearConfig, *, gram: Gram | None = None, progress: Progress = SILENT
) -> LinearModel:
    """The linear model of a dataset.

    gram : the counts of this very dataset, where they are known already; they are used up. None: they are counted.
    Raises TrainingError if no user watched anything, or if the ridged matrix has no inverse.
    """
    ratings, catalog = dataset.ratings, dataset.catalog
    if gram is None:
        gram = Gram.of(ratings, weighting=config.weighting, progress=progress)
    elif (gram.n_items, gram.n_users) != (ratings.n_items, ratings.n_users):
        raise ValueError(f"the counts of {gram.n_users} users and {gram.n_items} items are not of this dataset")
    if not gram.watch_counts.any():
        raise TrainingError("no user watched anything here, so there is nothing to learn: ingest more ratings")
    franchise, genres = franchise_numbers(catalog), genre_vectors(catalog)
    packed = pack(gram.counts) if config.keep_update else None
    watch_counts = gram.watch_counts
    rare = watch_counts < config.min_watchers if config.min_watchers > 1 else np.zeros(gram.n_items, dtype=np.bool_)
    if rare.all():
        raise TrainingError(
            f"no title has {config.min_watchers} watchers, so there is nothing to learn: ingest more ratings, or "
            "give a smaller min_watchers"
        )
    gram = gram.silenced(rare)

    weights, residual = weights_of(gram, franchise, config, progress=progress)
    similar = similar_items(gram, franchise, genres, config, progress=progress)
    prior = Prior.of(gram) if config.prior_weight > 0 else None

    basis = Basis.of(ratings, dim=config.embedding_dim, seed=config.seed, silenced=rare, progress=progress)
    space = Space.of(basis, dim=config.embedding_dim)
    return LinearModel(
        config=config,
        weights=weights,
        similar=similar,
        watch_counts=watch_counts,
        space=space,
        user_vectors=space.users_of(dataset),
        spread=Spread.of_all(ratings),
        franchise=franchise,
        genre_vectors=genres,
        residual=residual,
        prior=prior,
        packed_gram=packed,
    )


def weights_of(
    gram: Gram,
    franchise: NDArray[np.int32],
    config: LinearConfig,
    *,
    min_share: float = MIN_WEIGHT_SHARE,
    n_exempt: int = N_EXEMPT,
    progress: Progress = SILENT,
) -> tuple[Table, float]:
    """W by rows, and the measured error of the solution.

    franchise           : int32 (n_items,), a number for each franchise.
    min_share, n_exempt : of `prune_weak`.
    """
    a_user = gram.mean_row_weight
    watched = gram.counts.diagonal().astype(np.float64)
    ridge = a_user * config.regularization + config.dropout / (1 - config.dropout) * watched
    A = RidgedGram.of(gram, ridge=ridge, franchise=franchise, franchise_weight=a_user * config.franchise_weight)
    if not config.inverts(gram.n_items):
        B, error = local_weights(A, predictors=config.predictors, progress=progress)
        return prune_weak(sharpened(B, config.sharpness), min_share=min_share, n_exempt=n_exempt), error
    progress.start("invert the Gram matrix", 1)
    inverse = inverse_of(A)
    B = weights_of_inverse(inverse.matrix, kept=config.kept_weights)
    progress.advance(1, f"residual {inverse.residual:.1e}")
    return sharpened(B, config.sharpness), inverse.residual


def similar_items(
    gram: Gram,
    franchise: NDArray[np.int32],
    genres: NDArray[np.float32],
    config: LinearConfig,
    *,
    progress: Progress = SILENT,
) -> Table:
    """Each item's most similar items, by rows; see `similarity_table`."""
    users = gram.mean_row_weight * gram.n_users
    franchise_weight = FRANCHISE_PER_USER * users if config.franchise_weight > 0 else 0.0
    A = RidgedGram.of(
        gram, ridge=config.similarity_ridge * users, franchise=franchise, franchise_weight=franchise_weight
    )
    strong = StrongInverse.of(A, progress=progress)
    if strong is not None:
        return similarity_table(strong, genres, kept=config.kept_neighbors)
    progress.start("invert the Gram matrix", 1)
    return similarity_table(inverse_of(A), genres, kept=config.kept_neighbors)


def changed_gram(
    model: LinearModel, before: Ratings, after: Ratings, *, removed: NDArray[Any], added: Histories | None = None
) -> Gram | None:
    """The counts that `Gram.of` gives for the ratings `after`, from those that the model kept.

    before  : the ratings that the model was trained on.
    removed : users (row numbers in `before`) who are not in `after`, or there with other rows.
    added   : the rows of users who were not in `before`, or there with other rows, in its columns.
    after   : its items may be fewer, and in another order.
    None if the model kept no counts, if they do not fit into memory twice, or if they do not tell: what a person
    counts may depend on the whole list, and an item with rows of other users has left the lists.
    Raises TrainingError if `removed` cannot be among those who were counted.
    """
    if model.packed_gram is None or not _fits_twice(model.n_items):
        return None
    counts = unpack(model.packed_gram, model.n_items)
    watchers = np.asarray(model.watch_counts, dtype=np.int64)
    gram = Gram(counts, watchers, before.n_users, model.config.weighting)
    del counts
    if len(removed):
        gram = gram.minus(before.histories(removed))
    if added is not None:
        gram = gram.plus(added)
    kept = before.items.indices_of(after.items.ids)
    if not gram.weighting.plain and np.delete(gram.watch_counts, kept).any():
        return None
    return gram.of_items(kept)


def _fits_twice(n_items: int) -> bool:
    free = free_bytes()
    return free is None or fits(Need("changing the counts", {"the counts, twice": 2 * 4 * n_items**2}), free)
