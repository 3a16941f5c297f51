"""Nearest neighbors by cosine, and the k best of any scores."""

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from konomi.errors import ConfigError, UnknownIndexError
from konomi.models.nearest import k_best, nearest, similarity_to

Vectors = NDArray[np.float32]


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """700 unit vectors, the last of them zero, two of them equal."""
    rows = np.random.default_rng(3).normal(size=(700, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[-1] = 0
    rows[20] = rows[10]
    return rows


def naive_nearest(vectors: Vectors, query: int, k: int) -> list[int]:
    similarity = vectors.astype(np.float64) @ vectors[query].astype(np.float64)
    similarity[query] = -np.inf
    return np.argsort(-similarity, kind="stable")[:k].tolist()


@pytest.mark.parametrize("n_queries", [1, 3, 300])
def test_neighbors_are_those_of_a_full_sort(vectors: Vectors, n_queries: int) -> None:
    queries = np.arange(n_queries, dtype=np.int32) * 2
    found = nearest(vectors, queries, k=5)
    expected = [naive_nearest(vectors, int(query), 5) for query in queries]
    assert found.index.tolist() == expected


def test_a_query_is_never_its_own_neighbor(vectors: Vectors) -> None:
    queries = np.arange(len(vectors), dtype=np.int32)
    found = nearest(vectors, queries, k=len(vectors) - 1)
    assert not (found.index == queries[:, None]).any()
    assert (np.sort(found.index[5]) == np.delete(queries, 5)).all()


def test_equal_vectors_are_entirely_similar(vectors: Vectors) -> None:
    found = nearest(vectors, np.array([10], dtype=np.int32), k=1)
    assert found.index.tolist() == [[20]]
    assert found.similarity[0, 0] == pytest.approx(1, abs=1e-6)


def test_a_zero_row_is_similar_to_nothing(vectors: Vectors) -> None:
    found = nearest(vectors, np.array([699], dtype=np.int32), k=4)
    assert found.similarity.tolist() == [[0, 0, 0, 0]]
    assert found.index.tolist() == [[0, 1, 2, 3]]  # all tie, so the lower rows come first


def test_the_number_of_threads_changes_no_bit(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    queries = np.arange(len(vectors), dtype=np.int32)
    many = nearest(vectors, queries, k=9)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with threadpool_limits(1):
        one = nearest(vectors, queries, k=9)
    assert one.index.tobytes() == many.index.tobytes()
    assert one.similarity.tobytes() == many.similarity.tobytes()


def test_no_queries_have_no_neighbors(vectors: Vectors) -> None:
    assert nearest(vectors, np.array([], dtype=np.int32), k=3).index.shape == (0, 3)


@pytest.mark.parametrize("query", [-1, 700])
def test_a_row_outside_is_an_error(vectors: Vectors, query: int) -> None:
    with pytest.raises(UnknownIndexError, match=f"row {query} is outside 0 ... 699"):
        nearest(vectors, np.array([0, query]), k=3)


@pytest.mark.parametrize("k", [0, -1, 700])
def test_k_beyond_the_rows_is_an_error(vectors: Vectors, k: int) -> None:
    with pytest.raises(ConfigError, match=f"k={k} is out of range"):
        nearest(vectors, np.array([0]), k=k)


def test_similarity_to_refuses_what_does_not_fit(vectors: Vectors) -> None:
    with pytest.raises(ValueError, match="float32"):
        similarity_to(vectors, np.zeros(15, dtype=np.float32))


def test_k_best_lists_ties_by_lower_column() -> None:
    assert k_best(np.array([1, 3, 3, 2], dtype=np.float32), 3).tolist() == [1, 2, 3]


def test_k_best_lists_only_what_is_allowed() -> None:
    allowed = np.array([True, False, True, True])
    assert k_best(np.array([1, 3, 3, 2], dtype=np.float32), 2, allowed).tolist() == [2, 3]


def test_k_best_lists_fewer_where_there_are_no_more() -> None:
    scores = np.array([1, -np.inf, np.nan], dtype=np.float32)
    assert k_best(scores, 10).tolist() == [0]
    assert k_best(scores, 10, np.zeros(3, dtype=bool)).tolist() == []
    assert k_best(np.empty(0, dtype=np.float32), 10).tolist() == []


def test_k_under_one_is_an_error() -> None:
    with pytest.raises(ConfigError, match="k=0 is out of range"):
        k_best(np.zeros(3, dtype=np.float32), 0)
