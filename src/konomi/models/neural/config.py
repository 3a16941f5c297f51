"""The settings of the notebook's network, and the notebook's own."""

from dataclasses import dataclass
from typing import Any, Literal

from konomi.models.config import check_range


@dataclass(frozen=True, kw_only=True)
class NeuralConfig:
    """How the network is trained; the defaults are the fast optimizer's, `NOTEBOOK` holds the notebook's.

    On the 2016 dump, unscored rows left out, the same 10,000 rows held out, one run each: with at least 5 rows per
    user the defaults reach a cross-entropy of 0.524 in epoch 3, the notebook's settings 0.698. With at least 400
    rows (242 users) it is 0.570 against 0.692.
    """

    optimizer: Literal["adagrad", "adam"] = "adagrad"
    """adagrad: row-wise, user by user, fast. adam: mini-batches as Keras does them, faithful."""

    min_ratings: int = 5
    """Only users with at least this many rows (scored or not) are learned."""

    unscored: Literal["drop", "worst"] = "drop"
    """Rows without a rating. drop: they are not learned, nor are planned rows. worst: they are learned as a rating
    of 0, as in the notebook and its preset. Either way they count for `min_ratings`."""

    embedding_dim: int = 128
    """The length of each vector."""

    epochs: int = 20
    """At most so many passes over the training rows."""

    patience: int = 3
    """Training stops after so many epochs in a row without a lower validation loss."""

    test_rows: int = 10_000
    """Rows held out to validate on, but never more than a tenth of all rows."""

    batch_size: int = 10_000
    """adam: rows in a batch. adagrad: rows between two steps of the dense unit and batch normalization."""

    learning_rate: float = 0.5
    """The highest learning rate."""

    learning_rate_start: float = 0.1
    """The learning rate of the first epoch, if `ramp_epochs` is not 0; it rises from here in a straight line."""

    learning_rate_end: float = 0.0
    """What the learning rate falls towards after the ramp."""

    ramp_epochs: int = 0
    """Epochs until the learning rate is at its highest."""

    decay: float = 0.7
    """After the ramp, what is above `learning_rate_end` is multiplied by this every epoch."""

    initial_squares: float = 1.0
    """adagrad: what each row's sum of squared gradients starts from; more holds back rows with few ratings."""

    lanes: int = 2
    """adagrad: user groups that learn side by side, a thread each; another number gives other bits."""

    users_per_merge: int = 2048
    """adagrad: users that each lane learns from before the lanes' item vectors are merged."""

    seed: int = 0
    """What the first weights and the order within each epoch are drawn from."""

    split_seed: int = 73
    """What the held-out rows are drawn from."""

    def __post_init__(self) -> None:
        for key in ("min_ratings", "embedding_dim", "epochs", "patience", "test_rows", "lanes", "users_per_merge"):
            check_range(key, getattr(self, key), low=1)
        check_range("batch_size", self.batch_size, low=2)
        check_range("embedding_dim", self.embedding_dim, low=2, high=4096)
        check_range("lanes", self.lanes, low=1, high=64)
        check_range("ramp_epochs", self.ramp_epochs, low=0)
        check_range("learning_rate", self.learning_rate, low=1e-12, high=10.0)
        check_range("learning_rate_start", self.learning_rate_start, low=0.0, high=10.0)
        check_range("learning_rate_end", self.learning_rate_end, low=0.0, high=10.0)
        check_range("decay", self.decay, low=0.0, high=1.0)
        check_range("initial_squares", self.initial_squares, low=1e-12)
        check_range("seed", self.seed, low=0)
        check_range("split_seed", self.split_seed, low=0, high=2**32 - 1)

    def learning_rate_at(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0.

        start + (highest - start) / ramp * e for e < ramp, then (highest - end) * decay^(e - ramp) + end.
        """
        if epoch < self.ramp_epochs:
            rise = self.learning_rate - self.learning_rate_start
            return self.learning_rate_start + rise / self.ramp_epochs * epoch
        return (self.learning_rate - self.learning_rate_end) * self.decay ** (
            epoch - self.ramp_epochs
        ) + self.learning_rate_end


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
