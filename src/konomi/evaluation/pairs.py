"""Similarity of items against pairs that people named: how many of the named titles are among the ten nearest."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from konomi.data.ids import Id, IdIndex
from konomi.errors import EvaluationError, InputFileError
from konomi.evaluation.intervals import Interval, bootstrap
from konomi.models.nearest import k_best
from konomi.printable import brief
from konomi.progress import SILENT, Progress

# What reading a damaged file raises.
_FAULTS = (OSError, UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError, pl.exceptions.PanicException)
MIN_VOTES = 2
MIN_RATINGS = 20
K = 10


@dataclass(frozen=True, eq=False)
class Pairs:
    """Directed pairs of items: to a user who asks for something like `query`, `target` is recommended.

    query, target : int32 (n_pairs,), columns of the ratings matrix, ordered, each pair once, no item with itself.
    n_items       : how many items these columns are among.
    n_read        : rows of the file with enough votes.
    unknown_ids   : ids in the file that are not among the items; their pairs are left out.
    """

    query: NDArray[np.int32]
    target: NDArray[np.int32]
    n_items: int
    n_read: int
    unknown_ids: tuple[Id, ...]

    def __len__(self) -> int:
        return len(self.query)

    def remarks(self) -> str:
        """One sentence on what was left out, naming up to five ids; empty where nothing was."""
        if not self.unknown_ids:
            return ""
        named = ", ".join(str(one) for one in self.unknown_ids[:5]) + (", ..." if len(self.unknown_ids) > 5 else "")
        n = len(self.unknown_ids)
        what = "1 id of the pairs is no item" if n == 1 else f"{n:,} ids of the pairs are no items"
        return f"{what} here ({named}): pairs with it are left out"


@dataclass(frozen=True)
class PairScore:
    """How well a model's item similarity agrees with pairs.

    recall    : recall@10, averaged over the queries.
    n_queries : items that ask.
    n_pairs   : pairs to be found.
    folded    : whether franchises were folded.
    """

    recall: Interval
    n_queries: int
    n_pairs: int
    folded: bool


def read_pairs(path: Path, items: IdIndex, *, min_votes: int = MIN_VOTES) -> Pairs:
    """The pairs of a CSV or Parquet file: item ids in its first two columns, votes in a column of that name.

    A CSV file begins with a line of column names, and is split by tabs where that line holds one, else by commas.
    min_votes : pairs with fewer votes are left out; a file without votes keeps all.
    Raises InputFileError if the file cannot be read so, EvaluationError if no pair of known items is left.
    """
    frame = _read(Path(path))
    if "votes" in frame.columns:
        votes = frame["votes"].cast(pl.Float64, strict=False)
        frame = frame.filter(votes.fill_null(0) >= min_votes)
    ids = [frame[frame.columns[side]].drop_nulls().to_list() for side in (0, 1)]
    if len(ids[0]) != len(ids[1]):
        raise InputFileError(f"{path} has rows with one id only: each row needs two, in its first two columns")
    rows = [_rows_of(items, side) for side in ids]
    known = (rows[0] >= 0) & (rows[1] >= 0)
    unknown = dict.fromkeys(
        one for side in (0, 1) for one, row in zip(ids[side], rows[side].tolist(), strict=True) if row < 0
    )
    kept = known & (rows[0] != rows[1])
    if not kept.any():
        example = f" (such as {next(iter(unknown))})" if unknown else ""
        raise EvaluationError(
            f"no pair of {path} is left: {len(ids[0]):,} have {min_votes} votes or more, and {len(unknown):,} of "
            f"their ids are unknown here{example}. Are they ids of the items that the ratings name?"
        )
    keys = np.unique(rows[0][kept] * np.int64(len(items)) + rows[1][kept])
    query, target = np.divmod(keys, len(items))
    return Pairs(query.astype(np.int32), target.astype(np.int32), len(items), len(ids[0]), tuple(unknown))


def franchises_from(pairs: Pairs) -> NDArray[np.int32]:
    """int32 (n_items,): the franchise of each item, numbered from 0 by first item; -1 for an item in no pair.

    A franchise is a connected component of the pairs, whatever their direction.
    """
    n = pairs.n_items
    graph = sp.coo_array((np.ones(len(pairs), dtype=np.int8), (pairs.query, pairs.target)), shape=(n, n))
    _, component = sp.csgraph.connected_components(graph, directed=False)
    inside = np.zeros(n, dtype=np.bool_)
    inside[pairs.query] = inside[pairs.target] = True
    return _numbered(np.where(inside, component, -1))


def pair_recall(
    item_similarities: Callable[[int], NDArray[np.float32]],
    pairs: Pairs,
    row_counts: NDArray[np.int64],
    *,
    franchise: NDArray[np.int32] | None = None,
    min_ratings: int = MIN_RATINGS,
    progress: Progress = SILENT,
) -> PairScore:
    """Recall@10 of the pairs by a model's similarity of items, averaged over the items that ask.

    item_similarities : as `Model.item_similarities`.
    row_counts : int64 (n_items,), how many ratings each item has. Items with fewer than `min_ratings`
                  are no queries, no targets, and are not ranked.
    franchise   : int32 (n_items,), -1 for none. With it franchises are folded: the query's own franchise is
                  left out of the list and of the targets, and of every other one only its best placed title
                  is listed.
    Recall@10 of one query = targets among the ten nearest / min(10, its targets), so that 1 can be reached.
    Raises EvaluationError if no pair is left, UnsupportedError if the model has no similarity of items.
    """
    frequent = row_counts >= min_ratings
    kept = frequent[pairs.query] & frequent[pairs.target]
    if franchise is not None:
        kept &= ~_same_franchise(franchise[pairs.query], franchise[pairs.target])
    query, target = pairs.query[kept], pairs.target[kept]
    if len(query) == 0:
        raise EvaluationError(
            f"no pair is left: none of {len(pairs):,} joins two titles with {min_ratings} ratings or more"
            + (" of different franchises" if franchise is not None else "")
            + ". Use a lower min_ratings, or more ratings"
        )
    queries, starts = np.unique(query, return_index=True)
    recalls = np.empty(len(queries))
    progress.start("compare with pairs", len(queries))
    for q, (item, targets) in enumerate(zip(queries.tolist(), np.split(target, starts[1:]), strict=True)):
        nearest = _neighbors(item_similarities(item), item, frequent, franchise)
        recalls[q] = np.isin(targets, nearest).sum() / min(K, len(targets))
        progress.advance()
    return PairScore(bootstrap(recalls), len(queries), len(query), franchise is not None)


def _neighbors(
    similarity: NDArray[np.float32], item: int, frequent: NDArray[np.bool_], franchise: NDArray[np.int32] | None
) -> NDArray[np.int32]:
    """The ten nearest of an item, with franchises folded where they are given."""
    allowed = frequent.copy()
    allowed[item] = False
    if franchise is None:
        return k_best(similarity, K, allowed)
    if franchise[item] >= 0:
        allowed &= franchise != franchise[item]
    depth = 8 * K
    while True:
        ranked = k_best(similarity, depth, allowed)
        groups = franchise[ranked]
        alone = np.arange(len(ranked)) + len(similarity) + np.int64(1)
        _, first = np.unique(np.where(groups >= 0, groups, alone), return_index=True)
        if len(first) >= K or len(ranked) < depth:
            return ranked[np.sort(first)[:K]]
        depth *= 8


def _same_franchise(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.bool_]:
    return (a == b) & (a >= 0)


def _numbered(groups: NDArray[Any]) -> NDArray[np.int32]:
    """Groups renumbered 0, 1, ... by their first item; -1 stays."""
    numbers = np.full(len(groups), -1, dtype=np.int32)
    inside = groups >= 0
    _, first, inverse = np.unique(groups[inside], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first))
    numbers[inside] = rank[inverse]
    return numbers


def _rows_of(items: IdIndex, ids: list[Any]) -> NDArray[np.int64]:
    return items.indices_of(ids).astype(np.int64)


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise InputFileError(f"{path} is no file: give a CSV or Parquet file with two columns of item ids")
    try:
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path.read_bytes())
        else:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                separator = "\t" if "\t" in lines.readline() else ","
            frame = pl.read_csv(path.read_bytes(), separator=separator, infer_schema=False)
    except _FAULTS as error:
        raise InputFileError(f"{path} cannot be read as a CSV or Parquet file ({brief(error)})") from error
    if frame.width < 2:
        raise InputFileError(f"{path} has {frame.width} column: pairs need two columns of item ids")
    if any(not kind.is_integer() and kind not in (pl.String, pl.Null) for kind in frame.dtypes[:2]):
        raise InputFileError(f"{path} holds ids that are no whole numbers: ids are whole numbers or text")
    if "votes" in frame.columns and frame.schema["votes"].is_nested():
        raise InputFileError(f"{path} holds lists or structs as votes: each row needs one number")
    return frame
