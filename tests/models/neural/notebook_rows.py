"""What the notebook learns from, made out of a file's rows as its lines make it, in plain Python."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

N_ITEMS = 1200
SCRIPT_USER = 77  # a list of 1,100 rows and no score, which `ingest` leaves out unless it is told to keep bots

FileRow = tuple[int, int, int]  # user_id, anime_id, rating
Row = tuple[int, int, float]  # user's number, item's number, scaled rating


@dataclass(frozen=True)
class PlainRows:
    """Ids in the order of their numbers, rows in the order of the file, and the permutation that shuffles them."""

    users: list[int]
    items: list[int]
    rows: list[Row]
    order: list[int]

    @property
    def n_test(self) -> int:
        """The notebook's 10,000; konomi holds out a tenth of fewer than 100,000 rows."""
        return min(10_000, len(self.rows) // 10)

    @property
    def test(self) -> list[Row]:
        return [self.rows[place] for place in self.order[-self.n_test :]]

    @property
    def train(self) -> list[Row]:
        return [self.rows[place] for place in sorted(self.order[: -self.n_test])]


def plain_rows(file_rows: list[FileRow]) -> PlainRows:
    """Users with 400 rows, ratings scaled by their minimum and maximum, ids in order of first appearance."""
    n_rows = Counter(user for user, _, _ in file_rows)
    kept = [row for row in file_rows if n_rows[row[0]] >= 400]
    low, high = min(score for *_, score in kept), max(score for *_, score in kept)
    users, items = list(dict.fromkeys(row[0] for row in kept)), list(dict.fromkeys(row[1] for row in kept))
    user_number, item_number = ({one: n for n, one in enumerate(ids)} for ids in (users, items))
    rows = [(user_number[u], item_number[i], (score - low) / (high - low)) for u, i, score in kept]
    return PlainRows(users, items, rows, np.random.RandomState(73).permutation(len(rows)).tolist())


def dump_rows() -> list[FileRow]:
    """Rows like the 2020 dump's, one user after the other: 228 users with 400 rows or more, a third not scored."""
    rng = np.random.default_rng(2020)
    fame = 1 / np.sqrt(np.arange(1, N_ITEMS))
    item_ids = rng.permutation(50_000)[:N_ITEMS]
    lengths = [1, 399, 400, *rng.integers(405, 500, 226).tolist()]
    lists = dict(zip((100 + rng.permutation(90_000)[: len(lengths)]).tolist(), lengths, strict=True))
    rows = [(SCRIPT_USER, int(item), 0) for item in item_ids[:1100]]
    for user, n in lists.items():
        # The last item is only on the list of 399: the filter by rows takes it away, too.
        items = rng.choice(N_ITEMS - 1, n, replace=False, p=fame / fame.sum())
        scores = np.where(rng.random(n) < 0.33, 0, rng.integers(1, 11, n))
        rows += [(user, int(item_ids[item]), int(score)) for item, score in zip(items, scores, strict=True)]
        if n == 399:
            rows[-1] = (user, int(item_ids[-1]), 10)
    return rows
