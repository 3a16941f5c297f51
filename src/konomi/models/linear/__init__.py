"""The linear model: weights between items, solved from the Gram matrix."""

from konomi.models.linear.config import LinearConfig
from konomi.models.linear.model import LinearModel, changed_gram, prepare, train

__all__ = ["LinearConfig", "LinearModel", "changed_gram", "prepare", "train"]
