"""Synthetic rows, against a plain-Python twin that draws the same random numbers; alias tables; lines."""

import bisect
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels.synthetic import (
    _bell,
    _bits,
    _choose_at_once,
    _draw_one_by_one,
    _uniform,
    draw_rows,
    fill_alias,
    write_lines,
)
from konomi.synthetic.ratings import Planted, alias_tables, planted

MASK = 2**64 - 1
ROW = np.dtype([("user", "i4"), ("item", "i4"), ("episodes", "i2"), ("rating", "u1"), ("status", "u1")])


class SplitMix64:
    """The random numbers of a user, with Python's integers."""

    def __init__(self, state: int) -> None:
        self.state = state

    @classmethod
    def of_user(cls, user: int, seed: int) -> "SplitMix64":
        mixed = cls(user * 0x94D049BB133111EB & MASK)
        return cls(cls(mixed.bits() ^ seed).bits())

    def bits(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    def uniform(self) -> float:
        return (self.bits() >> 11) / 2**53

    def bell(self) -> float:
        z = self.bits()
        return (sum(z >> shift & 0xFFFF for shift in (0, 16, 32, 48)) / 65536 - 2) * 1.7320508

    def below(self, n: int) -> int:
        return int(self.uniform() * n)


class Twin:
    """`draw_rows` with Python's lists and numbers, one user at a time."""

    def __init__(self, truth: Planted) -> None:
        names = truth.items.dtype.names
        assert names is not None
        self.items = [dict(zip(names, one.tolist(), strict=True)) for one in truth.items]
        self.alias = alias_tables(truth)
        self.segments = truth.segments.tolist()
        self.n_tastes = self.segments[0][2]
        self.truth = truth

    def rows(self, user: int) -> list[tuple[int, ...]]:
        """Tuples of user, item, episodes, rating, status."""
        facts, own = self.truth.users[user], self.truth.niches[user].tolist()
        rng = SplitMix64.of_user(user, self.truth.seed)
        n_distinct = int(facts["length"]) - int(facts["n_repeated"])
        choose = self.at_once if n_distinct > len(self.items) / 16 else self.one_by_one
        found = [self.row(user, facts, own, self.items[item], rng) for item in choose(n_distinct, own, rng)]
        for _ in range(int(facts["n_repeated"])):
            *who, rating, status = found[rng.below(n_distinct)]
            found.append((*who, 1 + rating % 10 if rating else 0, status))
        return found

    def one_by_one(self, n_wanted: int, own: list[int], rng: SplitMix64) -> list[int]:
        chosen: list[int] = []
        while len(chosen) < n_wanted:
            level = segment = 0
            u = rng.uniform()
            if u >= 0.3:
                niche = own[int(rng.uniform() ** 2 * 6)]
                segment = 1 + self.n_tastes + niche
                level = 2
                if u < 0.45:
                    level, segment = 1, 1 + self.segments[segment][2]
            first, size, _ = self.segments[segment]
            item = first + rng.below(size)
            keep, other = self.alias[level, item].tolist()
            if rng.uniform() >= keep:
                item = first + other
            if item in chosen:
                continue
            chosen.append(item)
            for sibling in range(self.items[item]["franchise_first"], self.items[item]["franchise_last"]):
                if len(chosen) < n_wanted and sibling not in chosen and rng.uniform() < 0.5:
                    chosen.append(sibling)
        return chosen

    def at_once(self, n_wanted: int, own: list[int], rng: SplitMix64) -> list[int]:
        weights = [0.3 * item["weight_in_all"] for item in self.items]
        for slot, niche in enumerate(own):
            share = math.sqrt((slot + 1) / 6) - math.sqrt(slot / 6)
            first, size, taste = self.segments[1 + self.n_tastes + niche]
            for i in range(first, first + size):
                weights[i] += 0.55 * share * self.items[i]["weight_in_niche"]
            first, size, _ = self.segments[1 + taste]
            for i in range(first, first + size):
                weights[i] += 0.15 * share * self.items[i]["weight_in_taste"]
        keys = []
        together = 0.0
        for i, item in enumerate(self.items):
            if item["franchise_first"] == i:
                together = -math.log(1 - rng.uniform())
            alone = -math.log(1 - rng.uniform())
            keys.append((together if rng.uniform() < 0.5 else alone) / weights[i])
        return sorted(np.argsort(keys, kind="stable")[:n_wanted].tolist())

    def row(self, user: int, facts: Any, own: list[int], item: dict[str, Any], rng: SplitMix64) -> tuple[int, ...]:
        tastes = [self.segments[1 + self.n_tastes + niche][2] for niche in own]
        match = -0.45
        # An item of one of the user's niches counts more than an item of one of the user's tastes.
        for niche, taste in zip(own, tastes, strict=True):
            if niche == item["niche"]:
                match = 0.55
                break
            if taste == item["taste"]:
                match = 0.1
        enjoyment = match + item["quality"] + 0.75 * rng.bell()
        status = 2
        if facts["bot"] == 0:
            chance, planned = rng.uniform(), float(facts["planned_share"])
            bounds = [0.07, 0.105, max(0.105, 0.13 - 0.04 * min(enjoyment, 0.5))]
            if chance < planned:
                status = 6
            else:
                status = (1, 3, 4, 2)[bisect.bisect_right(bounds, (chance - planned) / (1 - planned))]
        rating = 0
        if status != 6 and rng.uniform() < facts["scored_share"]:
            raw = float(facts["mean"]) + float(facts["spread"]) * enjoyment - (1.5 if status == 4 else 0)
            rating = int(min(max(math.floor(raw + 0.5), 1), 10))
        episodes = item["episodes"] if status == 2 else 0 if status == 6 else rng.below(item["episodes"])
        return user, item["id"], episodes, rating, status


@pytest.fixture(scope="module")
def truth() -> Planted:
    """60 users of 1 to 180 of 300 items; some are bots, some name items twice."""
    found = planted(n_users=60, n_items=300, n_rows=2400, seed=4)
    users = found.users.copy()
    users["length"][:2] = 1, 180
    users["n_repeated"] = np.where((np.arange(60) % 3 == 0) & (users["length"] > 12), 3, 0)
    users["bot"] = np.arange(60) % 10 == 9
    return replace(found, users=users)


def drawn(truth: Planted, first: int, end: int) -> NDArray[Any]:
    users = truth.users[first:end]
    rows = np.zeros(int(users["length"].sum()), dtype=ROW)
    alias = alias_tables(truth)
    draw_rows(
        first,
        users,
        truth.niches[first:end],
        truth.segments,
        alias,
        truth.items,
        np.uint64(truth.seed),
        rows,
    )
    return rows


def test_rows_are_those_of_the_twin(truth: Planted) -> None:
    n_distinct = truth.users["length"] - truth.users["n_repeated"]
    assert 10 < np.sum(n_distinct > 300 / 16) < 50  # both ways of drawing
    twin = Twin(truth)
    expected = [row for user in range(60) for row in twin.rows(user)]
    assert {status for *_, status in expected} == {1, 2, 3, 4, 6}
    assert drawn(truth, 0, 60).tolist() == expected


def test_the_rows_of_a_user_do_not_depend_on_the_other_users_of_a_call(truth: Planted) -> None:
    apart = np.concatenate([drawn(truth, 0, 17), drawn(truth, 17, 18), drawn(truth, 18, 60)])
    np.testing.assert_array_equal(apart, drawn(truth, 0, 60))


def test_random_numbers_are_those_of_the_twin() -> None:
    state, twin = np.array([2**64 - 5], dtype=np.uint64), SplitMix64(2**64 - 5)
    for _ in range(50):
        assert int(_bits(state)) == twin.bits()
        assert _uniform(state) == twin.uniform()
        assert _bell(state) == twin.bell()


def test_lines_equal_those_of_plain_formatting() -> None:
    rng = np.random.default_rng(0)
    dtype = np.dtype([("user", "i4"), ("item", "i4"), ("episodes", "i2"), ("rating", "u1"), ("status", "u1")])
    rows = np.zeros(500, dtype=dtype)
    rows["user"] = np.sort(rng.choice([0, 9, 10, 99, 12345, 2**31 - 1], 500))
    rows["item"] = rng.choice([1, 9, 10, 48492, 2**31 - 1], 500)
    rows["episodes"] = rng.choice([0, 1, 12, 3000], 500)
    rows["rating"], rows["status"] = rng.integers(0, 11, 500), rng.integers(1, 7, 500)
    out = np.empty(40 * 500, dtype=np.uint8)
    text = out[: write_lines(rows, out)].tobytes().decode()
    fields = ("user", "item", "rating", "status", "episodes")
    assert text == "".join(",".join(str(row[name]) for name in fields) + "\n" for row in rows)


def test_the_alias_table_reproduces_its_weights() -> None:
    weights = np.random.default_rng(0).random(37) ** 4
    table = np.zeros(37, dtype=np.dtype([("keep", "f4"), ("other", "i4")]))
    fill_alias(weights, table)
    found = table["keep"] + np.bincount(table["other"], weights=1 - table["keep"], minlength=37)
    assert np.allclose(found / 37, weights / weights.sum(), atol=1e-6)


def test_the_noise_has_zero_mean_and_unit_deviation() -> None:
    state = np.array([1], dtype=np.uint64)
    values = np.array([_bell(state) for _ in range(20_000)])
    assert abs(values.mean()) < 0.03
    assert abs(values.std() - 1) < 0.03


def test_both_ways_of_drawing_have_the_same_distribution() -> None:
    """8 of 200 items are drawn 4,000 times in each way. Without franchises the shares are the same."""
    truth = planted(n_users=1, n_items=200, n_rows=50, seed=2)
    items = truth.items.copy()
    items["franchise_first"] = np.arange(200)
    items["franchise_last"] = np.arange(1, 201)
    alias = alias_tables(replace(truth, items=items))
    state = np.array([3], dtype=np.uint64)
    taken, key, chosen = np.zeros(200, dtype=np.bool_), np.empty(200), np.empty(200, dtype=np.int64)
    one, other = np.zeros(200), np.zeros(200)
    for _ in range(4000):
        _draw_one_by_one(8, truth.niches[0], truth.segments, alias, items, state, taken, chosen)
        one[chosen[:8]] += 1
        _choose_at_once(8, truth.niches[0], truth.segments, items, state, key, chosen)
        other[chosen[:8]] += 1
    spread = np.sqrt(np.maximum(one + other, 1))
    assert np.abs((one - other) / spread).max() < 4.5
    assert not taken.any()
