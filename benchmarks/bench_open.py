"""How long opening and verifying an artifact of the reference size takes: 109 million rows, 128 numbers each.

    python benchmarks/bench_open.py

Each run is a new process that imports konomi first and then opens the folder; its files are in the page cache.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from harness import machine
from konomi.artifact import Artifact
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Ratings
from konomi.models.neural.model import NeuralConfig, NeuralModel

N_USERS, N_ITEMS, DIM, N_RUNS = 325_772, 17_560, 128, 7
ROWS_PER_USER = 335  # 109.1 million rows in all
OPEN = """
import sys, time
import konomi.models.neural.model
from konomi.artifact import Artifact
start = time.perf_counter()
Artifact.open(sys.argv[1])
print(time.perf_counter() - start)
"""
VERIFY = """
import sys, time
from pathlib import Path
from konomi.storage.kind import MODEL
start = time.perf_counter()
MODEL.verify(Path(sys.argv[1]))
print(time.perf_counter() - start)
"""


def main() -> None:
    facts = machine()
    print(f"{facts['cores']} cores of {facts['processor']}; {N_USERS:,} users, {N_ITEMS:,} items, dim {DIM}")
    with tempfile.TemporaryDirectory() as folder:
        Artifact.of(model(), dataset()).save(Path(folder) / "model")
        for work, script, limit in (("opening", OPEN, "0.3 s"), ("verifying", VERIFY, "none")):
            took = [seconds(script, Path(folder) / "model") for _ in range(N_RUNS + 1)][1:]
            spread = f"{min(took):.3f} to {max(took):.3f}"
            print(f"{work}: median {statistics.median(took):.3f} s, {spread} (limit: {limit})")


def seconds(script: str, folder: Path) -> float:
    """What the script prints in a process of its own."""
    ran = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
    return float(ran.stdout)


def model() -> NeuralModel:
    rng = np.random.default_rng(0)
    return NeuralModel(
        NeuralConfig(),
        user_vectors=rng.standard_normal((N_USERS, DIM), dtype=np.float32),
        item_vectors=rng.standard_normal((N_ITEMS, DIM), dtype=np.float32),
        head=np.ones(8),
        typical_user=np.ones(DIM, dtype=np.float32),
        learning_curve=np.zeros((1, 8)),
    )


def dataset() -> Dataset:
    items = IdIndex(np.arange(N_ITEMS), "item")
    n_rows = N_USERS * ROWS_PER_USER
    ratings = Ratings(
        np.arange(N_USERS + 1, dtype=np.int64) * ROWS_PER_USER,
        (np.arange(n_rows) % N_ITEMS).astype(np.uint16),
        np.ones(n_rows, dtype=np.uint8),
        np.array([np.nan, 5], dtype=np.float32),
        np.full(n_rows, 2, dtype=np.uint8),
        IdIndex(np.arange(N_USERS), "user"),
        items,
    )
    return Dataset(ratings, Catalog.of(items))


if __name__ == "__main__":
    main()
