"""Fold-in, against a twin that goes person by person in float64."""

import numpy as np

from konomi.kernels.fold_in import fold_in


def test_fold_in_matches_gradient_steps_on_the_sphere() -> None:
    rng = np.random.default_rng(0)
    items = rng.standard_normal((30, 12)).astype(np.float32)
    items /= np.linalg.norm(items, axis=1, keepdims=True)
    offsets = np.array([0, 1, 1, 12, 20])
    item_index = np.concatenate([rng.permutation(30)[:n] for n in np.diff(offsets)]).astype(np.int32)
    target = rng.random(20).astype(np.float32)
    start = rng.standard_normal((4, 12)).astype(np.float32)
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    vectors = start.copy()
    fold_in(offsets, item_index, target, items, np.array([2.5, 0.4], dtype=np.float32), 15, 0.3, vectors)
    for person in range(4):
        rows = slice(offsets[person], offsets[person + 1])
        known, u, squares = items[item_index[rows]].astype(np.float64), start[person].astype(np.float64), 0.0
        for _ in range(15):
            cosine = known @ u
            slope = 2.5 * (1 / (1 + np.exp(-(2.5 * cosine + 0.4))) - target[rows])
            gradient = slope @ known - (slope @ cosine) * u
            squares += gradient @ gradient
            if squares > 0:
                u = u - 0.3 * gradient / np.sqrt(squares)
                u /= np.linalg.norm(u)
        np.testing.assert_allclose(vectors[person], u, atol=1e-5)


def test_a_person_without_rows_stays_where_the_fold_in_starts() -> None:
    items, vectors = np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32)[:1].copy()
    no_rows = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    fold_in(np.array([0, 0]), *no_rows, items, np.array([1, 0], dtype=np.float32), 10, 0.3, vectors)
    assert vectors.tolist() == [[1.0, 0.0, 0.0, 0.0]]
