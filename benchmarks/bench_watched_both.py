"""G of all rows of the stand-in; beside it BLAS on a slab of the users and SciPy's sparse product on a sample.

python benchmarks/bench_watched_both.py [--rows N] [--users N] [--items N] [--runs N]

The slab is scaled by its users, the sample by the sum of squared list lengths: that is how each one's work grows.
(bench_gram.py times the kernel alone, on lists of its own.)
"""

import numpy as np

from harness import Report, measure, options, stored
from konomi.data.dataset import Dataset
from konomi.models.gram import Gram

SLAB, SAMPLE = 512, 2000


def main() -> None:
    asked = options(__doc__, runs=3)
    report = Report("gram", asked.size)
    ratings = Dataset.open(stored(asked.size)).ratings
    Gram.of(ratings.keep_users(np.arange(min(64, ratings.n_users))))  # compiles
    ours = "konomi, bits and lists"
    found = measure(lambda: int(Gram.of(ratings).counts.trace()), runs=asked.runs, warm=0)
    report.add(ours, found, target="15 s")
    rng = np.random.default_rng(0)
    n_slab, n_sample = min(SLAB, ratings.n_users), min(SAMPLE, ratings.n_users)
    drawn = np.sort(rng.choice(ratings.n_users, n_slab, replace=False))
    slab = ratings.histories(drawn).watched().matrix().toarray()
    blas, sparse = f"float32 X.T @ X by BLAS, {n_slab} users", f"scipy.sparse X.T @ X, {n_sample} users"
    report.add(blas, measure(lambda: slab.T @ slab, runs=asked.runs, warm=0), scale=ratings.n_users / n_slab)
    report.compare(blas, ours)
    sample = ratings.histories(np.sort(rng.choice(ratings.n_users, n_sample, replace=False))).watched()
    X = sample.matrix()
    squares = sum(float(np.sum(np.diff(one.watched().offsets).astype(np.float64) ** 2)) for one in ratings.blocks())
    scale = squares / float(np.sum(np.diff(sample.offsets).astype(np.float64) ** 2))
    report.add(sparse, measure(lambda: (X.T @ X).nnz, runs=asked.runs, warm=0), scale=scale)
    report.compare(sparse, ours)
    report.write()


if __name__ == "__main__":
    main()
