"""Record 50 steps of the notebook's network in Keras, for the tests that hold konomi's Adam to it.

Needs the `bench` dependency group. Run: python benchmarks/record_keras_trajectory.py
Writes tests/models/neural/keras_trajectory.npz (small; no pickle).
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

OUT = Path(__file__).resolve().parent.parent / "tests" / "models" / "neural" / "keras_trajectory.npz"


def keras_network(n_users: int, n_items: int, dim: int, *, jit_compile: bool | str = "auto") -> Any:
    """The notebook's model, layer by layer."""
    import keras

    user = keras.layers.Input(name="user", shape=[1])
    anime = keras.layers.Input(name="anime", shape=[1])
    user_vector = keras.layers.Embedding(name="user_embedding", input_dim=n_users, output_dim=dim)(user)
    anime_vector = keras.layers.Embedding(name="anime_embedding", input_dim=n_items, output_dim=dim)(anime)
    x = keras.layers.Dot(name="dot_product", normalize=True, axes=2)([user_vector, anime_vector])
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(1, kernel_initializer="he_normal", name="dense")(x)
    x = keras.layers.BatchNormalization(name="batch_normalization")(x)
    x = keras.layers.Activation("sigmoid")(x)
    model = keras.Model(inputs=[user, anime], outputs=x)
    model.compile(loss="binary_crossentropy", metrics=["mae", "mse"], optimizer="Adam", jit_compile=jit_compile)
    return model


def weights_of(model: Any) -> dict[str, NDArray[Any]]:
    """user_vectors, item_vectors, and head: float64 (6,), as konomi orders it."""
    dense, norm = model.get_layer("dense").get_weights(), model.get_layer("batch_normalization").get_weights()
    gamma, beta, mean, variance = (float(x[0]) for x in norm)
    return {
        "user_vectors": np.array(model.get_layer("user_embedding").get_weights()[0]),
        "item_vectors": np.array(model.get_layer("anime_embedding").get_weights()[0]),
        "head": np.array([float(dense[0][0, 0]), float(dense[1][0]), gamma, beta, mean, variance]),
    }


def train_steps(
    model: Any, batches: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]], learning_rates: NDArray[Any]
) -> NDArray[np.float64]:
    """float64 (n_steps,): the loss of each batch, before its step."""
    losses = []
    for (user_index, item_index, target), learning_rate in zip(batches, learning_rates, strict=True):
        model.optimizer.learning_rate = float(learning_rate)
        model.reset_metrics()
        logs = model.train_on_batch([user_index[:, None], item_index[:, None]], target[:, None], return_dict=True)
        losses.append(float(logs["loss"]))
    return np.array(losses)


def main() -> None:
    """Record at a small size, with learning rates that move the weights a good way, and rows that rest for long."""
    import keras

    keras.utils.set_random_seed(7)
    n_users, n_items, dim, n_rows, n_steps = 120, 80, 8, 64, 50
    rng = np.random.default_rng(7)
    user_index = np.minimum(rng.exponential(15, (n_steps, n_rows)), n_users - 1).astype(np.int32)
    item_index = np.minimum(rng.exponential(10, (n_steps, n_rows)), n_items - 1).astype(np.int32)
    target = (rng.integers(0, 10, (n_steps, n_rows)) / 9).astype(np.float32)
    learning_rates = np.where(np.arange(n_steps) < 25, 5e-5, 2e-3)
    model = keras_network(n_users, n_items, dim)
    before = weights_of(model)
    losses = train_steps(model, list(zip(user_index, item_index, target, strict=True)), learning_rates)
    after = weights_of(model)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        OUT,
        user_index=user_index.astype(np.uint8),
        item_index=item_index.astype(np.uint8),
        target=target,
        learning_rates=learning_rates,
        losses=losses,
        **{f"before_{name}": array for name, array in before.items()},
        **{f"after_{name}": array for name, array in after.items()},
    )
    print(
        f"{OUT}: {OUT.stat().st_size:,} bytes, Keras {keras.__version__}, loss {losses[0]:.5f} ... {losses[-1]:.5f}"
    )


if __name__ == "__main__":
    main()
