"""The notebook's network in plain NumPy: float64, every parameter moved at every step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class PlainAdam:
    """Parameters with Adam's moments: 0.9, 0.999, 1e-7."""

    def __init__(self, value: NDArray[Any]) -> None:
        self.value = np.array(value, dtype=np.float64)
        self.m, self.v = np.zeros_like(self.value), np.zeros_like(self.value)

    def step(self, gradient: Any, squares: Any, n_steps: int, rate: float) -> None:
        self.m = 0.9 * self.m + 0.1 * gradient
        self.v = 0.999 * self.v + 0.001 * squares
        rate *= np.sqrt(1 - 0.999**n_steps) / (1 - 0.9**n_steps)
        self.value -= rate * self.m / (np.sqrt(self.v) + 1e-7)


class PlainNetwork:
    """The notebook's network in float64, every parameter moved at every step."""

    def __init__(self, user_vectors: NDArray[Any], item_vectors: NDArray[Any], weight: float) -> None:
        self.users, self.items = PlainAdam(user_vectors), PlainAdam(item_vectors)
        self.weight, self.gamma, self.beta = (PlainAdam(np.array(x)) for x in (weight, 1.0, 0.0))
        # The dense bias stays 0: batch normalization subtracts it again, so its gradient is 0.
        self.mean, self.variance, self.n_steps = 0.0, 1.0, 0

    def cosine(self, user: NDArray[Any], item: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        u, v = self.users.value[user], self.items.value[item]
        u_length, v_length = (np.linalg.norm(x, axis=1, keepdims=True) for x in (u, v))
        return np.sum(u * v, axis=1, keepdims=True) / (u_length * v_length), u, v, u_length, v_length

    def predict(self, user: NDArray[Any], item: NDArray[Any]) -> NDArray[Any]:
        x = self.weight.value * self.cosine(user, item)[0][:, 0]
        normal = (x - self.mean) / np.sqrt(self.variance + 1e-3)
        return 1 / (1 + np.exp(-(self.gamma.value * normal + self.beta.value)))

    def step(self, user: NDArray[Any], item: NDArray[Any], target: NDArray[Any], rate: float) -> NDArray[Any]:
        """The predictions for a batch as they were before this step."""
        cosine, u, v, u_length, v_length = self.cosine(user, item)
        x = self.weight.value * cosine[:, 0]
        deviation = np.sqrt(x.var() + 1e-3)
        normal = (x - x.mean()) / deviation
        p = 1 / (1 + np.exp(-(self.gamma.value * normal + self.beta.value)))
        by_z = (p - target) / len(target)
        by_normal = by_z * self.gamma.value
        by_x = (by_normal - by_normal.mean() - normal * np.mean(by_normal * normal)) / deviation
        by_cosine = (by_x * self.weight.value)[:, None]
        by_user = by_cosine * (v / v_length - cosine * u / u_length) / u_length
        by_item = by_cosine * (u / u_length - cosine * v / v_length) / v_length
        self.mean += 0.01 * (x.mean() - self.mean)
        self.variance += 0.01 * (x.var() - self.variance)
        self.n_steps += 1
        scalars = ((self.weight, by_x @ cosine[:, 0]), (self.gamma, by_z @ normal), (self.beta, by_z.sum()))
        for parameter, gradient in scalars:
            parameter.step(gradient, gradient**2, self.n_steps, rate)
        for table, index, by_row in ((self.users, user, by_user), (self.items, item, by_item)):
            gradient, squares = np.zeros_like(table.value), np.zeros_like(table.value)
            np.add.at(gradient, index, by_row)
            np.add.at(squares, index, by_row**2)  # as Keras 3 does: squared before occurrences are added up
            table.step(gradient, squares, self.n_steps, rate)
        return p


def plain_figures(p: NDArray[Any], target: NDArray[Any]) -> list[float]:
    """Binary cross-entropy, mean absolute error, mean squared error."""
    entropy = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    return [float(entropy.mean()), float(abs(p - target).mean()), float(((p - target) ** 2).mean())]


def plain_rate(epoch: int) -> float:
    """The notebook's schedule, epochs from 0."""
    if epoch < 5:
        return 1e-5 + (5e-5 - 1e-5) / 5 * epoch
    return (5e-5 - 1e-5) * 0.8 ** (epoch - 5) + 1e-5


def unit(vectors: NDArray[Any]) -> NDArray[Any]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
