"""The settings of the notebook's network, and the notebook's own values."""

from dataclasses import dataclass
from typing import Any, Literal

from konomi.models.config import Config, setting


@dataclass(frozen=True, kw_only=True)
class NeuralConfig(Config):
    """The settings of the network. The defaults are for the fast optimizer; `NOTEBOOK` holds the notebook's values.

    On the 2016 dump, unscored rows left out, the same 10,000 rows held out, one run each: with at least 5 rows per
    user the defaults reach a cross-entropy of 0.524 in epoch 3, the notebook's settings 0.698. With at least 400
    rows (242 users) it is 0.570 against 0.692.
    """

    optimizer: Literal["adagrad", "adam"] = setting(
        "adagrad",
        "adagrad: row-wise, user by user, fast. adam: mini-batches as in Keras, faithful to the notebook.",
    )
    min_ratings: int = setting(5, "Only users with at least this many rows (scored or not) are learned.", low=1)
    unscored: Literal["drop", "worst"] = setting(
        "drop",
        "Rows without a rating. drop: they are not learned, nor are planned rows. worst: they are learned as a "
        "rating of 0, as in the notebook and its preset. Either way they count for `min_ratings`.",
    )
    embedding_dim: int = setting(128, "The length of each vector.", low=2, high=4096)
    epochs: int = setting(20, "The largest number of passes over the training rows.", low=1)
    patience: int = setting(
        3, "Training stops after this number of epochs in a row without a lower validation loss.", low=1
    )
    test_rows: int = setting(
        10_000, "The number of rows held out for validation, but never more than a tenth of all rows.", low=1
    )
    batch_size: int = setting(
        10_000,
        "adam: rows in a batch. adagrad: rows between two steps of the dense unit and batch normalization.",
        low=2,
    )
    learning_rate: float = setting(0.5, "The highest learning rate.", low=1e-12, high=10)
    learning_rate_start: float = setting(
        0.1,
        "The learning rate of the first epoch, if `ramp_epochs` is not 0; it rises from here in a straight line.",
        low=0,
        high=10,
    )
    learning_rate_end: float = setting(
        0.0, "The value that the learning rate falls towards after the ramp.", low=0, high=10
    )
    ramp_epochs: int = setting(0, "The number of epochs until the learning rate is at its highest.", low=0)
    decay: float = setting(
        0.7,
        "After the ramp, the part of the learning rate above `learning_rate_end` is multiplied by this every "
        "epoch.",
        low=0,
        high=1,
    )
    initial_squares: float = setting(
        1.0,
        "adagrad: the initial sum of squared gradients of each row. A larger one slows down rows with few ratings.",
        low=1e-12,
    )
    lanes: int = setting(
        2,
        "adagrad: the number of groups of users that learn in parallel, a thread each. Another number gives other "
        "bits.",
        low=1,
        high=64,
    )
    users_per_merge: int = setting(
        2048,
        "adagrad: the number of users that each lane learns from before the lanes' item vectors are merged.",
        low=1,
    )
    seed: int = setting(0, "The seed of the first weights and of the order within each epoch.", low=0)
    split_seed: int = setting(73, "The seed of the held-out rows.", low=0, high=2**32 - 1)

    def learning_rate_at(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0.

        start + (highest - start) / ramp * e for e < ramp, then (highest - end) * decay^(e - ramp) + end.
        """
        if epoch < self.ramp_epochs:
            rise = self.learning_rate - self.learning_rate_start
            return self.learning_rate_start + rise / self.ramp_epochs * epoch
        above_end = (self.learning_rate - self.learning_rate_end) * self.decay ** (epoch - self.ramp_epochs)
        return above_end + self.learning_rate_end


# All that the notebook sets, and also what it gets wrong: it learns a row without a score as the worst score.
NOTEBOOK: dict[str, Any] = {
    "optimizer": "adam",
    "min_ratings": 400,
    "unscored": "worst",
    "embedding_dim": 128,
    "epochs": 20,
    "patience": 3,
    "test_rows": 10_000,
    "split_seed": 73,
    "batch_size": 10_000,
    "learning_rate": 5e-5,
    "learning_rate_start": 1e-5,
    "learning_rate_end": 1e-5,
    "ramp_epochs": 5,
    "decay": 0.8,
}
