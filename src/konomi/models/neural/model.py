"""The notebook's network: one vector per user and per item, whose cosine predicts the rating."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from konomi.data.dataset import Dataset
from konomi.data.ratings import Histories
from konomi.errors import TrainingError, UnknownIndexError
from konomi.kernels.fold_in import fold_in
from konomi.models.model import Ability, Model
from konomi.models.neural import checkpoint as neural_checkpoint
from konomi.models.neural.checkpoint import Checkpoint
from konomi.models.neural.config import NeuralConfig
from konomi.models.neural.layers import layers_table
from konomi.models.neural.network import (
    N_HEAD,
    AdagradNetwork,
    AdamNetwork,
    Weights,
    figures_on,
    initial_weights,
    line_of,
    unit_rows,
)
from konomi.models.neural.rows import Split, split_rows
from konomi.plots import learning_curve
from konomi.progress import SILENT, Progress
from konomi.storage.arrays import Spec, check_arrays

__all__ = ["CURVE_COLUMNS", "NeuralConfig", "NeuralModel", "prepare", "train"]

CURVE_COLUMNS = ("epoch", "learning_rate", "loss", "mae", "mse", "val_loss", "val_mae", "val_mse")

_FOLD_IN_STEPS = 30
_FOLD_IN_RATE = 0.5


@dataclass(frozen=True, eq=False)
class NeuralModel(Model):
    """Predictions of how people rate items, and cosines between items and between people.

    user_vectors   : float32 (n_users, dim), unit length; zero for a user without a scored row.
    item_vectors   : float32 (n_items, dim), unit length; zero for an item without a score.
    head           : float64 (8,): dense weight and bias; batch normalization's gamma, beta, moving mean and moving
                     variance; the lowest and the highest rating, which are scaled to 0 and 1.
    typical_user   : float32 (dim,), the unit vector that fold-in starts from: the mean user's.
    learning_curve : float64 (n_epochs, 8), columns CURVE_COLUMNS; epochs count from 1.

    The prediction for a user and an item is sigmoid(gamma (weight c + bias - mean) / sqrt(variance + 1e-3) + beta)
    with c the cosine of their vectors: the rating, scaled to [0, 1].
    """

    name: ClassVar[str] = "neural"
    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.SIMILAR_ITEMS, Ability.SIMILAR_USERS, Ability.MAP})

    config: NeuralConfig
    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    head: NDArray[np.float64]
    typical_user: NDArray[np.float32]
    learning_curve: NDArray[np.float64]

    @property
    def n_items(self) -> int:
        return len(self.item_vectors)

    @property
    def n_users(self) -> int:
        return len(self.user_vectors)

    @property
    def figures(self) -> dict[str, Any]:
        """The epoch whose weights were kept, and its row of the learning curve."""
        best = self.learning_curve[np.argmin(self.learning_curve[:, CURVE_COLUMNS.index("val_loss")])]
        figures = {name: float(value) for name, value in zip(CURVE_COLUMNS, best, strict=True)}
        return {"epochs": len(self.learning_curve), "best_epoch": int(figures.pop("epoch")), **figures}

    def scores(self, histories: Histories, users: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """float32 (m, n_items): the network's prediction of each rating, scaled to [0, 1].

        Training users have their own vector; for new users, and for users without a scored row,
        it is found from the history by `fold_in`.
        """
        vectors = np.zeros((len(histories), self.item_vectors.shape[1]), dtype=np.float32)
        rows = np.full(len(histories), -1, dtype=np.int64) if users is None else np.asarray(users, dtype=np.int64)
        self._check_rows(rows)
        known = rows >= 0
        vectors[known] = self.user_vectors[rows[known]]
        new = np.flatnonzero(~np.any(vectors, axis=1))
        if len(new):
            vectors[new] = self.fold_in(histories.keep_people(new))
        scale, shift = line_of(self.head)
        z: NDArray[np.float32] = vectors @ self.item_vectors.T
        z *= np.float32(scale)
        z += np.float32(shift)
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += np.float32(1.0)
        np.reciprocal(z, out=z)
        return z

    def fold_in(self, histories: Histories) -> NDArray[np.float32]:
        """float32 (m, dim): a unit vector for each person, found from the rated rows with the items' vectors fixed.

        It starts at the typical user and moves by 30 full passes of the training's Adagrad. A person who rated
        nothing is taken to like what was watched; with nothing watched either, it stays the typical user.
        """
        watched = histories.watched()
        low, high = float(self.head[N_HEAD]), float(self.head[N_HEAD + 1])
        is_rated = ~np.isnan(watched.rating)
        person = watched.person_index()
        rated_any = np.bincount(person[is_rated], minlength=len(watched)) > 0
        if self.config.unscored == "worst":
            kept = np.ones(len(is_rated), dtype=np.bool_)
        else:
            kept = is_rated | ~rated_any[person]
        rating = np.where(is_rated, watched.rating, np.where(rated_any[person], np.float32(0.0), np.float32(high)))
        target = np.clip((rating - low) / (high - low), 0.0, 1.0).astype(np.float32)
        rows = watched.keep_rows(kept)
        vectors = np.tile(self.typical_user, (len(histories), 1))
        fold_in(
            rows.offsets,
            rows.item_index,
            target[kept],
            self.item_vectors,
            np.array(line_of(self.head), dtype=np.float32),
            _FOLD_IN_STEPS,
            _FOLD_IN_RATE,
            vectors,
        )
        return vectors

    def item_similarities(self, item_index: int) -> NDArray[np.float32]:
        """float32 (n_items,): the cosine of each item's vector with this one's; 0 where either was never scored.

        Raises UnknownIndexError.
        """
        if not 0 <= item_index < self.n_items:
            raise UnknownIndexError(f"no item row {item_index}: this model has rows 0 ... {self.n_items - 1}")
        similarity: NDArray[np.float32] = self.item_vectors @ self.item_vectors[item_index]
        return similarity

    def user_similarities(self, history: Histories, user_index: int | None = None) -> NDArray[np.float32]:
        """float32 (n_users,): the cosine of each user's vector with this person's, which is folded in if new.

        Raises UnknownIndexError.
        """
        if user_index is None:
            vector = self.fold_in(history)[0]
        else:
            self._check_rows(np.array([user_index]))
            vector = self.user_vectors[user_index]
        similarity: NDArray[np.float32] = self.user_vectors @ vector
        return similarity

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`user_vectors`, `item_vectors`, `head`, `typical_user`, `learning_curve`."""
        return {
            "user_vectors": self.user_vectors,
            "item_vectors": self.item_vectors,
            "head": self.head,
            "typical_user": self.typical_user,
            "learning_curve": self.learning_curve,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: NeuralConfig) -> Self:
        """The model again. Raises ValueError if an array is missing, has another type, or does not fit the rest."""
        dim = config.embedding_dim
        specs = {
            "user_vectors": Spec(("float32",), ("n_users", dim)),
            "item_vectors": Spec(("float32",), ("n_items", dim)),
            "head": Spec(("float64",), (N_HEAD + 2,)),
            "typical_user": Spec(("float32",), (dim,)),
            "learning_curve": Spec(("float64",), ("n_epochs", len(CURVE_COLUMNS))),
        }
        check_arrays(arrays, specs)
        return cls(config, **{name: arrays[name] for name in specs})

    def map_vectors(self) -> NDArray[np.float32]:
        """float32 (n_items, dim), unit length or zero."""
        return self.item_vectors

    def details(self) -> str:
        """The network's layers, as a table."""
        return layers_table(self.n_users, self.n_items, self.config.embedding_dim)

    def write_plots(self, folder: Path) -> None:
        """Write `learning_curve.html`."""
        learning_curve(self.learning_curve, folder / "learning_curve.html")

    def _check_rows(self, users: NDArray[np.int64]) -> None:
        outside = users[(users < -1) | (users >= self.n_users)]
        if len(outside):
            raise UnknownIndexError(f"no user row {outside[0]}: this model has rows 0 ... {self.n_users - 1}")


def prepare(dataset: Dataset, config: NeuralConfig) -> Dataset:
    """The dataset whose users and items are the network's rows and columns: users with at least `min_ratings` rows,
    and their items, in order of first row.

    Raises DatasetError if there is no such user.
    """
    return dataset.with_min_ratings(config.min_ratings, rated_items_only=True)


def train(
    dataset: Dataset, config: NeuralConfig, *, progress: Progress = SILENT, checkpoint: Path | None = None
) -> NeuralModel:
    """The network trained on a dataset that `prepare` gave, as of the epoch with the lowest validation loss.

    checkpoint : a folder that holds the run's state after each epoch; a run with the same settings and data that
                 finds one there goes on from it, and ends with the same bits as if it had never stopped.
                 The caller removes the folder when the model is stored.
    Raises TrainingError if there is too little to learn from or the loss is no longer a number; StorageError.
    """
    ratings = dataset.ratings
    split = split_rows(ratings, config)
    progress.note(
        f"{ratings.n_users:,} users, {ratings.n_items:,} items: learning from {len(split.train):,} ratings, "
        f"validating on {len(split.test):,}"
    )
    _note_script_lists(dataset, config, progress)
    network = _network(initial_weights(ratings.n_users, ratings.n_items, config), split, config)
    identity = neural_checkpoint.identity_of(config, dataset.digest()) if checkpoint else {}
    run = _start_or_resume(network, checkpoint, identity, progress)
    while len(run.curve) < config.epochs and len(run.curve) - 1 - run.best_epoch < config.patience:
        epoch = len(run.curve)
        learning_rate = config.learning_rate_at(epoch)
        rng = np.random.default_rng([config.seed, 1, epoch])
        started = time.monotonic()
        progress.start(f"epoch {epoch + 1}/{config.epochs}", len(split.train))
        for n_rows in network.epoch(split, rng, learning_rate=learning_rate):
            progress.advance(n_rows, f"loss {network.figures().loss:.4f}")
        here, held_out = network.figures(), figures_on(network.weights(), split.test)
        if not np.isfinite(held_out.loss):
            raise TrainingError(
                f"the loss is no longer a number in epoch {epoch + 1} at learning_rate={learning_rate:g}: lower it"
            )
        row = [epoch + 1, learning_rate, here.loss, here.mae, here.mse]
        row += [held_out.loss, held_out.mae, held_out.mse]
        if run.best_epoch < 0 or held_out.loss < run.curve[run.best_epoch][CURVE_COLUMNS.index("val_loss")]:
            run.best, run.best_epoch = _copy(network.weights()), epoch
        run.curve.append(row)
        line = _line(row, config.epochs, time.monotonic() - started)
        # The line follows the checkpoint, so an epoch that is in a log is not computed again.
        if checkpoint:
            run.state = network.state()
            neural_checkpoint.save(run, checkpoint, identity)
        progress.note(line)
    if len(run.curve) < config.epochs:
        progress.note(f"stopped: no lower validation loss for {config.patience} epochs")
    progress.note(f"kept: the weights of epoch {run.best_epoch + 1}")
    return _model(run, split, config)


def _note_script_lists(dataset: Dataset, config: NeuralConfig, progress: Progress) -> None:
    """Say so if unscored rows are learned as the notebook learns them, from fewer users than the notebook has."""
    n_lists = dataset.report.get("bots", 0)
    if config.unscored == "worst" and n_lists and not dataset.report.get("bots_kept"):
        progress.note(
            f"users that ingest left out because their lists look made by a script: {n_lists:,}; "
            "the notebook learns them: ingest with --keep-bots to train on its rows"
        )


def _network(weights: Weights, split: Split, config: NeuralConfig) -> AdamNetwork | AdagradNetwork:
    if config.optimizer == "adam":
        return AdamNetwork(weights, batch_size=config.batch_size)
    return AdagradNetwork(weights, split, config)


def _start_or_resume(
    network: AdamNetwork | AdagradNetwork, folder: Path | None, identity: dict[str, Any], progress: Progress
) -> Checkpoint:
    found = neural_checkpoint.load(folder, identity) if folder else None
    if isinstance(found, str):
        progress.note(f"the checkpoint in {folder} is left aside: {found}")
    if not isinstance(found, Checkpoint):
        return Checkpoint()
    network.restore(found.state)
    progress.note(f"going on after epoch {len(found.curve)}, from the checkpoint in {folder}")
    return found


def _copy(weights: Weights) -> dict[str, NDArray[Any]]:
    return {
        "user_vectors": weights.user_vectors.copy(),
        "item_vectors": weights.item_vectors.copy(),
        "head": weights.head.copy(),
    }


def _line(row: list[float], epochs: int, seconds: float) -> str:
    epoch, learning_rate, *figures = row
    names = CURVE_COLUMNS[2:]
    values = "  ".join(f"{name} {value:.4f}" for name, value in zip(names, figures, strict=True))
    return f"epoch {int(epoch)}/{epochs}  {seconds:.1f} s  learning_rate {learning_rate:.3g}  {values}"


def _model(run: Checkpoint, split: Split, config: NeuralConfig) -> NeuralModel:
    user_vectors, item_vectors = run.best["user_vectors"], run.best["item_vectors"]
    # What was never learned from still points where it was drawn: it is similar to nothing.
    user_vectors[np.diff(split.offsets) == 0] = 0.0
    item_vectors[np.bincount(split.train.item_index, minlength=len(item_vectors)) == 0] = 0.0
    user_unit = unit_rows(user_vectors)
    return NeuralModel(
        config=config,
        user_vectors=user_unit,
        item_vectors=unit_rows(item_vectors),
        head=np.concatenate([run.best["head"], [split.rating_min, split.rating_max]]),
        typical_user=unit_rows(user_unit.mean(axis=0)[None])[0],
        learning_curve=np.array(run.curve, dtype=np.float64),
    )
