"""The linear model: weights between items, solved from the Gram matrix."""

from konomi.models.kind import ModelKind, Range
from konomi.models.linear.config import LinearConfig
from konomi.models.linear.model import LinearModel, changed_gram, prepare, train
from konomi.models.linear.need import advice, need

__all__ = ["KIND", "LinearConfig", "LinearModel", "changed_gram", "prepare", "train"]

KIND = ModelKind(
    name="linear",
    summary="It learns how strongly each title speaks for each other title, from who watched both. A "
    "recommendation is the sum of what the titles of a list say for it, so its reasons are exact.",
    config_type=LinearConfig,
    model_type=LinearModel,
    train=train,
    select=prepare,
    search_space={
        "regularization": Range(5.0, 5_000.0, log=True),
        "dropout": Range(0.0, 0.9),
        "sharpness": Range(1.0, 2.0),
    },
    need=need,
    advice=advice,
    changed_gram=changed_gram,
)
