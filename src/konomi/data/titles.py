"""TitleIndex: a search index of all titles of all items."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

_LONGEST_QUERY = 200
_SHORTEST_TYPO = 3
# The number of titles, those with most letter pairs in common, that are compared letter by letter.
_COMPARED = 300
_MIN_SIMILARITY = 72
# The number of letter pairs, the rarest of all words of a query, that select the titles to read.
_INTERSECTED = 8


def fold(title: str) -> str:
    """The title without differences of case, width and white space."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


@dataclass(frozen=True, eq=False)
class TitleIndex:
    """Folded titles, one entry for each title of each item, ordered by descending number of members.

    texts        : the folded title of each entry.
    items        : the item of each entry.
    items_with   : folded title -> the items that have it, ascending.
    members      : int64 (n_items,), the number of members of each item.
    joined       : "\\n" and then each text followed by "\\n": one string, searched with str.find.
    starts       : int64 (n_entries,), the position in `joined` at which each text begins.
    pair_offsets, pair_entries : for each hash of two letters, the entries whose text contains them.
    n_pairs      : float32 (n_entries,), the number of letter pairs of each text.
    """

    texts: list[str]
    items: list[int]
    items_with: dict[str, list[int]]
    members: NDArray[np.int64]
    joined: str
    starts: NDArray[np.int64]
    pair_offsets: NDArray[np.int64]
    pair_entries: NDArray[np.int32]
    n_pairs: NDArray[np.float32]

    @classmethod
    def of(cls, columns: Sequence[Sequence[str | None]], members: NDArray[np.int64]) -> "TitleIndex":
        """The index of these columns of titles, each (n_items,), main titles first."""
        items_with: dict[str, list[int]] = {}
        entries: dict[tuple[str, int], None] = {}
        for item, titles in enumerate(zip(*columns, strict=True)):
            for title in titles:
                folded = fold(title) if title else ""
                if folded and (folded, item) not in entries:
                    entries[folded, item] = None
                    items_with.setdefault(folded, []).append(item)
        n_members = members.tolist()
        ordered = sorted(entries, key=lambda entry: (-n_members[entry[1]], entry[1]))
        texts = [text for text, _ in ordered]
        joined = "\n" + "".join(f"{text}\n" for text in texts)
        lengths = np.array([len(text) + 1 for text in texts], dtype=np.int64)
        ends = np.cumsum(lengths)
        entry_of_letter = np.concatenate([[0], np.repeat(np.arange(len(texts)), lengths)])
        in_one_text = entry_of_letter[:-1] == entry_of_letter[1:]
        pairs, pair_entries = _pairs(joined)[in_one_text], entry_of_letter[:-1][in_one_text]
        order = np.argsort(pairs, kind="stable")
        return cls(
            texts,
            [item for _, item in ordered],
            items_with,
            members,
            joined,
            1 + ends - lengths,
            np.searchsorted(pairs[order], np.arange((1 << 16) + 1)),
            pair_entries[order].astype(np.int32),
            np.bincount(pair_entries, minlength=len(texts)).astype(np.float32),
        )

    def indices_with_title(self, title: str) -> list[int]:
        """The indices of all items with this title. Case and width do not matter."""
        return self.items_with.get(fold(title), [])

    def search(self, query: str, *, limit: int) -> list[int]:
        """The indices of the items whose titles match the query, best first; see `Catalog.search`."""
        wanted = fold(query[:_LONGEST_QUERY])
        if not wanted or limit < 1:
            return []
        # A dict keeps the order in which items were found, and each only once.
        matches: dict[int, None] = dict.fromkeys(sorted(self.indices_with_title(wanted), key=self._by_members))
        for entries in (self._containing("\n" + wanted), self._containing_all(wanted.split())):
            for entry in entries:
                if len(matches) >= limit:
                    break
                matches[self.items[entry]] = None
        if len(matches) < limit and len(wanted) >= _SHORTEST_TYPO:
            matches.update(dict.fromkeys(self._similar(wanted)))
        return list(matches)[:limit]

    def _containing(self, part: str) -> Iterator[int]:
        """The entries whose text contains `part`, in order. A part that begins with "\\n" begins its text."""
        position = self.joined.find(part)
        while position >= 0:
            entry = int(np.searchsorted(self.starts, position + (part[0] == "\n"), side="right")) - 1
            yield entry
            position = self.joined.find(part, int(self.starts[entry]) + len(self.texts[entry]))

    def _containing_all(self, words: list[str]) -> Iterator[int]:
        """The entries whose text contains each of these words, in order."""
        if len(words) == 1:
            yield from self._containing(words[0])
            return
        spans = [self._with_pair(pair) for word in words for pair in _pairs(word).tolist()]
        spans.sort(key=len)
        candidates: Iterable[int]
        if spans:
            # Many titles contain a common word, but few contain all letter pairs of all words.
            remaining = spans[0]
            for span in spans[1:_INTERSECTED]:
                has_pair = np.zeros(len(self.texts), dtype=np.bool_)
                has_pair[span] = True
                remaining = remaining[has_pair[remaining]]
            candidates = np.unique(remaining).tolist()
        else:
            candidates = self._containing(min(words, key=self.joined.count))
        for entry in candidates:
            if all(word in self.texts[entry] for word in words):
                yield entry

    def _with_pair(self, pair: int) -> NDArray[np.int32]:
        """The entries with this letter pair, ascending; an entry occurs as often as the pair does in its text."""
        return self.pair_entries[self.pair_offsets[pair] : self.pair_offsets[pair + 1]]

    def _similar(self, wanted: str) -> list[int]:
        """The items with titles similar to `wanted`, most similar first, then by descending number of members."""
        pairs = _pairs("\n" + wanted + "\n")[1:-1]
        spans = [self._with_pair(pair) for pair in np.unique(pairs).tolist()]
        n_shared = np.bincount(np.concatenate([*spans, np.empty(0, np.int32)]), minlength=len(self.texts))
        share = n_shared / (len(pairs) + 0.2 * self.n_pairs)
        n_compared = min(_COMPARED, len(self.texts))
        candidates = np.argpartition(-share, n_compared - 1)[:n_compared]
        candidates = np.sort(candidates[n_shared[candidates] > 0])
        hits = process.extract(
            wanted,
            {int(entry): self.texts[entry] for entry in candidates},
            scorer=fuzz.WRatio,
            limit=None,
            score_cutoff=_MIN_SIMILARITY,
        )
        similarity: dict[int, float] = {}
        for _, score, entry in hits:
            item = self.items[entry]
            similarity[item] = max(score, similarity.get(item, 0.0))
        return sorted(similarity, key=lambda item: (-round(similarity[item]), -self.members[item], item))

    def _by_members(self, item: int) -> tuple[int, int]:
        return (-int(self.members[item]), item)


def _pairs(text: str) -> NDArray[np.int64]:
    """int64 (len(text) - 1,): a 16-bit hash of each two neighboring letters."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    return (letters[:-1] * 31 + letters[1:] * 8191) & 0xFFFF
