"""The neural model: the notebook's network."""

from konomi.models.kind import Choice, ModelKind, Range
from konomi.models.neural.config import NOTEBOOK, NeuralConfig
from konomi.models.neural.model import NeuralModel, prepare, train

__all__ = ["KIND", "NOTEBOOK", "NeuralConfig", "NeuralModel", "prepare", "train"]

KIND = ModelKind(
    name="neural",
    summary="A small neural network learns one vector for each user and each title, so that their cosine tells the "
    "rating: the notebook's model.",
    config_type=NeuralConfig,
    model_type=NeuralModel,
    train=train,
    select=prepare,
    presets={"notebook": NOTEBOOK},
    search_space={
        "learning_rate": Range(0.05, 2.0, log=True),
        "decay": Range(0.3, 0.95),
        "embedding_dim": Choice((32, 64, 128)),
        "unscored": Choice(("drop", "worst")),
    },
    checkpoints=True,
)
