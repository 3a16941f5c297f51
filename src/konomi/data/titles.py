"""TitleIndex: every title of every item, found as somebody types it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

_LONGEST_QUERY = 200
_SHORTEST_TYPO = 3
# Of the titles with most letter pairs in common, how many are compared letter by letter.
_COMPARED = 300
_LEAST_LIKENESS = 72
# Of the pairs of letters of several words, so many of the rarest say which titles are read for the words.
_INTERSECTED = 8


def fold(title: str) -> str:
    """A title as it is compared: case, width and surrounding space do not count."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


@dataclass(frozen=True, eq=False)
class TitleIndex:
    """Folded titles, one entry for each title of each item, those of well-known items first.

    texts  : the folded title of each entry.
    rows   : the item of each entry.
    known  : folded title -> the rows of all items that bear it, ascending.
    fame   : int64 (n_items,).
    joined : "\n" + the texts, each with "\n" behind it: one string that C searches.
    starts : int64 (n_entries,), where each text begins in `joined`.
    pair_offsets, pair_entries : for each hash of two letters the entries whose text holds them.
    n_pairs : float32 (n_entries,), how many pairs of letters each text has.
    """

    texts: list[str]
    rows: list[int]
    known: dict[str, list[int]]
    fame: NDArray[np.int64]
    joined: str
    starts: NDArray[np.int64]
    pair_offsets: NDArray[np.int64]
    pair_entries: NDArray[np.int32]
    n_pairs: NDArray[np.float32]

    @classmethod
    def of(cls, columns: Sequence[Sequence[str | None]], fame: NDArray[np.int64]) -> "TitleIndex":
        """The index of these columns of titles, each (n_items,), main titles first."""
        known: dict[str, list[int]] = {}
        entries: dict[tuple[str, int], None] = {}
        for row, titles in enumerate(zip(*columns, strict=True)):
            for title in titles:
                folded = fold(title) if title else ""
                if folded and (folded, row) not in entries:
                    entries[folded, row] = None
                    known.setdefault(folded, []).append(row)
        famous = fame.tolist()
        ordered = sorted(entries, key=lambda entry: (-famous[entry[1]], entry[1]))
        texts = [text for text, _ in ordered]
        joined = "\n" + "".join(f"{text}\n" for text in texts)
        lengths = np.array([len(text) + 1 for text in texts], dtype=np.int64)
        ends = np.cumsum(lengths)
        entry_of_letter = np.concatenate([[0], np.repeat(np.arange(len(texts)), lengths)])
        in_one_text = entry_of_letter[:-1] == entry_of_letter[1:]
        pairs, holders = _pairs(joined)[in_one_text], entry_of_letter[:-1][in_one_text]
        order = np.argsort(pairs, kind="stable")
        return cls(
            texts,
            [row for _, row in ordered],
            known,
            fame,
            joined,
            1 + ends - lengths,
            np.searchsorted(pairs[order], np.arange((1 << 16) + 1)),
            holders[order].astype(np.int32),
            np.bincount(holders, minlength=len(texts)).astype(np.float32),
        )

    def indices_with_title(self, title: str) -> list[int]:
        """Row numbers of all items that bear this title, case and width folded."""
        return self.known.get(fold(title), [])

    def search(self, query: str, *, limit: int) -> list[int]:
        """Row numbers of the items whose titles fit what somebody types, best first: see `Catalog.search`."""
        wanted = fold(query[:_LONGEST_QUERY])
        if not wanted or limit < 1:
            return []
        found: dict[int, None] = dict.fromkeys(sorted(self.indices_with_title(wanted), key=self._by_fame))
        for places in (self._holding("\n" + wanted), self._holding_all(wanted.split())):
            for place in places:
                if len(found) >= limit:
                    break
                found[self.rows[place]] = None
        if len(found) < limit and len(wanted) >= _SHORTEST_TYPO:
            found.update(dict.fromkeys(self._nearly(wanted)))
        return list(found)[:limit]

    def _holding(self, part: str) -> Iterator[int]:
        """The entries whose text holds `part`, best known first."""
        at = self.joined.find(part)
        while at >= 0:
            # A part that begins with the line end stands before its text.
            place = int(np.searchsorted(self.starts, at + (part[0] == "\n"), side="right")) - 1
            yield place
            at = self.joined.find(part, int(self.starts[place]) + len(self.texts[place]))

    def _holding_all(self, words: list[str]) -> Iterator[int]:
        """The entries whose text holds each of these words, best known first."""
        if len(words) == 1:
            yield from self._holding(words[0])
            return
        spans = [self._with_pair(pair) for word in words for pair in _pairs(word).tolist()]
        spans.sort(key=len)
        places: Iterable[int]
        if spans:
            # The holders of a common word are many; few titles hold all pairs of letters of all words.
            near = spans[0]
            for span in spans[1:_INTERSECTED]:
                holds = np.zeros(len(self.texts), dtype=np.bool_)
                holds[span] = True
                near = near[holds[near]]
            places = np.unique(near).tolist()
        else:
            places = self._holding(min(words, key=self.joined.count))
        for place in places:
            if all(word in self.texts[place] for word in words):
                yield place

    def _with_pair(self, pair: int) -> NDArray[np.int32]:
        """The entries with this pair of letters, ascending, some more than once."""
        return self.pair_entries[self.pair_offsets[pair] : self.pair_offsets[pair + 1]]

    def _nearly(self, wanted: str) -> list[int]:
        """Rows of the items with titles like `wanted` but for typing errors, likest first, then best known."""
        pairs = _pairs("\n" + wanted + "\n")[1:-1]
        spans = [self._with_pair(pair) for pair in np.unique(pairs).tolist()]
        shared = np.bincount(np.concatenate([*spans, np.empty(0, np.int32)]), minlength=len(self.texts))
        likeness = shared / (len(pairs) + 0.2 * self.n_pairs)
        n_compared = min(_COMPARED, len(self.texts))
        near = np.argpartition(-likeness, n_compared - 1)[:n_compared]
        near = np.sort(near[shared[near] > 0])
        hits = process.extract(
            wanted,
            {int(place): self.texts[place] for place in near},
            scorer=fuzz.WRatio,
            limit=None,
            score_cutoff=_LEAST_LIKENESS,
        )
        close: dict[int, float] = {}
        for _, score, place in hits:
            row = self.rows[place]
            close[row] = max(score, close.get(row, 0.0))
        return sorted(close, key=lambda row: (-round(close[row]), -self.fame[row], row))

    def _by_fame(self, row: int) -> tuple[int, int]:
        return (-int(self.fame[row]), row)


def _pairs(text: str) -> NDArray[np.int64]:
    """int64 (len(text) - 1,): a 16-bit hash of each two neighboring letters."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    return (letters[:-1] * 31 + letters[1:] * 8191) & 0xFFFF
