"""The Gram matrix times vectors, against the matrix itself."""

import numpy as np
import pytest

from konomi.data.dataset import Dataset
from konomi.kernels.gram_times import gram_times


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_the_product_is_that_of_the_matrix_itself(planted_dataset: Dataset, dtype: type) -> None:
    ratings = planted_dataset.ratings
    rng = np.random.default_rng(1)
    weight = rng.random(ratings.n_users).astype(np.float32)
    V = rng.standard_normal((ratings.n_items, 5)).astype(np.float32)
    out = np.zeros_like(V)
    for lane in (np.array([0, 150]), np.array([150, ratings.n_users])):
        gram_times(
            ratings.offsets, ratings.item_index.astype(dtype), ratings.status, np.uint8(6), weight, lane, V, out
        )
    X = ratings.histories().watched().matrix().toarray().astype(np.float64)
    expected = X.T @ (weight[:, None] * (X @ V.astype(np.float64)))
    assert np.allclose(out, expected, rtol=1e-4, atol=1e-3)
