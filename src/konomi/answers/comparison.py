"""Comparison of two people: what both liked, where they differ, and what only one of them has seen."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.data.ratings import Histories
from konomi.tables import Column, table

# Ratings that differ by less than this, each relative to its person's mean, count as equal.
_MIN_DIFFERENCE = 0.5


class Shared(NamedTuple):
    """A title that both liked; `weight` is how rare that is, log((n_users + 1) / (watchers + 1))."""

    item_id: Any
    title: str
    yours: float | None
    theirs: float | None
    weight: float


class Difference(NamedTuple):
    """A title that both rated; `difference` is yours minus theirs, each relative to the person's own mean."""

    item_id: Any
    title: str
    yours: float
    theirs: float
    difference: float


class Unseen(NamedTuple):
    """A title that the other liked and you have not seen."""

    item_id: Any
    title: str
    theirs: float | None
    weight: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two people side by side, each list at most k long.

    query      : the question, as plain values.
    similarity : the model's similarity of the two, in [-1, 1]; None if it has no such measure.
    n_shared   : the number of titles that both have watched.
    correlation: Pearson's, of the ratings of titles that both rated; None where it is not defined.
    shared_favorites : titles that both liked, the rarest first.
    differences      : titles that both rated and not both liked, largest difference first.
    they_loved       : titles that the other liked and you have not seen, their highest rating first, then the
                       rarest.
    notes      : remarks on this answer, for its reader.
    """

    query: dict[str, Any]
    similarity: float | None
    n_shared: int
    correlation: float | None
    shared_favorites: tuple[Shared, ...]
    differences: tuple[Difference, ...]
    they_loved: tuple[Unseen, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything except the query and the notes, as plain values."""
        return {
            "similarity": self.similarity,
            "n_shared": self.n_shared,
            "correlation": self.correlation,
            "shared_favorites": [row._asdict() for row in self.shared_favorites],
            "differences": [row._asdict() for row in self.differences],
            "they_loved": [row._asdict() for row in self.they_loved],
        }

    def __str__(self) -> str:
        summary = f"{self.n_shared} {'title' if self.n_shared == 1 else 'titles'} in common"
        if self.similarity is not None:
            summary += f", similarity {self.similarity:.3f} (from -1 to 1; higher is more similar)"
        parts = [summary]
        for heading, rows in (
            ("both liked", self.shared_favorites),
            ("most unlike", self.differences),
            ("they liked, you have not seen", self.they_loved),
        ):
            if rows:
                columns = [Column(heading, [row.title for row in rows], wide=True)]
                for name in ("yours", "theirs", "difference"):
                    if name in rows[0]._fields:
                        cells = [getattr(row, name) for row in rows]
                        columns.append(Column(name, [None if cell is None else f"{cell:.3g}" for cell in cells]))
                columns.append(Column("id", [row.item_id for row in rows]))
                parts.append(table(columns))
        return "\n\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def compare(
    yours: Histories,
    theirs: Histories,
    *,
    catalog: Catalog,
    row_counts: NDArray[Any],
    n_users: int,
    allowed: NDArray[np.bool_],
    k: int,
    query: dict[str, Any],
    similarity: float | None,
    notes: tuple[str, ...],
) -> Comparison:
    """The comparison of the watched rows of two people.

    yours, theirs : one person's rows each.
    row_counts    : int64 (n_items,), the number of rows of each item among the n_users users.
    allowed       : bool (n_items,), the items that may be listed.
    k             : the maximum length of each list.
    query, similarity, notes : as in Comparison.
    """
    you, other = yours.watched(), theirs.watched()
    titles, ids = catalog.columns().titles, catalog.items.ids
    n_items = len(catalog)
    your_rating, their_rating = (_by_item(one.rating, one, n_items) for one in (you, other))
    seen_by_you, seen_by_them = (
        _by_item(np.ones(len(one.item_index), np.float32), one, n_items) == 1 for one in (you, other)
    )
    you_like, they_like = (_by_item(one.liked_or_all(), one, n_items) == 1 for one in (you, other))
    weight = np.log((n_users + 1) / (np.asarray(row_counts, dtype=np.float64) + 1))

    both_like = you_like & they_like
    shared = np.flatnonzero(both_like & allowed)
    shared = shared[np.argsort(-weight[shared], kind="stable")][:k]

    both_rated = np.isfinite(your_rating) & np.isfinite(their_rating)
    gap = np.zeros(n_items)
    correlation = None
    if both_rated.any():
        gap = (your_rating - np.nanmean(you.rating)) - (their_rating - np.nanmean(other.rating))
        pair = your_rating[both_rated], their_rating[both_rated]
        if np.std(pair[0]) > 0 and np.std(pair[1]) > 0:
            correlation = float(np.corrcoef(*pair)[0, 1])
    unlike = np.flatnonzero(both_rated & ~both_like & allowed & (np.abs(np.nan_to_num(gap)) >= _MIN_DIFFERENCE))
    unlike = unlike[np.argsort(-np.abs(gap[unlike]), kind="stable")][:k]

    loved = np.flatnonzero(they_like & ~seen_by_you & allowed)
    loved = loved[np.lexsort((-weight[loved], -np.nan_to_num(their_rating[loved])))][:k]
    return Comparison(
        query=query,
        similarity=similarity,
        n_shared=int(np.sum(seen_by_you & seen_by_them)),
        correlation=correlation,
        shared_favorites=tuple(
            Shared(ids[i].item(), titles[i], _or_none(your_rating[i]), _or_none(their_rating[i]), float(weight[i]))
            for i in shared
        ),
        differences=tuple(
            Difference(ids[i].item(), titles[i], float(your_rating[i]), float(their_rating[i]), float(gap[i]))
            for i in unlike
        ),
        they_loved=tuple(
            Unseen(ids[i].item(), titles[i], _or_none(their_rating[i]), float(weight[i])) for i in loved
        ),
        notes=notes,
    )


def _by_item(values: NDArray[Any], history: Histories, n_items: int) -> NDArray[np.float64]:
    """float64 (n_items,): the value of each row of one person at its item, NaN elsewhere."""
    dense = np.full(n_items, np.nan)
    dense[history.item_index] = values
    return dense


def _or_none(rating: float) -> float | None:
    return None if np.isnan(rating) else float(rating)
