"""Inverting the ridged Gram matrix and pruning it to weights; beside it LAPACK's potrf and potri through SciPy.

python benchmarks/bench_inverse.py [--rows N] [--users N] [--items N] [--runs N]
"""

import numpy as np
import scipy.linalg.lapack as lapack

from harness import Report, measure, options, stored
from konomi.data.dataset import Dataset
from konomi.models.gram import Gram
from konomi.models.linear.config import LinearConfig
from konomi.models.linear.inverse import inverse_of
from konomi.models.linear.ridged import RidgedGram
from konomi.models.linear.weights import sharpened, weights_of_inverse


def main() -> None:
    asked = options(__doc__, runs=1)
    report = Report("inverse", asked.size)
    gram = Gram.of(Dataset.open(stored(asked.size)).ratings)
    config = LinearConfig(predictors=0, regularization=50)
    ridge = (config.regularization + config.dropout / (1 - config.dropout) * gram.watch_counts).astype(np.float32)
    alone = np.arange(gram.n_items, dtype=np.int32)
    A = RidgedGram.of(gram, ridge=ridge, franchise=alone, franchise_weight=0)

    def invert() -> float:
        inverse = inverse_of(A)
        sharpened(weights_of_inverse(inverse.matrix, kept=config.kept_weights), config.sharpness)
        return inverse.residual

    def invert_plainly() -> None:
        A = gram.counts.astype(np.float32)
        A[np.diag_indices(len(A))] += ridge
        factor, _ = lapack.spotrf(A, lower=1)
        lapack.spotri(factor, lower=1)

    ours, theirs = "konomi, inverse, its error, and pruning", "LAPACK's potrf and potri through SciPy, float32"
    found = measure(invert, runs=asked.runs, warm=0)
    report.add(ours, found, target="35 s", residual=found.value)
    report.add(theirs, measure(invert_plainly, runs=asked.runs, warm=0))
    report.compare(theirs, ours)
    report.write()


if __name__ == "__main__":
    main()
