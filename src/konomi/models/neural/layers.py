"""The network's layers as a table, as Keras prints them."""

from dataclasses import dataclass

from konomi.tables import Column, table


@dataclass(frozen=True)
class Layer:
    """One layer: the shape of its output and its number of parameters."""

    name: str
    output_shape: str
    n_parameters: int
    n_not_trained: int = 0


def layers_of(n_users: int, n_items: int, dim: int) -> list[Layer]:
    """The layers in order."""
    return [
        Layer("user (input)", "(rows, 1)", 0),
        Layer("item (input)", "(rows, 1)", 0),
        Layer("user embedding", f"(rows, 1, {dim})", n_users * dim),
        Layer("item embedding", f"(rows, 1, {dim})", n_items * dim),
        Layer("cosine", "(rows, 1, 1)", 0),
        Layer("flatten", "(rows, 1)", 0),
        Layer("dense", "(rows, 1)", 2),
        Layer("batch normalization", "(rows, 1)", 4, 2),
        Layer("sigmoid", "(rows, 1)", 0),
    ]


def layers_table(n_users: int, n_items: int, dim: int) -> str:
    """The layers with their shapes and parameters, and the totals."""
    layers = layers_of(n_users, n_items, dim)
    total, fixed = sum(layer.n_parameters for layer in layers), sum(layer.n_not_trained for layer in layers)
    lines = table(
        [
            Column("layer", [layer.name for layer in layers]),
            Column("output", [layer.output_shape for layer in layers]),
            Column("parameters", [f"{layer.n_parameters:,}" for layer in layers]),
        ]
    )
    return f"{lines}\n{total:,} parameters, {fixed} of them not trained"
