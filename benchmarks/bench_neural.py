"""The network beside the notebook's own Keras model: 50 steps step by step, then rows a second, alternating.

Needs the `bench` dependency group. Run: python benchmarks/bench_neural.py --against keras
Times one epoch of `optimizer=adagrad`, and some hundred batches of `optimizer=adam` and of Keras, at the notebook's
table sizes, on rows drawn like the reference dump's: history lengths log-normal, items by Zipf's law, each item
once per user. Ratios are taken within a round and their median is told.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np

from konomi.models.neural.config import NeuralConfig
from konomi.models.neural.network import AdagradNetwork, AdamNetwork, Weights, initial_weights
from konomi.models.neural.rows import Rows, Split
from record_keras_trajectory import keras_network, train_steps, weights_of

N_USERS, N_ITEMS, DIM, BATCH = 91_641, 17_560, 128, 10_000
RESULT = Path(__file__).resolve().parent / "results" / "neural.json"


@nb.njit(cache=True)  # type: ignore[misc]
def _draw_items(offsets: Any, cumulative: Any, shuffled: Any, seed: Any, item_index: Any) -> None:
    """Fill item_index with different items for each user, drawn by `cumulative` (n_items,)."""
    np.random.seed(seed)
    taken_by = np.full(len(cumulative), -1, dtype=np.int64)
    for user in range(len(offsets) - 1):
        for i in range(offsets[user], offsets[user + 1]):
            rank = np.searchsorted(cumulative, np.random.random())
            while taken_by[rank] == user:
                rank = np.searchsorted(cumulative, np.random.random())
            taken_by[rank] = user
            item_index[i] = shuffled[rank]


def realistic_split(n_rows: int, *, seed: int = 0) -> Split:
    """About n_rows training rows grouped by user over the notebook's numbers of users and items."""
    rng = np.random.default_rng(seed)
    lengths = np.minimum(rng.lognormal(0.0, 0.6, N_USERS) + 0.5, 10.0)
    lengths = np.maximum((lengths * n_rows / lengths.sum()).astype(np.int64), 1)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    popularity = 1.0 / (np.arange(N_ITEMS) + 30.0) ** 0.9
    item_index = np.zeros(offsets[-1], dtype=np.uint16)
    cumulative = np.cumsum(popularity / popularity.sum())
    cumulative[-1] = 1.0
    _draw_items(offsets, cumulative, rng.permutation(N_ITEMS).astype(np.uint16), seed, item_index)
    user_index = np.repeat(np.arange(N_USERS, dtype=np.int32), lengths)
    target = (rng.integers(0, 10, len(item_index)) / 9).astype(np.float32)
    rows = Rows(user_index, item_index, target)
    return Split(rows, Rows(user_index[:1], item_index[:1], target[:1]), offsets, 1.0, 10.0)


def faithfulness(split: Split, *, n_steps: int = 50) -> dict[str, Any]:
    """How far konomi's Adam is from Keras after n_steps of the same batches from the same weights."""
    rng = np.random.default_rng(1)
    rows, batches = split.train, []
    for _ in range(n_steps):
        chosen = rng.integers(0, len(rows), BATCH)
        batches.append((rows.user_index[chosen], rows.item_index[chosen].astype(np.int32), rows.target[chosen]))
    found: dict[str, Any] = {"n_steps": n_steps, "batch": BATCH}
    for label, rates in (("notebook_5e-5", np.full(n_steps, 5e-5)), ("twenty_times_1e-3", np.full(n_steps, 1e-3))):
        model = keras_network(N_USERS, N_ITEMS, DIM)
        start = weights_of(model)
        theirs = train_steps(model, batches, rates)
        network = AdamNetwork(Weights(**start), batch_size=BATCH)
        ours = []
        for (user_index, item_index, target), rate in zip(batches, rates, strict=True):
            network.start_figures()
            network.step(user_index, item_index, target, learning_rate=float(rate))
            ours.append(network.figures().loss)
        network.flush()
        mine, end = network.weights(), weights_of(model)
        found[label] = {
            "loss_first": theirs[0],
            "loss_last": theirs[-1],
            "loss_relative_error_max": float(np.max(np.abs(np.array(ours) / theirs - 1.0))),
            **{
                f"{name}_error_max": float(np.max(np.abs(getattr(mine, name) - end[name])))
                for name in ("user_vectors", "item_vectors")
            },
            "moved_max": float(np.max(np.abs(end["item_vectors"] - start["item_vectors"]))),
        }
        print(f"{label}: {json.dumps(found[label])}", flush=True)
    return found


def speeds(split: Split, *, runs: int, keras_batches: int, adam_batches: int) -> dict[str, Any]:
    """Rows a second of each contender in alternating rounds, all compiled and warm."""
    rows = split.train
    rng = np.random.default_rng(2)
    weights = initial_weights(N_USERS, N_ITEMS, NeuralConfig())
    fast = AdagradNetwork(weights, split, NeuralConfig())
    faithful = AdamNetwork(weights, batch_size=BATCH)
    keras_rows = rng.integers(0, len(rows), keras_batches * BATCH)
    inputs = [rows.user_index[keras_rows].astype(np.int64), rows.item_index[keras_rows].astype(np.int64)]
    target = rows.target[keras_rows]
    models = {
        "keras": keras_network(N_USERS, N_ITEMS, DIM),
        "keras_xla": keras_network(N_USERS, N_ITEMS, DIM, jit_compile=True),
    }

    def timed_adagrad() -> float:
        started = time.perf_counter()
        for _ in fast.epoch(split, rng, learning_rate=0.05):
            pass
        return len(rows) / (time.perf_counter() - started)

    def timed_adam() -> float:
        order = rng.integers(0, len(rows), adam_batches * BATCH).astype(np.int32)
        started = time.perf_counter()
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            faithful.step(rows.user_index[batch], rows.item_index[batch], rows.target[batch], learning_rate=5e-5)
        faithful.flush()
        return len(order) / (time.perf_counter() - started)

    def timed_keras(name: str) -> float:
        started = time.perf_counter()
        models[name].fit(x=inputs, y=target, batch_size=BATCH, epochs=1, verbose=0)
        return len(target) / (time.perf_counter() - started)

    contenders = {
        "keras": lambda: timed_keras("keras"),
        "keras_xla": lambda: timed_keras("keras_xla"),
        "adam": timed_adam,
        "adagrad": timed_adagrad,
    }
    for warm in contenders.values():
        warm()
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, contender in contenders.items():
            rates[name].append(contender())
            print(f"{name}: {rates[name][-1]:,.0f} rows/s", flush=True)
    found: dict[str, Any] = {"rows_per_second": {name: _spread(values) for name, values in rates.items()}}
    for ours in ("adam", "adagrad"):
        for theirs in ("keras", "keras_xla"):
            found[f"{ours}_over_{theirs}"] = _spread(
                [a / b for a, b in zip(rates[ours], rates[theirs], strict=True)]
            )
    return found


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def _machine() -> dict[str, Any]:
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    flags = Path("/proc/cpuinfo").read_text()
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "avx512": "avx512f" in flags,
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
    }


def main() -> None:
    """Compare, time, print, and store the figures in benchmarks/results/neural.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", choices=["keras"], default="keras")
    parser.add_argument("--rows", type=int, default=71_418_114, help="training rows (default: the notebook's)")
    parser.add_argument("--runs", type=int, default=5, help="alternating rounds")
    parser.add_argument("--keras-batches", type=int, default=20)
    parser.add_argument("--adam-batches", type=int, default=200)
    parser.add_argument("--only", choices=["speed", "faithfulness"], default=None)
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    started = time.perf_counter()
    split = realistic_split(arguments.rows)
    print(f"{len(split.train):,} rows drawn in {time.perf_counter() - started:.0f} s", flush=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    found: dict[str, Any] = {
        "machine": _machine(),
        "commit": commit.stdout.strip(),
        "command": " ".join(["python", "benchmarks/bench_neural.py", *sys.argv[1:]]),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": nb.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
        "size": {"n_users": N_USERS, "n_items": N_ITEMS, "dim": DIM, "batch": BATCH, "n_rows": len(split.train)},
        "state": "warm: compiled, one untimed round of each first",
    }
    if arguments.only != "speed":
        found["faithfulness"] = faithfulness(split)
    if arguments.only != "faithfulness":
        found["speed"] = speeds(
            split,
            runs=arguments.runs,
            keras_batches=arguments.keras_batches,
            adam_batches=arguments.adam_batches,
        )
    print(json.dumps(found, indent=1))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
