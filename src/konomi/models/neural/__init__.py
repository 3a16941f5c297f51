"""The neural model: the notebook's network."""

from konomi.models.neural.config import NOTEBOOK, NeuralConfig
from konomi.models.neural.model import NeuralModel, prepare, train

__all__ = ["NOTEBOOK", "NeuralConfig", "NeuralModel", "prepare", "train"]
