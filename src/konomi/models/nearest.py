"""Nearest neighbors by exact cosine, for items and for users alike, and the k best of any scores."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.blocks import in_blocks
from konomi.errors import ConfigError, UnknownIndexError
from konomi.kernels.topk import dots, top_k_of_allowed, top_k_of_rows

# Blocks do not depend on the number of threads, so neither do the bits that come out of them.
_BLOCK = 128
# Up to this number of queries are answered one by one: packing all vectors for a matrix product costs more.
_FEW = 4
# Offsets by which each query of a block passes over one row: itself.
_ONE_EACH = np.arange(_BLOCK + 1)
# The kernels rank by scores times this.
_DESCENDING = np.float32(1)


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest rows of each of m queries, best first.

    index      : int32 (m, k), row numbers.
    similarity : float32 (m, k), cosine, in [-1, 1] up to rounding.
    """

    index: NDArray[np.int32]
    similarity: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.index.dtype != np.int32 or self.similarity.dtype != np.float32:
            raise ValueError("index is int32 and similarity is float32")
        if self.index.ndim != 2 or self.index.shape != self.similarity.shape:
            raise ValueError(f"index and similarity are (m, k), got {self.index.shape} {self.similarity.shape}")

    def __len__(self) -> int:
        return len(self.index)


def nearest(vectors: NDArray[np.float32], queries: NDArray[Any], *, k: int) -> Neighbors:
    """The k rows of `vectors` most similar to each query, best first.

    vectors : float32 (n, dim), unit length (a zero row is similar to nothing: 0).
    queries : int32 (m,), rows of `vectors`; a query is never its own neighbor.
    k       : 1 ... n - 1.
    Similarity is cosine, sum(a*b) / (|a| |b|), in [-1, 1].
    Ties break by lower row number. Few queries and many take different roads through float32,
    which may differ in the last bit; the number of threads never makes a difference.
    Raises UnknownIndexError if a query is outside 0 ... n-1, ConfigError if k is out of range.
    Source: Sarwar et al. 2001, section 3.1.1.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    rows = np.asarray(queries).astype(np.int32)
    n = len(vectors)
    outside = rows[(rows < 0) | (rows >= n)]
    if len(outside):
        raise UnknownIndexError(f"row {outside[0]} is outside 0 ... {n - 1}")
    if not 1 <= k < n:
        raise ConfigError(f"k={k} is out of range: {n:,} rows have 1 ... {n - 1:,} neighbors each")
    index = np.empty((len(rows), k), dtype=np.int32)
    similarity = np.empty((len(rows), k), dtype=np.float32)

    if len(rows) <= _FEW:
        for m, row in enumerate(rows):
            scores = similarity_to(vectors, vectors[row])[None]
            one = slice(m, m + 1)
            top_k_of_rows(scores, _ONE_EACH[:2], rows[one], _DESCENDING, index[one], similarity[one])
        return Neighbors(index, similarity)

    own_buffer = threading.local()

    def answer(block: slice) -> None:
        own = rows[block]
        if not hasattr(own_buffer, "scores"):
            own_buffer.scores = np.empty((_BLOCK, n), dtype=np.float32)
        scores = np.matmul(vectors[own], vectors.T, out=own_buffer.scores[: len(own)])
        top_k_of_rows(scores, _ONE_EACH[: len(own) + 1], own, _DESCENDING, index[block], similarity[block])

    in_blocks(answer, len(rows), _BLOCK)
    return Neighbors(index, similarity)


def similarity_to(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (n,): the cosine of each row of `vectors` and `query`, all of unit length.

    vectors : float32 (n, dim), C-contiguous; query : float32 (dim,).
    Raises ValueError where dtypes or dimensions differ.
    """
    if vectors.dtype != np.float32 or query.dtype != np.float32 or vectors.shape[1:] != query.shape:
        raise ValueError(
            f"vectors are float32 (n, dim) and the query float32 (dim,), got {vectors.dtype} {vectors.shape} "
            f"and {query.dtype} {query.shape}"
        )
    out = np.empty(len(vectors), dtype=np.float32)
    dots(np.ascontiguousarray(vectors), np.ascontiguousarray(query), out)
    return out


def k_best(scores: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
    """int32 (at most k,): the columns of the k best scores, best first, ties by lower column.

    scores  : float32 (n,); NaN and minus infinity are never listed.
    k       : at least 1; beyond the number of columns all of them are listed.
    allowed : bool (n,), the columns that may be listed; None means all.
    Raises ConfigError if k is under 1.
    """
    if k < 1:
        raise ConfigError(f"k={k} is out of range: k must be at least 1")
    row = np.ascontiguousarray(scores, dtype=np.float32)
    if row.ndim != 1 or (allowed is not None and allowed.shape != row.shape):
        raise ValueError(
            f"scores and allowed are (n,), got {row.shape}" + ("" if allowed is None else f" {allowed.shape}")
        )
    columns = np.empty(min(k, len(row)), dtype=np.int32)
    values = np.empty(len(columns), dtype=np.float32)
    if len(columns) == 0:
        return columns
    if allowed is None:
        nothing = np.empty(0, dtype=np.int32)
        top_k_of_rows(row[None], np.zeros(2, dtype=np.int64), nothing, _DESCENDING, columns[None], values[None])
        return columns[columns >= 0]
    n_listed = top_k_of_allowed(row, np.asarray(allowed, dtype=np.bool_), _DESCENDING, columns, values)
    return columns[:n_listed]
