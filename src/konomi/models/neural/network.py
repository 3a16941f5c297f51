"""The network's weights, how they start, and the two ways to move them: dense Adam and row-wise Adagrad."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.kernels import adagrad, adam
from konomi.models.neural.config import NeuralConfig
from konomi.models.neural.rows import Rows, Split

# The head: dense weight and bias, batch normalization's gamma, beta, moving mean and moving variance.
N_HEAD = 6
_MAX_GAP = 512
# What Adagrad's sums for the head start from: the scale waits for the vectors, the shift need not.
_SCALE_SQUARES, _SHIFT_SQUARES = 0.1, 0.01
_BN_EPSILON = 1e-3


@dataclass(frozen=True, eq=False)
class Weights:
    """The network at some moment.

    user_vectors : float32 (n_users, dim). item_vectors: float32 (n_items, dim). Only directions count.
    head         : float64 (6,): weight, bias, gamma, beta, moving mean, moving variance.
    """

    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    head: NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """Means over some rows: cross-entropy, absolute error, squared error."""

    loss: float
    mae: float
    mse: float


def initial_weights(n_users: int, n_items: int, config: NeuralConfig) -> Weights:
    """Vectors uniform in +-0.05, the weight He-normal (cut at two deviations, as in Keras), the rest 0 or 1."""
    rng = np.random.default_rng([config.seed, 0])
    user_vectors = rng.random((n_users, config.embedding_dim), dtype=np.float32)
    item_vectors = rng.random((n_items, config.embedding_dim), dtype=np.float32)
    for vectors in (user_vectors, item_vectors):
        vectors -= np.float32(0.5)
        vectors *= np.float32(0.1)
    weight = 3.0
    while abs(weight) > 2.0:
        weight = rng.standard_normal()
    # 0.8796...: the deviation of a normal that is cut at two deviations.
    return Weights(
        user_vectors, item_vectors, np.array([weight * np.sqrt(2.0) / 0.87962566103423978, 0, 1, 0, 0, 1])
    )


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (n, dim), each row divided by its length; a zero row stays zero. Aligned to cache lines."""
    unit = aligned(vectors.shape)
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    np.divide(vectors, np.where(length > 0, length, np.float32(1.0))[:, None], out=unit)
    return unit


def aligned(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """float32 zeros that start at a cache line, so that rows of 16 floats are in as few lines as possible."""
    n_bytes = 4 * int(np.prod(shape))
    raw = np.zeros(n_bytes + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + n_bytes].view(np.float32).reshape(shape)


def line_of(head: NDArray[np.float64]) -> tuple[float, float]:
    """Scale and shift of the prediction sigmoid(scale * cosine + shift), batch normalization in inference mode."""
    weight, bias, gamma, beta, mean, variance = (float(x) for x in head[:N_HEAD])
    inverse = 1.0 / np.sqrt(variance + _BN_EPSILON)
    return gamma * inverse * weight, beta + gamma * inverse * (bias - mean)


def figures_on(weights: Weights, rows: Rows) -> Figures:
    """The network's figures on rows that it does not learn from here; loss from clipped probabilities."""
    users, items = weights.user_vectors[rows.user_index], weights.item_vectors[rows.item_index]
    lengths = np.sqrt(np.einsum("ij,ij->i", users, users) * np.einsum("ij,ij->i", items, items))
    cosine = np.einsum("ij,ij->i", users, items).astype(np.float64) / np.maximum(lengths, 1e-14)
    scale, shift = line_of(weights.head)
    p = np.clip(1.0 / (1.0 + np.exp(-(scale * cosine + shift))), 1e-7, 1.0 - 1e-7)
    target = rows.target.astype(np.float64)
    loss = -np.mean(target * np.log(p) + (1.0 - target) * np.log1p(-p))
    return Figures(float(loss), float(np.mean(np.abs(p - target))), float(np.mean((p - target) ** 2)))


class AdamNetwork:
    """The network under dense Adam in mini-batches, as Keras trains it.

    Every row of both tables moves at every step; rows that a batch does not touch catch up when one does,
    or at `flush`.
    """

    def __init__(self, weights: Weights, *, batch_size: int) -> None:
        self.batch_size = batch_size
        self.tables = []
        for vectors in (weights.user_vectors, weights.item_vectors):
            table = aligned((len(vectors), 3, vectors.shape[1]))
            table[:, 0] = vectors
            self.tables.append(table)
        self.head = np.zeros((N_HEAD, 3))
        self.head[:, 0] = weights.head
        self.steps = 0
        self._since_flush = 0
        self._alphas = np.zeros(_MAX_GAP + 1)
        self._gaps = np.zeros((_MAX_GAP + 1, 5))
        self._updated_at = [np.zeros(len(table), dtype=np.int64) for table in self.tables]
        self._slot_of = [np.full(len(table), -1, dtype=np.int32) for table in self.tables]
        self._units = aligned((2, batch_size, weights.user_vectors.shape[1]))
        self._runs = np.zeros((2, batch_size, 4), dtype=np.int64)
        self._sums = np.zeros(4)

    def step(
        self,
        user_index: NDArray[Any],
        item_index: NDArray[Any],
        target: NDArray[np.float32],
        *,
        learning_rate: float,
    ) -> None:
        """One Adam step on one batch of at most `batch_size` rows."""
        if self._since_flush == _MAX_GAP:
            self.flush()
        n, since = len(target), self._since_flush
        alpha = learning_rate * np.sqrt(1.0 - adam.BETA_2 ** (self.steps + 1))
        alpha /= 1.0 - adam.BETA_1 ** (self.steps + 1)
        adam.fill_gaps(self._alphas, since, self._gaps)
        slots, members, partner = (np.empty((2, n), dtype=np.int32) for _ in range(3))
        for side, index in enumerate((user_index, item_index)):
            adam.group_rows(
                index,
                self._updated_at[side],
                since,
                self._slot_of[side],
                self._runs[side],
                slots[side],
                members[side],
            )
        adam.bring_up_to_date(self.tables[0], self.tables[1], self._runs, self._gaps, self._units)
        cosine, slope = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32)
        adam.cosines(self._units, slots, cosine)
        adam.head_step(cosine, target, alpha, self.head, slope, self._sums)
        pull = np.empty((2, n, 2), dtype=np.float32)
        for side in (0, 1):
            adam.order_by_run(members[side], slots[1 - side], cosine, slope, partner[side], pull[side])
        adam.adam_rows(self.tables[0], self.tables[1], self._runs, partner, pull, self._units, self._gaps, alpha)
        self.steps += 1
        self._since_flush += 1
        self._alphas[self._since_flush] = alpha

    def flush(self) -> None:
        """Let every row catch up."""
        adam.fill_gaps(self._alphas, self._since_flush, self._gaps)
        for table, updated_at in zip(self.tables, self._updated_at, strict=True):
            adam.bring_all_up_to_date(table, updated_at, self._since_flush, self._gaps)
            updated_at[:] = 0
        self._since_flush = 0

    def epoch(self, split: Split, rng: np.random.Generator, *, learning_rate: float) -> Iterator[int]:
        """Learn from every training row once, in a random order; yields the rows of each batch that is learned."""
        rows = split.train
        order = np.arange(len(rows), dtype=np.int32 if len(rows) < 2**31 else np.int64)
        rng.shuffle(order)
        self.start_figures()
        for start in range(0, len(rows), self.batch_size):
            batch = order[start : start + self.batch_size]
            self.step(
                rows.user_index[batch], rows.item_index[batch], rows.target[batch], learning_rate=learning_rate
            )
            yield len(batch)
        self.flush()

    def start_figures(self) -> None:
        """Start counting for `figures` again from zero."""
        self._sums[:] = 0.0

    def figures(self) -> Figures:
        """The figures of this epoch so far, each row's as it was when its batch came."""
        return _means(self._sums)

    def weights(self) -> Weights:
        """The weights; only after `flush` do they hold every step."""
        return Weights(self.tables[0][:, 0], self.tables[1][:, 0], self.head[:, 0])

    def state(self) -> dict[str, NDArray[Any]]:
        """All that another run needs to go on from the end of an epoch."""
        return {
            "user_table": self.tables[0],
            "item_table": self.tables[1],
            "head_state": self.head,
            "steps": np.array([self.steps], dtype=np.int64),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from a `state`."""
        self.tables[0][...], self.tables[1][...] = state["user_table"], state["item_table"]
        self.head[...] = state["head_state"]
        self.steps = int(state["steps"][0])


class AdagradNetwork:
    """The network under row-wise Adagrad, user after user, in a fixed number of lanes.

    The network reads directions only, so vectors are kept at unit length and move along the sphere. Each lane has
    its own item vectors and head; every `users_per_merge` users, what all lanes changed is added up (of the heads,
    the mean is taken). Batch normalization uses its moving statistics while training, too; they start from the
    cosines of the first rows.
    """

    def __init__(self, weights: Weights, split: Split, config: NeuralConfig) -> None:
        self.users_per_merge = config.users_per_merge
        self.user_vectors = unit_rows(weights.user_vectors)
        self.item_vectors = unit_rows(weights.item_vectors)
        n_users, n_items = len(self.user_vectors), len(self.item_vectors)
        self.user_squares = np.full(n_users, config.initial_squares, dtype=np.float32)
        self.item_squares = np.full(n_items, config.initial_squares, dtype=np.float32)
        self.head = np.zeros(adagrad.N_HEAD)
        self.head[:N_HEAD] = weights.head
        # Batch normalization reads the weight's sign, and its size only where epsilon counts: there the head would
        # settle on predicting the mean before the vectors have learned anything.
        weight = np.copysign(max(abs(weights.head[0]), 1.0), weights.head[0])
        self.head[0] = weight
        self.head[adagrad.WEIGHT_SQUARES] = self.head[adagrad.GAMMA_SQUARES] = _SCALE_SQUARES
        self.head[adagrad.BETA_SQUARES] = _SHIFT_SQUARES
        self.head[adagrad.CHUNK_ROWS] = config.batch_size
        first = slice(0, min(len(split.train), 10_000))
        cosine = np.einsum(
            "ij,ij->i",
            self.user_vectors[split.train.user_index[first]],
            self.item_vectors[split.train.item_index[first]],
        )
        self.head[adagrad.MEAN] = weight * cosine.mean()
        self.head[adagrad.VARIANCE] = weight**2 * cosine.var()
        self._lane_vectors = aligned((config.lanes, *self.item_vectors.shape))
        self._lane_squares = np.zeros((config.lanes, n_items), dtype=np.float32)
        self._give_to_lanes()

    def epoch(self, split: Split, rng: np.random.Generator, *, learning_rate: float) -> Iterator[int]:
        """Learn from every training row once, users in a random order; yields the rows between two merges."""
        lengths = np.diff(split.offsets)
        order = np.flatnonzero(lengths)
        rng.shuffle(order)
        n_lanes = len(self._lane_vectors)
        self.head[adagrad.LEARNING_RATE] = learning_rate
        self.head[adagrad.LOSS : adagrad.ROWS + 1] = 0.0
        for start in range(0, len(order), self.users_per_merge * n_lanes):
            users = order[start : start + self.users_per_merge * n_lanes]
            segments = np.zeros((n_lanes, -(-len(users) // n_lanes), 3), dtype=np.int64)
            for lane in range(n_lanes):
                own = users[lane::n_lanes]
                segments[lane, : len(own), 0] = own
                segments[lane, : len(own), 1] = split.offsets[own]
                segments[lane, : len(own), 2] = split.offsets[own + 1]
            self._round(segments, split.train)
            yield int(lengths[users].sum())

    def _round(self, segments: NDArray[np.int64], rows: Rows) -> None:
        heads = np.tile(self.head, (len(segments), 1))
        adagrad.adagrad_round(
            segments,
            rows.item_index,
            rows.target,
            self.user_vectors,
            self.user_squares,
            self._lane_vectors,
            self._lane_squares,
            heads,
        )
        adagrad.merge_lanes(self.item_vectors, self.item_squares, self._lane_vectors, self._lane_squares)
        sums = slice(adagrad.LOSS, adagrad.ROWS + 1)
        before = self.head[sums].copy()
        self.head[:] = heads.mean(axis=0)
        self.head[sums] = before + (heads[:, sums] - before).sum(axis=0)

    def figures(self) -> Figures:
        """The figures of this epoch so far, each row's as it was when its turn came."""
        return _means(self.head[adagrad.LOSS : adagrad.ROWS + 1])

    def weights(self) -> Weights:
        """The weights, as of the last merge."""
        return Weights(self.user_vectors, self.item_vectors, self.head[:N_HEAD])

    def state(self) -> dict[str, NDArray[Any]]:
        """All that another run needs to go on from the end of an epoch."""
        return {
            "user_vectors": self.user_vectors,
            "item_vectors": self.item_vectors,
            "user_squares": self.user_squares,
            "item_squares": self.item_squares,
            "head_state": self.head,
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from a `state`."""
        for name, array in self.state().items():
            array[...] = state[name]
        self._give_to_lanes()

    def _give_to_lanes(self) -> None:
        self._lane_vectors[...] = self.item_vectors
        self._lane_squares[...] = self.item_squares


def _means(sums: NDArray[np.float64]) -> Figures:
    loss, absolute, squared, n_rows = (float(x) for x in sums)
    n_rows = max(n_rows, 1.0)
    return Figures(loss / n_rows, absolute / n_rows, squared / n_rows)
