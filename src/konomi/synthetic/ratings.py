"""Synthetic ratings with planted tastes, of any size up to that of the reference dump and beyond."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.errors import ConfigError
from konomi.kernels.synthetic import draw_rows, fill_alias, write_lines
from konomi.progress import SILENT, Progress
from konomi.storage.apart import require_apart
from konomi.storage.file import whole_file
from konomi.storage.parquet import growing_parquet

N_USERS, N_ITEMS, N_ROWS = 325_772, 17_562, 109_224_747
"""The size of the reference dump."""
HEADER = ("user_id", "anime_id", "rating", "watching_status", "watched_episodes")
TASTES = (
    "Action", "Adventure", "Cars", "Comedy", "Drama", "Ecchi", "Fantasy", "Game", "Historical", "Horror", "Josei",
    "Kids", "Magic", "Mecha", "Music", "Mystery", "Psychological", "Romance", "School", "Sci-Fi", "Shounen",
    "Slice of Life", "Sports", "Thriller",
)  # fmt: skip

_NICHES_PER_TASTE = 10
_SPREAD_OF_LENGTHS = 1.1  # of the logarithm: a quarter of the users then have two thirds of the rows
_LONGEST_OF_PERSON = 5000
_LONGEST_SHARE = 0.6  # of all items
_USUAL_SHARE = 0.1
_SHARE_REPEATED = 0.0005
_SHARE_BOTS = 0.002
_MOST_BOT_ROWS = 0.1
_ROWS_PER_BLOCK = 1 << 20
_BYTES_PER_ROW = 40

_ITEM = np.dtype(
    [
        ("id", "i4"),
        ("niche", "i4"),
        ("taste", "i4"),
        ("franchise_first", "i4"),
        ("franchise_last", "i4"),
        ("episodes", "i4"),
        ("quality", "f4"),
        ("weight_in_all", "f4"),
        ("weight_in_taste", "f4"),
        ("weight_in_niche", "f4"),
    ]
)
_USER = np.dtype(
    [
        ("length", "i4"),
        ("n_repeated", "i4"),
        ("bot", "i4"),
        ("mean", "f4"),
        ("spread", "f4"),
        ("planned_share", "f4"),
        ("scored_share", "f4"),
    ]
)
_ROW = np.dtype([("user", "i4"), ("item", "i4"), ("episodes", "i2"), ("rating", "u1"), ("status", "u1")])
_ALIAS = np.dtype([("keep", "f4"), ("other", "i4")])

Converted = TypeVar("Converted")


@dataclass(frozen=True, eq=False)
class Planted:
    """The planted tastes of synthetic users: the truth that a model should find.

    items    : records (n_items,), ordered by taste and niche. id; niche; taste; franchise_first and franchise_last
               (a range of indices in this array, without its end); episodes; quality (added to every rating of the
               item); weight_in_all, weight_in_taste, weight_in_niche (the probabilities of a draw, each sums to 1).
    users    : records (n_users,); user u has user_id u. length (number of rows); n_repeated (rows of an item that
               the user already has); bot (0 = a person, 1 = only top ratings, 2 = one rating for all, 3 = thousands
               of titles, 4 = no ratings); mean and spread of the ratings; planned_share; scored_share.
    niches   : uint16 (n_users, 6), the niches that each user watches, the most important first.
    segments : int32 (1 + n_tastes + n_niches, 3): a row for all items, then one for each taste, then one for each
               niche: the first item, the number of items, and for a niche its taste. segments[0, 2] is n_tastes.
    seed     : the seed of all random numbers.
    """

    items: NDArray[Any]
    users: NDArray[Any]
    niches: NDArray[np.uint16]
    segments: NDArray[np.int32]
    seed: int

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def n_rows(self) -> int:
        return int(self.users["length"].sum(dtype=np.int64))

    def catalog(self) -> pl.DataFrame:
        """One row for each item, ordered by id, with columns of the dump's catalog. The genre is the planted taste.

        The first title of a franchise is "Title 00017" if its id is 17; the others are "Title 00017 Part 2" and on.
        """
        items = self.items
        part = np.arange(len(items)) - items["franchise_first"] + 1
        first_id = items["id"][items["franchise_first"]]
        titles = [
            f"Title {number:05d}" + (f" Part {n}" if n > 1 else "")
            for number, n in zip(first_id, part, strict=True)
        ]
        kinds = np.where(items["episodes"] > 1, "TV", "Movie")
        frame = pl.DataFrame(
            {
                "MAL_ID": items["id"],
                "Name": titles,
                "Score": [f"{7 + quality:.2f}" for quality in items["quality"]],
                "Genres": [TASTES[taste] for taste in items["taste"]],
                "Type": kinds,
                "Episodes": items["episodes"].astype(str),
                "Members": np.rint(items["weight_in_all"] / items["weight_in_all"].max() * 2e6).astype(np.int64)
                + 1,
            }
        )
        return frame.sort("MAL_ID")


def synthesize(
    path: Path,
    *,
    n_users: int | None = None,
    n_items: int = N_ITEMS,
    n_rows: int = N_ROWS,
    seed: int = 0,
    items_path: Path | None = None,
    n_threads: int | None = None,
    progress: Progress = SILENT,
) -> Planted:
    """Write ratings to `path`, and return the tastes that are planted in them.

    path       : .csv or .parquet; written completely or not at all. The columns are those of the reference dump:
                 user_id (ascending from 0), anime_id, rating (0 = not rated), watching_status, watched_episodes.
    n_users    : None = as many as the dump has for that number of rows, or more if there are few items.
    items_path : a CSV file for the catalog; None = not written.
    n_threads  : None = one for each processor. It changes only the speed: the same seed gives the same bytes.
    Raises ConfigError, StorageError.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise ConfigError(f'"{path.name}" does not end in .csv or .parquet: give a name that does')
    if n_users is None:
        n_users = max(1, round(n_rows / min(N_ROWS / N_USERS, _USUAL_SHARE * n_items)))
    if items_path is not None:
        require_apart([path, Path(items_path)])
    truth = planted(n_users=n_users, n_items=n_items, n_rows=n_rows, seed=seed)
    # Both files or none: the catalog is put in place after the ratings.
    with ExitStack() as outputs:
        if items_path is not None:
            new = outputs.enter_context(whole_file(Path(items_path)))
            new.write_text(truth.catalog().write_csv(), encoding="utf-8")
        progress.start(f"write {path.name}", truth.n_rows)
        threads = n_threads or os.cpu_count() or 1
        write = _write_csv if path.suffix == ".csv" else _write_parquet
        write(truth, path, threads, progress)
    return truth


def planted(*, n_users: int, n_items: int, n_rows: int, seed: int) -> Planted:
    """The tastes that `synthesize` plants for the same sizes and seed.

    The popularity of items follows the catalog of the reference dump: weight (1 + 293 r)^-0.7 (1 + 5.9 r)^-3 at the
    relative rank r, and steeper for draws without regard to taste. The lengths of lists are log-normal, at most
    5,000 rows and 0.6 of the items.
    Raises ConfigError for sizes that are too small or do not fit together.
    """
    longest = int(_LONGEST_SHARE * n_items)
    for name, value, least in (("users", n_users, 1), ("items", n_items, 10), ("rows", n_rows, n_users)):
        if value < least:
            raise ConfigError(f"{name}={value:,} is too few: give at least {least:,}")
    most_rows = n_users * min(longest, _LONGEST_OF_PERSON)
    if n_rows > most_rows:
        raise ConfigError(
            f"{n_users:,} users and {n_items:,} items have at most {most_rows:,} rows (a list has at most "
            f"{min(longest, _LONGEST_OF_PERSON):,}), and rows={n_rows:,}: give more users or items"
        )
    if not 0 <= seed < 2**63:
        raise ConfigError(f"seed={seed} is out of range: seed is a whole number from 0 to 2^63 - 1")
    of_items, of_users = np.random.default_rng(seed).spawn(2)
    items, segments = _planted_items(n_items, of_items)
    niches = _planted_niches(items, segments, n_users, of_users)
    return Planted(items, _planted_users(n_users, n_rows, longest, of_users), niches, segments, seed)


def _planted_items(n_items: int, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[np.int32]]:
    n_tastes = min(max(n_items // 20, 1), len(TASTES))
    n_niches = n_tastes * min(max(n_items // (8 * n_tastes), 1), _NICHES_PER_TASTE)
    items = np.zeros(n_items, dtype=_ITEM)
    items["niche"] = np.sort(np.concatenate([np.arange(n_niches), rng.integers(0, n_niches, n_items - n_niches)]))
    items["taste"] = items["niche"] // (n_niches // n_tastes)
    items["id"] = rng.permutation(np.cumsum(rng.geometric(1 / 2.76, n_items)))

    # A franchise starts at the first item of a niche, and at any other item with probability 0.5.
    begins = rng.random(n_items) < 0.5
    begins[0] = True
    begins[1:] |= items["niche"][1:] != items["niche"][:-1]
    firsts = np.flatnonzero(begins)
    franchise = np.cumsum(begins) - 1
    items["franchise_first"] = firsts[franchise]
    items["franchise_last"] = np.append(firsts[1:], n_items)[franchise]

    fame = rng.normal(size=len(firsts))[franchise] + rng.normal(size=n_items)
    rank = np.empty(n_items)
    rank[np.argsort(-fame)] = np.arange(n_items) / n_items
    weight = (1 + 293 * rank) ** -0.7 * (1 + 5.9 * rank) ** -3.0
    famous = weight * (1 + 1000 * rank) ** -0.5
    items["weight_in_all"] = famous / famous.sum()
    for group, n_groups in (("taste", n_tastes), ("niche", n_niches)):
        total = np.bincount(items[group], weights=weight, minlength=n_groups)
        items[f"weight_in_{group}"] = weight / total[items[group]]
    items["quality"] = rng.normal(0.15 * (1 - 2 * rank), 0.35)
    length = rng.random(n_items)
    items["episodes"] = np.select(
        [length < 0.42, length < 0.8, length < 0.93],
        [1, 12 + rng.integers(0, 2, n_items), 24 + rng.integers(0, 3, n_items)],
    )
    items["episodes"][length >= 0.93] = rng.geometric(1 / 60, int(np.sum(length >= 0.93)))

    segments = np.zeros((1 + n_tastes + n_niches, 3), dtype=np.int32)
    segments[0] = 0, n_items, n_tastes
    for begin, group, n_groups in ((1, "taste", n_tastes), (1 + n_tastes, "niche", n_niches)):
        counts = np.bincount(items[group], minlength=n_groups)
        segments[begin : begin + n_groups, 0] = np.cumsum(counts) - counts
        segments[begin : begin + n_groups, 1] = counts
    segments[1 + n_tastes :, 2] = np.arange(n_niches) // (n_niches // n_tastes)
    return items, segments


def _planted_niches(
    items: NDArray[Any], segments: NDArray[np.int32], n_users: int, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Six niches for each user: three of a first taste, two of a second taste and one of any taste."""
    n_tastes = int(segments[0, 2])
    n_niches = len(segments) - 1 - n_tastes
    # Square roots: popular niches have more watchers, but each niche has some who watch little else.
    pull = np.sqrt(np.bincount(items["niche"], weights=items["weight_in_all"], minlength=n_niches))
    bounds = np.concatenate([[0.0], np.cumsum(pull)])
    per_taste = n_niches // n_tastes
    niches = np.empty((n_users, 6), dtype=np.uint16)

    def draw(first: NDArray[Any], last: NDArray[Any]) -> NDArray[Any]:
        drawn = bounds[first] + rng.random(n_users) * (bounds[last] - bounds[first])
        return np.clip(np.searchsorted(bounds, drawn, side="right") - 1, first, last - 1)

    start, end = np.zeros(n_users, dtype=np.int64), np.full(n_users, n_niches)
    for slots in ((0, 1, 3), (2, 4)):
        taste = draw(start, end) // per_taste
        for slot in slots:
            niches[:, slot] = draw(taste * per_taste, (taste + 1) * per_taste)
    niches[:, 5] = draw(start, end)
    return niches


def _planted_users(n_users: int, n_rows: int, longest: int, rng: np.random.Generator) -> NDArray[Any]:
    users = np.zeros(n_users, dtype=_USER)
    users["mean"] = rng.normal(7.6, 0.8, n_users)
    users["spread"] = rng.lognormal(np.log(1.6), 0.25, n_users)
    users["planned_share"] = 0.7 * rng.random(n_users) ** 2
    habit, sometimes = rng.random(n_users), rng.uniform(0.4, 1.0, n_users)
    users["scored_share"] = np.select([habit < 0.1, habit < 0.7], [0.0, 0.95], sometimes)

    bots = rng.permutation(n_users)[: round(_SHARE_BOTS * n_users)]
    kind = 1 + np.arange(len(bots)) % 4
    low, high = np.array([2100, 500, 5100, 1100])[kind - 1], np.array([5000, 2000, 12000, 4000])[kind - 1]
    length = np.minimum((low + (high - low) * rng.random(len(bots)) ** 2).astype(np.int64), longest)
    kept = np.cumsum(length) <= _MOST_BOT_ROWS * n_rows
    bots, kind, length = bots[kept], kind[kept], length[kept]
    users["bot"][bots], users["length"][bots] = kind, length
    users["planned_share"][bots] = 0
    users["scored_share"][bots] = np.where(kind == 4, 0.0, 1.0)
    users["mean"][bots] = np.where(kind == 1, 11, np.where(kind == 2, rng.integers(5, 11, len(bots)), 7))
    users["spread"][bots] = np.where(kind == 2, 0.0, 0.6)

    people = np.flatnonzero(users["bot"] == 0)
    users["length"][people] = _lengths(
        n_rows - int(length.sum()), min(longest, _LONGEST_OF_PERSON), rng.normal(size=len(people))
    )
    # A person with a list of thousands of titles has rated some of them.
    users["scored_share"][people] = np.where(
        users["length"][people] > 900, np.maximum(users["scored_share"][people], 0.4), users["scored_share"][people]
    )
    repeated = np.floor(users["length"] * _SHARE_REPEATED + rng.random(n_users))
    users["n_repeated"] = np.where((users["length"] >= 20) & (users["bot"] == 0), repeated, 0)
    return users


def _lengths(total: int, longest: int, normal: NDArray[np.float64]) -> NDArray[np.int64]:
    """Log-normal whole numbers in 1 ... longest whose sum is `total`, from standard normal numbers."""

    def lengths_for(mean_log: float) -> NDArray[np.int64]:
        return np.exp(np.minimum(mean_log + _SPREAD_OF_LENGTHS * normal, 40)).astype(np.int64).clip(1, longest)

    low, high = -20.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if lengths_for(middle).sum() <= total else (low, middle)
    lengths = lengths_for(low)
    while (missing := total - int(lengths.sum())) > 0:
        room = np.flatnonzero(lengths < longest)[:missing]
        lengths[room] += 1
    return lengths


def _blocks(users: NDArray[Any]) -> list[tuple[int, int]]:
    """The blocks of users (first, end) with about `_ROWS_PER_BLOCK` rows each."""
    ends = np.cumsum(users["length"], dtype=np.int64)
    cuts = np.searchsorted(ends, np.arange(_ROWS_PER_BLOCK, ends[-1], _ROWS_PER_BLOCK)) + 1
    bounds = np.unique(np.concatenate([[0], cuts, [len(users)]])).tolist()
    return list(pairwise(bounds))


def alias_tables(truth: Planted) -> NDArray[Any]:
    """Records of keep and other, (3, n_items): the alias tables of all items, of each taste and of each niche.

    Source: Walker 1977.
    """
    alias = np.zeros((3, truth.n_items), dtype=_ALIAS)
    n_tastes = int(truth.segments[0, 2])
    for number, (first, size, _) in enumerate(truth.segments):
        level = 0 if number == 0 else 1 if number <= n_tastes else 2
        weights = truth.items[("weight_in_all", "weight_in_taste", "weight_in_niche")[level]]
        fill_alias(weights[first : first + size].astype(np.float64), alias[level, first : first + size])
    return alias


def _converted(
    truth: Planted, convert: Callable[[NDArray[Any]], Converted], n_threads: int
) -> Iterator[tuple[int, Converted]]:
    """For each block of users, in order, the number of rows and the result of `convert` for the rows."""
    alias = alias_tables(truth)

    def draw(block: tuple[int, int]) -> tuple[int, Converted]:
        users = slice(*block)
        rows = np.empty(int(truth.users["length"][users].sum(dtype=np.int64)), dtype=_ROW)
        draw_rows(
            block[0],
            truth.users[users],
            truth.niches[users],
            truth.segments,
            alias,
            truth.items,
            np.uint64(truth.seed),
            rows,
        )
        return len(rows), convert(rows)

    with ThreadPoolExecutor(n_threads) as threads:
        pending: deque[Future[tuple[int, Converted]]] = deque()
        try:
            for block in _blocks(truth.users):
                pending.append(threads.submit(draw, block))
                # Only a few blocks ahead of the disk, so that memory is bounded.
                if len(pending) > n_threads + 1:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


def _write_csv(truth: Planted, path: Path, n_threads: int, progress: Progress) -> None:
    def lines(rows: NDArray[Any]) -> NDArray[np.uint8]:
        out = np.empty(len(rows) * _BYTES_PER_ROW, dtype=np.uint8)
        return out[: write_lines(rows, out)]

    with whole_file(path) as new, new.open("wb") as file:
        file.write((",".join(HEADER) + "\n").encode())
        for n_rows, text in _converted(truth, lines, n_threads):
            file.write(text.data)
            progress.advance(n_rows)


def _write_parquet(truth: Planted, path: Path, n_threads: int, progress: Progress) -> None:
    def frame(rows: NDArray[Any]) -> pl.DataFrame:
        columns = zip(HEADER, ("user", "item", "rating", "status", "episodes"), strict=True)
        return pl.DataFrame({name: np.ascontiguousarray(rows[field]) for name, field in columns})

    with growing_parquet(path) as append:
        for n_rows, rows in _converted(truth, frame, n_threads):
            append(rows)
            progress.advance(n_rows)
