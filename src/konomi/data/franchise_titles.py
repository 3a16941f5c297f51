"""Which items belong to one franchise, as their titles say."""

import itertools
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from konomi.data.catalog import Catalog
from konomi.data.numbered import numbered

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
# A word in more titles than this links no titles.
_COMMON_WORD = 200

# The log-odds that two titles belong together, fitted once by logistic regression (L2 1e-5) to MyAnimeList's own
# relations between 12,294 titles; `benchmarks/bench_franchises.py` measures them.
_WEIGHTS = np.array([-5.25, 1.70, 3.41, 1.31, 2.36])
# Single linkage joins chains of items, so an edge must be clearly more likely than not.
_THRESHOLD = 1.0


def infer_franchises(catalog: Catalog) -> NDArray[np.int32]:
    """int32 (n_items,): the franchise number of each item, inferred from titles.

    Only pairs of items that share a word are compared. The log-odds that they belong together are w.f, and the
    features f are: 1; whether the titles before a colon or dash are equal except for words such as "2nd Season";
    whether one of them starts with all of the other; the sum of the rarity of the words that both start with; the
    sum of the rarity of all shared words. Rarity is log(n / number of titles with the word) / log(n).
    Items that are linked by likely pairs, directly or through other items, are one franchise (single linkage).
    Franchises are numbered in the order of their first items.
    """
    n = len(catalog)
    titles = _Titles.of(catalog)
    first, second = titles.candidates()
    if len(first) == 0:
        return np.arange(n, dtype=np.int32)
    likely = titles.features(first, second) @ _WEIGHTS > _THRESHOLD
    edges = sp.coo_array((np.ones(int(likely.sum())), (first[likely], second[likely])), shape=(n, n))
    return numbered(connected_components(edges, directed=False)[1].tolist())


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
