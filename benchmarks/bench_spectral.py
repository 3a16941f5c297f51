"""Training the spectral model, users folded in; beside it SciPy's svds on a sample of the users, scaled.

python benchmarks/bench_spectral.py [--rows N] [--users N] [--items N] [--runs N]

svds (ARPACK) takes the same number of dimensions of the same matrix with unit columns. Its cost grows with the
rows, so a tenth of the users stands for all.
"""

import numpy as np
from scipy.sparse.linalg import svds

from harness import Report, konomi_command, measure, measure_process, options, remove, scratch, stored
from konomi.data.dataset import Dataset

DIM, PART = 256, 10


def main() -> None:
    asked = options(__doc__, runs=3)
    report = Report("spectral", asked.size)
    data, out = stored(asked.size), scratch() / "bench-spectral.model"
    command = konomi_command("train", data, "-o", out, "--model", "spectral", "--set", f"embedding_dim={DIM}")
    found = []
    for _ in range(asked.runs):
        remove(out)
        found.append(measure_process(command))
    remove(out)
    ours = f"konomi train, spectral, {DIM} dimensions"
    report.add_runs(ours, found, target="30 s")
    ratings = Dataset.open(data).ratings
    users = np.arange(0, ratings.n_users, PART)
    X = ratings.histories(users).watched().matrix()
    X.data /= np.sqrt(np.maximum(np.bincount(X.indices, minlength=X.shape[1]), 1))[X.indices]
    if min(X.shape) > DIM:
        theirs = f"scipy svds, {DIM} dimensions, a tenth of the users"
        report.add(
            theirs, measure(lambda: svds(X, k=DIM, tol=0.05), runs=1, warm=0), scale=ratings.n_users / len(users)
        )
        report.compare(theirs, ours)
    report.write()


if __name__ == "__main__":
    main()
