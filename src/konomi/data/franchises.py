"""Franchises: which items are parts of one work, read off titles and co-watching, and in which order they came."""

import itertools
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from konomi.data.catalog import Catalog
from konomi.data.ratings import Ratings

# Words that distinguish the parts of one work, so they do not help to recognize the work.
_PART_WORDS = frozenset(  # one text: a list of words would take ninety lines
    re.findall(
        r"\w+",
        "season seasons 1st 2nd 3rd 4th 5th 6th 7th 8th first second third fourth fifth final part cour "
        "movie movies film films gekijouban eiga ova ovas ona oad oads special specials tv pilot recap "
        "recaps digest soushuuhen episode ep picture drama extra bonus zoku shin kai sp dvd bd new mini "
        "memorial remake compilation prologue epilogue the ii iii iv v vi vii viii ix x series stage act "
        "chapter zero ni san hen",
    )
)
_OPENING_WORDS = frozenset(["gekijouban", "eiga", "the", "new", "shin", "zoku", "movie", "a"])
_PART_WORD_RARITY = 0.106
# A word of more titles than this links nothing.
_COMMON_WORD = 200
# Co-watching is counted over at most so many users, evenly spaced.
_COUNTED_USERS = 10_000

# The log-odds that two titles belong together, fitted once by logistic regression (L2 1e-5) to MyAnimeList's own
# relations between 12,294 titles; `benchmarks/bench_franchises.py` measures them.
_TITLE_WEIGHTS = np.array([-5.25, 1.70, 3.41, 1.31, 2.36])
_ALL_WEIGHTS = np.array([-5.90, 1.96, 3.00, 1.23, 2.21, 1.81, 0.390])
# Single linkage chains, so an edge must be likelier than not by a good deal.
_TITLE_THRESHOLD = 1.0
_ALL_THRESHOLD = 1.5

# The types that continue a story. The first of these that a franchise has is its main type.
_MAIN_TYPES = ("TV", "Movie", "ONA", "OVA")


@dataclass(frozen=True, eq=False)
class Franchises:
    """The franchise of each item, and the part that comes before it.

    number      : int32 (n_items,), the number of the franchise, 0 ... n_franchises - 1, in the order of the first
                  item of each franchise.
    predecessor : int32 (n_items,), the part to watch before this one; -1 for a first part.
    """

    number: NDArray[np.int32]
    predecessor: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.number.dtype != np.int32 or self.predecessor.dtype != np.int32:
            raise ValueError("number and predecessor are int32")
        if self.number.ndim != 1 or self.number.shape != self.predecessor.shape:
            raise ValueError(f"number and predecessor are (n_items,), got {self.number.shape}")

    @classmethod
    def of(cls, catalog: Catalog, watched: Any = None) -> "Franchises":
        """The franchises of a catalog: those that it names, or else those that `infer` finds."""
        number = named_franchises(catalog)
        number = infer_franchises(catalog, watched) if number is None else number
        return cls(number, predecessors(catalog, number))


def named_franchises(catalog: Catalog) -> NDArray[np.int32] | None:
    """int32 (n_items,): the franchises that the catalog names, an unnamed item alone; None if it names none."""
    names = catalog.frame["franchise"].to_list()
    if not any(names):
        return None
    return _numbered([name or f"\0{row}" for row, name in enumerate(names)])


def infer_franchises(catalog: Catalog, watched: Any = None) -> NDArray[np.int32]:
    """int32 (n_items,): the franchise number of each item, from titles and, where given, co-watching.

    watched : Ratings; or an n_items x n_items array, dense or SciPy's, of how many people watched both
              (X'X, its diagonal the watchers); None for titles alone.
    Two items that share a word have log-odds w.f of belonging together, with f:
        1; the titles before a colon or dash are the same but for words such as "2nd Season"; one begins with
        all of the other; the rarity of the words that both begin with; the rarity of all shared words;
        with co-watching also c_ij / min(c_i, c_j) and log(1 + n_users c_ij / (c_i c_j)).
    Rarity is log(n / titles with the word) / log(n). Items linked by likely edges, also through others, are one
    franchise (single linkage), numbered in row order of its first item.
    """
    n = len(catalog)
    titles = _Titles.of(catalog)
    first, second = titles.candidates()
    if len(first) == 0:
        return np.arange(n, dtype=np.int32)
    features = titles.features(first, second)
    if watched is None:
        likely = features @ _TITLE_WEIGHTS > _TITLE_THRESHOLD
    else:
        together = _together(first, second, watched)
        likely = np.column_stack([features, together]) @ _ALL_WEIGHTS > _ALL_THRESHOLD
    edges = sp.coo_array((np.ones(int(likely.sum())), (first[likely], second[likely])), shape=(n, n))
    return _numbered(connected_components(edges, directed=False)[1].tolist())


def predecessors(catalog: Catalog, number: NDArray[np.int32]) -> NDArray[np.int32]:
    """int32 (n_items,): the part that comes before each item in its franchise; -1 for a first part.

    The main parts of a franchise are those of type TV or, if it has none, of the first type that it has among
    Movie, ONA and OVA. They are ordered by year (unknown last) and then by id, and each follows the one before.
    Any other part follows the last main part of an earlier or the same year, or else the first main part.
    """
    kinds = catalog.frame["type"].to_list()
    years = np.array([9999 if year is None else year for year in catalog.frame["year"].to_list()])
    age = np.argsort(catalog.items.ids, kind="stable")
    id_rank = np.empty(len(catalog), dtype=np.int64)
    id_rank[age] = np.arange(len(catalog))
    in_order = np.lexsort((id_rank, years, number))
    starts = np.flatnonzero(np.diff(number[in_order], prepend=-1))
    before = np.full(len(catalog), -1, dtype=np.int32)
    for members in np.split(in_order, starts[1:]):
        if len(members) == 1:
            continue
        main_type = next((kind for kind in _MAIN_TYPES if any(kinds[m] == kind for m in members)), None)
        main = [m for m in members if main_type is None or kinds[m] == main_type]
        before[main[1:]] = main[:-1]
        for part in set(members.tolist()) - set(map(int, main)):
            earlier = [m for m in main if years[m] <= years[part] and years[m] < 9999]
            before[part] = earlier[-1] if earlier else main[0]
    return before


def with_franchises(catalog: Catalog, watched: Any = None) -> Catalog:
    """The catalog with its franchise column filled: what it names itself, or else what `infer` finds.

    A franchise of several items is called by the title of its first part; an item alone has none.
    """
    if named_franchises(catalog) is not None:
        return catalog
    found = Franchises.of(catalog, watched)
    size = np.bincount(found.number)
    name: dict[int, str] = {}
    for row in np.flatnonzero(found.predecessor < 0):
        name.setdefault(int(found.number[row]), catalog.frame["title"][int(row)])
    taken: dict[str, int] = {}
    for number, title in name.items():  # two works of one title keep apart
        taken[title] = taken.get(title, 0) + 1
        name[number] = title if taken[title] == 1 else f"{title} ({taken[title]})"
    column = [name[number] if size[number] > 1 else None for number in found.number.tolist()]
    return Catalog(catalog.items, catalog.frame.with_columns(pl.Series("franchise", column, dtype=pl.String)))


@dataclass(frozen=True, eq=False)
class _Titles:
    """The words of all titles.

    words  : all words of each title.
    heads  : of each title the words before the first colon or dash, without the part words at their end.
    rarity : word -> log(n_items / number of titles with the word) / log(n_items), in [0, 1].
    """

    words: list[frozenset[str]]
    heads: list[tuple[str, ...]]
    rarity: dict[str, float]

    @classmethod
    def of(cls, catalog: Catalog) -> "_Titles":
        folded = [_fold(title) for title in catalog.titles]
        words = [frozenset(_words(title)) for title in folded]
        heads = [_head(title) for title in folded]
        count: dict[str, int] = defaultdict(int)
        for title in words:
            for word in title:
                count[word] += 1
        scale = np.log(max(len(words), 2))
        rarity = {word: float(np.log(len(words) / n) / scale) for word, n in count.items()}
        for word in _PART_WORDS & rarity.keys():
            rarity[word] = min(rarity[word], _PART_WORD_RARITY)
        return cls(words, heads, rarity)

    def candidates(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pairs of items (lower index, higher index) that share a word, ascending."""
        items_with: dict[str, list[int]] = defaultdict(list)
        for item, title in enumerate(self.words):
            for word in title:
                items_with[word].append(item)
        n = len(self.words)
        keys = [
            np.fromiter((a * n + b for a, b in itertools.combinations(items, 2)), dtype=np.int64)
            for items in items_with.values()
            if 2 <= len(items) <= _COMMON_WORD
        ]
        pairs = np.unique(np.concatenate(keys)) if keys else np.empty(0, dtype=np.int64)
        return pairs // n, pairs % n

    def features(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """float64 (n_pairs, 5): the features of each pair that come from titles, see `infer_franchises`."""
        rows = np.empty((len(first), 5))
        rarity, words, heads = self.rarity, self.words, self.heads
        for pair, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            head_a, head_b = heads[a], heads[b]
            n_common = 0
            rarity_of_common = 0.0
            for word_a, word_b in zip(head_a, head_b, strict=False):
                if word_a != word_b:
                    break
                n_common += 1
                rarity_of_common += rarity[word_a]
            rarity_of_shared = sum(rarity[word] for word in words[a] & words[b])
            starts_with = n_common == min(len(head_a), len(head_b))
            rows[pair] = (1, head_a == head_b, starts_with, rarity_of_common, rarity_of_shared)
        return rows


def _together(first: NDArray[np.int64], second: NDArray[np.int64], watched: Any) -> NDArray[np.float64]:
    """float64 (n_pairs, 2): confidence and log-lift of co-watching."""
    if isinstance(watched, Ratings):
        both, alone, n_users = _count(first, second, watched)
    else:
        diagonal = np.asarray(watched.diagonal(), dtype=np.float64)
        both, alone = np.asarray(watched[first, second], dtype=np.float64).ravel(), diagonal
        # Who watched nothing does not show in X'X; the most watched title, had by half of all, stands in.
        n_users = 2 * float(diagonal.max(initial=1))
    a, b = alone[first], alone[second]
    confidence = both / np.maximum(np.minimum(a, b), 1)
    lift = both * n_users / np.maximum(a * b, 1)
    return np.column_stack([confidence, np.log1p(lift)])


def _count(
    first: NDArray[np.int64], second: NDArray[np.int64], ratings: Ratings
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """How many counted users watched both, how many each item, and how many users were counted."""
    n_counted = min(_COUNTED_USERS, ratings.n_users)
    users = np.arange(n_counted) * ratings.n_users // max(n_counted, 1)
    X = ratings.histories(users).watched().matrix().tocsc()
    alone = np.diff(X.indptr).astype(np.float64)
    both = np.zeros(len(first))
    mark = np.zeros(n_counted, dtype=np.int32)
    starts = np.flatnonzero(np.diff(first, prepend=-1))
    for start, stop in zip(starts, np.append(starts[1:], len(first)), strict=True):
        watchers = X.indices[X.indptr[first[start]] : X.indptr[first[start] + 1]]
        if len(watchers) == 0:
            continue
        mark[watchers] = 1
        others = [X.indices[X.indptr[b] : X.indptr[b + 1]] for b in second[start:stop]]
        ends = np.cumsum([len(one) for one in others])
        total = np.concatenate([[0], np.cumsum(mark[np.concatenate(others)])])[np.concatenate([[0], ends])]
        both[start:stop] = np.diff(total)
        mark[watchers] = 0
    return both, alone, float(n_counted)


def _numbered(labels: list[Any]) -> NDArray[np.int32]:
    number: dict[Any, int] = {}
    return np.array([number.setdefault(label, len(number)) for label in labels], dtype=np.int32)


def _fold(title: str) -> str:
    return unicodedata.normalize("NFKC", title).casefold()


def _words(title: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"['’]", "", title))


def _head(title: str) -> tuple[str, ...]:
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", title)
    start = re.split(r":\s|\s[-~–—]\s?|~$", bare)[0]
    words = _words(start) or _words(bare) or _words(title)
    while len(words) > 1 and (words[-1] in _PART_WORDS or words[-1].isdigit() or words[-1] in "rstxz"):
        words.pop()
    while len(words) > 1 and words[0] in _OPENING_WORDS:
        words.pop(0)
    return tuple(words)
