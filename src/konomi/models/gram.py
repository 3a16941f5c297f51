"""Gram: how many people watched both of any two items, counted exactly and changed exactly."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.data.ids import index_dtype
from konomi.data.ratings import Histories, Ratings
from konomi.errors import TrainingError
from konomi.kernels.gram import add_common_bits, add_common_lists, add_weighted_lists, set_bits, unfold
from konomi.models.weighting import PLAIN, Weighting
from konomi.progress import SILENT, Progress

# Users a block: 8 rows of bits of a tile stay in the first cache.
_BLOCK = 16384
# One step along a watcher's list takes as long as this number of words of bits.
_WORDS_A_STEP = 7


@dataclass(frozen=True, eq=False)
class Gram:
    """G = XᵀX of the binary matrix X of who watched what, or its weighted sum; planned rows are left out.

    counts       : int32 (n_items, n_items), symmetric; the diagonal holds each item's watchers, weighted.
    watch_counts : int64 (n_items,), how many watched each item, unweighted.
    n_users      : rows of X, those without a title among them.
    weighting    : how much each person and row counts.
    Whole numbers, so any order of adding gives the same bits.
    """

    counts: NDArray[np.int32]
    watch_counts: NDArray[np.int64]
    n_users: int
    weighting: Weighting = PLAIN

    def __post_init__(self) -> None:
        if self.counts.dtype != np.int32 or self.counts.ndim != 2 or len(set(self.counts.shape)) > 1:
            raise ValueError(f"counts is a square of int32, got {self.counts.dtype} {self.counts.shape}")

    @property
    def n_items(self) -> int:
        return len(self.counts)

    @property
    def mean_row_weight(self) -> float:
        """What a row adds to the diagonal on average: 1 without weights, so that a ridge can be said in people."""
        n_rows = int(self.watch_counts.sum())
        return float(self.counts.diagonal().sum(dtype=np.int64)) / n_rows if n_rows else 1.0

    @classmethod
    def of(cls, ratings: Ratings, *, weighting: Weighting = PLAIN, progress: Progress = SILENT) -> "Gram":
        """The counts of all users, in blocks of users: memory holds G and one block.

        Items that many watched are rows of bits, 64 users a word, counted in tiles of 4 x 4 items; for the others
        the lists of their watchers are walked. Which items are which follows from the cost of each. With weights
        all lists are walked.
        Raises TrainingError, before anything is counted, if a count would pass 31 bits.
        """
        if weighting.plain:
            _require_31_bits(ratings.n_users, weighting)
        else:
            own = sum((_own_counts(block.watched(), weighting) for block in ratings.blocks(_BLOCK)), np.int64(0))
            _require_31_bits(int(np.max(own, initial=0)), weighting)
        progress.start("count who watched both", ratings.n_users)
        steps = _steps(ratings.blocks(_BLOCK), ratings.n_items)
        dense = _dense(steps, ratings.n_users) if weighting.plain else np.empty(0, dtype=np.int32)
        place = np.full(ratings.n_items, -1, dtype=np.int32)
        place[dense] = np.arange(len(dense))
        walked = np.flatnonzero((place < 0) & (steps > 0)).astype(np.int32)
        padded = -(-len(dense) // 4) * 4
        upper = np.zeros((padded, padded), dtype=np.int32)
        counts = np.zeros((ratings.n_items, ratings.n_items), dtype=np.int32)
        watch_counts = np.zeros(ratings.n_items, dtype=np.int64)
        for block in ratings.blocks(_BLOCK):
            seen = block.watched()
            watch_counts += _watch_counts(seen)
            if padded:
                bits = np.zeros((padded, -(-len(seen) // 64)), dtype=np.uint64)
                set_bits(seen.offsets, seen.item_index, place, bits)
                add_common_bits(bits, upper)
            _walk(walked, seen, 1, weighting, counts)
            progress.advance(len(block))
        if padded:
            unfold(dense, place, upper, counts)
        return cls(counts, watch_counts, ratings.n_users, weighting)

    def plus(self, histories: Histories) -> "Gram":
        """The counts with these people added: the same bits as counting all users again.

        Raises TrainingError if a count would pass 31 bits.
        """
        own = self.counts.diagonal() + _own_counts(histories.watched(), self.weighting)
        _require_31_bits(int(own.max(initial=0)), self.weighting)
        return self._changed(histories, 1)

    def minus(self, histories: Histories) -> "Gram":
        """The counts without these people: the same bits as counting the others again.

        Raises TrainingError if they cannot be among those who were counted.
        """
        changed = self._changed(histories, -1)
        if changed.n_users < 0 or bool((changed.watch_counts < 0).any()):
            raise TrainingError(
                "these ratings are not among those that the model was trained on, so they cannot be taken out; "
                "were they taken out before?"
            )
        return changed

    def of_items(self, items: NDArray[Any]) -> "Gram":
        """The counts of these items (row numbers) alone, in this order."""
        if np.array_equal(items, np.arange(self.n_items)):
            return self
        counts = np.empty((len(items), len(items)), dtype=np.int32)
        for row, item in enumerate(items):
            counts[row] = self.counts[item][items]
        return Gram(counts, self.watch_counts[items], self.n_users, self.weighting)

    def silenced(self, items: NDArray[np.bool_]) -> "Gram":
        """The counts as if no user had watched these items, bool (n_items,).

        The matrix is changed in place, because it is large: do not use this Gram afterwards.
        """
        if not items.any():
            return self
        self.counts[items] = 0
        self.counts[:, items] = 0
        return Gram(self.counts, np.where(items, 0, self.watch_counts), self.n_users, self.weighting)

    def _changed(self, histories: Histories, step: int) -> "Gram":
        if histories.n_items != self.n_items:
            raise ValueError(f"histories over {histories.n_items} items for a Gram matrix of {self.n_items}")
        seen = histories.watched()
        counts = np.array(self.counts)
        _walk(np.unique(seen.item_index), seen, step, self.weighting, counts)
        watch_counts = self.watch_counts + step * _watch_counts(seen)
        return Gram(counts, watch_counts, self.n_users + step * len(histories), self.weighting)


def _own_counts(seen: Histories, weighting: Weighting) -> NDArray[np.int64]:
    """int64 (n_items,): what these people add to the diagonal of G, and no count outside the diagonal is larger."""
    person = np.repeat(weighting.of_people(seen).astype(np.int64), np.diff(seen.offsets))
    row = weighting.of_rows(seen).astype(np.int64)
    # bincount sums in float64, which is exact for the whole numbers of a block.
    return np.bincount(seen.item_index, weights=person * row * row, minlength=seen.n_items).astype(np.int64)


def _require_31_bits(largest: int, weighting: Weighting) -> None:
    """Raises TrainingError if `largest` does not fit into the int32 of a count."""
    most = np.iinfo(np.int32).max
    if largest <= most:
        return
    if weighting.plain:
        raise TrainingError(f"{largest:,} users are too many: a model counts at most {most:,}, so train on fewer")
    raise TrainingError(
        f"with length_power={weighting.length_power:g} and poor_weight={weighting.poor_weight:g} the watchers of "
        f"one item count {largest:,}, and at most {most:,} fit: give length_power=0 or poor_weight=1"
    )


def _watch_counts(seen: Histories) -> NDArray[np.int64]:
    return np.bincount(seen.item_index, minlength=seen.n_items)


def _steps(blocks: Iterable[Histories], n_items: int) -> NDArray[np.float64]:
    """float64 (n_items,): how many rows all watchers of each item have together."""
    steps = np.zeros(n_items)
    for block in blocks:
        seen = block.watched()
        lengths = np.diff(seen.offsets)
        steps += np.bincount(seen.item_index, weights=np.repeat(lengths, lengths), minlength=n_items)
    return steps


def _dense(steps: NDArray[np.float64], n_users: int) -> NDArray[np.int32]:
    """int32 (n_dense,): the items that cost less as rows of bits, ascending."""
    order = np.argsort(-steps, kind="stable")
    words = np.arange(1, len(order) + 1) * (-(-n_users // 64))
    return np.sort(order[steps[order] * _WORDS_A_STEP > words]).astype(np.int32)


def _walk(
    walked: NDArray[np.int32], seen: Histories, step: int, weighting: Weighting, counts: NDArray[np.int32]
) -> None:
    if len(walked) == 0:
        return
    # Narrow numbers: 16 bits are sorted by radix, and the walk reads them from the second cache where they fit.
    items: NDArray[np.integer[Any]] = seen.item_index.astype(index_dtype(seen.n_items), copy=False)
    by_item = np.argsort(items, kind="stable")
    watchers = seen.person_index()[by_item]
    watcher_offsets = np.zeros(seen.n_items + 1, dtype=np.int64)
    np.cumsum(_watch_counts(seen), out=watcher_offsets[1:])
    if weighting.plain:
        add_common_lists(walked, watcher_offsets, watchers, seen.offsets, items, np.int32(step), counts)
    else:
        weight, value = np.int32(step) * weighting.of_people(seen), weighting.of_rows(seen)
        share = weight[watchers] * value[by_item]
        add_weighted_lists(walked, watcher_offsets, watchers, share, seen.offsets, items, value, counts)
