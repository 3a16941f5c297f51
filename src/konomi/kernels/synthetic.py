"""Synthetic lists: each user's items drawn by planted tastes, and the rows as lines of a CSV file.

No loop here checks an index: the caller has drawn the items and the users.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.kernels.compiled import kernel

# Shares of draws among all items and among one of the user's tastes; the others are among one of the user's niches.
_SHARE_EVERYTHING = 0.3
_SHARE_TASTE = 0.15
_N_OWN_NICHES = 6
_SHARE_SIBLING = 0.5
# For lists longer than this share of all items, choosing all items at once takes less time than drawing one by one.
_LONG_LIST = 1 / 16

_ONE_PER_2_53 = 1.0 / 9007199254740992.0
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_11, _27, _30, _31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
_16, _32, _48, _LOW_16 = np.uint64(16), np.uint64(32), np.uint64(48), np.uint64(0xFFFF)


@kernel
def _bits(state: NDArray[np.uint64]) -> np.uint64:
    """64 random bits; `state` is uint64 (1,). SplitMix64 (Steele, Lea, Flood 2014)."""
    state[0] += _GOLDEN
    z = state[0]
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@kernel
def _uniform(state: NDArray[np.uint64]) -> np.float64:
    """A float64 in [0, 1)."""
    return np.float64(_bits(state) >> _11) * _ONE_PER_2_53


@kernel
def _bell(state: NDArray[np.uint64]) -> float:
    """Nearly normal, mean 0 and standard deviation 1: the sum of four uniform numbers (Irwin-Hall)."""
    z = _bits(state)
    total = (
        np.int64(z & _LOW_16) + np.int64((z >> _16) & _LOW_16) + np.int64((z >> _32) & _LOW_16) + np.int64(z >> _48)
    )
    return (total / 65536.0 - 2.0) * 1.7320508


@kernel
def _below(n: int | np.integer[Any], state: NDArray[np.uint64]) -> np.int64:
    """An integer in 0 ... n - 1."""
    return np.int64(_uniform(state) * n)


@kernel
def _slot(state: NDArray[np.uint64]) -> np.int64:
    """The number of one of a user's niches, 0 ... 5, with a higher probability for the first ones."""
    u = _uniform(state)
    return np.int64(u * u * _N_OWN_NICHES)


@kernel
def _draw_one_by_one(
    n_wanted: int,
    own: NDArray[np.uint16],
    segments: NDArray[np.int32],
    alias: NDArray[np.void],
    items: NDArray[np.void],
    state: NDArray[np.uint64],
    taken: NDArray[np.bool_],
    chosen: NDArray[np.int64],
) -> None:
    """Fill chosen[:n_wanted] by weighted draws without replacement; `taken` is all false before and after."""
    n_tastes = segments[0, 2]
    found = 0
    while found < n_wanted:
        level = 0
        segment = 0
        u = _uniform(state)
        if u >= _SHARE_EVERYTHING:
            niche = own[_slot(state)]
            if u < _SHARE_EVERYTHING + _SHARE_TASTE:
                level, segment = 1, 1 + segments[1 + n_tastes + niche, 2]
            else:
                level, segment = 2, 1 + n_tastes + niche
        first, size = segments[segment, 0], segments[segment, 1]
        item = first + _below(size, state)
        if _uniform(state) >= alias[level, item].keep:
            item = first + alias[level, item].other
        if taken[item]:
            continue
        taken[item] = True
        chosen[found] = item
        found += 1
        first, last = items[item].franchise_first, items[item].franchise_last
        for sibling in range(first, last):
            if found < n_wanted and not taken[sibling] and _uniform(state) < _SHARE_SIBLING:
                taken[sibling] = True
                chosen[found] = sibling
                found += 1
    for drawn in range(n_wanted):
        taken[chosen[drawn]] = False


@kernel
def _choose_at_once(
    n_wanted: int,
    own: NDArray[np.uint16],
    segments: NDArray[np.int32],
    items: NDArray[np.void],
    state: NDArray[np.uint64],
    key: NDArray[np.float64],
    chosen: NDArray[np.int64],
) -> None:
    """Fill chosen[:n_wanted] for a long list: the smallest of exponential keys (Efraimidis, Spirakis 2006).

    key : float64 (n_items,), working memory.
    """
    n_tastes = segments[0, 2]
    n_items = len(items)
    for i in range(n_items):
        key[i] = _SHARE_EVERYTHING * items[i].weight_in_all
    for slot in range(_N_OWN_NICHES):
        share = np.sqrt((slot + 1.0) / _N_OWN_NICHES) - np.sqrt(slot / _N_OWN_NICHES)
        segment = 1 + n_tastes + own[slot]
        first, size = segments[segment, 0], segments[segment, 1]
        for i in range(first, first + size):
            key[i] += (1 - _SHARE_EVERYTHING - _SHARE_TASTE) * share * items[i].weight_in_niche
        segment = 1 + segments[segment, 2]
        first, size = segments[segment, 0], segments[segment, 1]
        for i in range(first, first + size):
            key[i] += _SHARE_TASTE * share * items[i].weight_in_taste
    together = 0.0
    for i in range(n_items):
        if items[i].franchise_first == i:
            together = -np.log(1.0 - _uniform(state))
        alone = -np.log(1.0 - _uniform(state))
        key[i] = (together if _uniform(state) < _SHARE_SIBLING else alone) / key[i]
    limit = np.partition(key, n_wanted - 1)[n_wanted - 1]
    found = 0
    for i in range(n_items):
        if key[i] <= limit and found < n_wanted:
            chosen[found] = i
            found += 1


@kernel
def fill_alias(weights: NDArray[np.float64], alias: NDArray[np.void]) -> None:
    """Fill `alias` with Walker's alias table of the weights.

    weights : float64 (n,), at least 0, with a positive sum. alias : records of keep and other (n,).
    A draw takes i in 0 ... n - 1 with equal probabilities, then i itself with probability alias[i].keep, or else
    alias[i].other.
    Source: Walker 1977; Vose 1991.
    """
    n = len(weights)
    share = weights * (n / weights.sum())
    small, large = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    n_small, n_large = 0, 0
    for i in range(n):
        alias[i].keep, alias[i].other = 1.0, i
        if share[i] < 1:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        low, high = small[n_small], large[n_large - 1]
        alias[low].keep, alias[low].other = share[low], high
        share[high] -= 1 - share[low]
        if share[high] < 1:
            n_large -= 1
            small[n_small] = high
            n_small += 1


@kernel
def draw_rows(
    first_user: int,
    users: NDArray[np.void],
    niches: NDArray[np.uint16],
    segments: NDArray[np.int32],
    alias: NDArray[np.void],
    items: NDArray[np.void],
    seed: np.uint64,
    rows: NDArray[np.void],
) -> None:
    """Fill `rows` with the rows of users first_user ... first_user + len(users) - 1, one user after another.

    users    : records of length, n_repeated (rows that name an item again), bot (0: no bot; otherwise the kind of
               bot), mean, spread, planned_share, scored_share.
    niches   : uint16 (n, 6), each user's niches, the most frequent first.
    segments : int32 (1 + n_tastes + n_niches, 3): first item, number of items, and of a niche its taste;
               segments[0, 2] is the number of tastes.
    alias    : records of keep, other, (3, n_items): alias tables of all items, of each taste, of each niche.
    items    : records (n_items,), ordered by taste and niche, see `konomi.synthetic.ratings.Planted`.
    seed     : uint64. Each user's random numbers follow from it and the user's number alone.
    rows     : records of user, item, rating, status, episodes, one for each row of these users; written.
    Runs on the calling thread, without Python's lock.
    """
    n_items = len(items)
    taken = np.zeros(n_items, dtype=np.bool_)
    key = np.empty(n_items, dtype=np.float64)
    chosen = np.empty(n_items, dtype=np.int64)
    state = np.empty(1, dtype=np.uint64)
    row = 0
    for u in range(len(users)):
        user = users[u]
        own = niches[u]
        state[0] = np.uint64(first_user + u) * _MIX_2
        state[0] = _bits(state) ^ seed
        state[0] = _bits(state)
        n_distinct = user.length - user.n_repeated
        if n_distinct > n_items * _LONG_LIST:
            _choose_at_once(n_distinct, own, segments, items, state, key, chosen)
        else:
            _draw_one_by_one(n_distinct, own, segments, alias, items, state, taken, chosen)
        begin = row
        for drawn in range(n_distinct):
            item = items[chosen[drawn]]
            match = -0.45
            for slot in range(_N_OWN_NICHES):
                segment = 1 + segments[0, 2] + own[slot]
                if item.niche == own[slot]:
                    match = 0.55
                    break
                if segments[segment, 2] == item.taste:
                    match = 0.1
            enjoyment = match + item.quality + 0.75 * _bell(state)
            status = 2
            if user.bot == 0:
                chance = _uniform(state)
                if chance < user.planned_share:
                    status = 6
                else:
                    chance = (chance - user.planned_share) / (1 - user.planned_share)
                    if chance < 0.07:
                        status = 1
                    elif chance < 0.105:
                        status = 3
                    elif chance < 0.13 - 0.04 * min(enjoyment, 0.5):
                        status = 4
            rating = np.int64(0)
            if status != 6 and _uniform(state) < user.scored_share:
                raw = user.mean + user.spread * enjoyment - (1.5 if status == 4 else 0.0)
                rating = np.int64(min(max(np.floor(raw + 0.5), 1.0), 10.0))
            episodes = np.int64(0)
            if status == 2:
                episodes = item.episodes
            elif status != 6:
                episodes = _below(item.episodes, state)
            rows[row].user = first_user + u
            rows[row].item = item.id
            rows[row].rating = rating
            rows[row].status = status
            rows[row].episodes = episodes
            row += 1
        for _ in range(user.n_repeated):
            rows[row] = rows[begin + _below(n_distinct, state)]
            if rows[row].rating > 0:
                rows[row].rating = 1 + rows[row].rating % 10
            row += 1


@kernel
def _write_number(number: np.uint32, out: NDArray[np.uint8], start: int) -> int:
    """The end of the decimal digits of `number`, after writing them to out[start:end]."""
    n_digits = 1
    rest = number
    while rest >= 10:
        rest //= 10
        n_digits += 1
    end = start + n_digits
    for at in range(end - 1, start - 1, -1):
        out[at] = 48 + number % 10
        number //= 10
    return end


@kernel
def write_lines(rows: NDArray[np.void], out: NDArray[np.uint8]) -> int:
    """The number of bytes written to `out`: the rows as lines `user,item,rating,status,episodes` of ASCII.

    rows : records of user, item, rating (0 to 10), status (0 to 9), episodes, none of them negative.
    out  : uint8, at least 40 bytes for each row.
    Runs on the calling thread, without Python's lock.
    """
    position = 0
    user_begin, user_end = 0, 0
    for r in range(len(rows)):
        row = rows[r]
        if r > 0 and row.user == rows[r - 1].user:
            # The user's digits and comma are copied from the previous line.
            begin = position
            for at in range(user_begin, user_end):
                out[position] = out[at]
                position += 1
            user_begin, user_end = begin, position
        else:
            user_begin = position
            position = _write_number(np.uint32(row.user), out, position)
            out[position] = 44
            position += 1
            user_end = position
        position = _write_number(np.uint32(row.item), out, position)
        out[position] = 44
        if row.rating == 10:
            out[position + 1], out[position + 2] = 49, 48
            position += 3
        else:
            out[position + 1] = 48 + row.rating
            position += 2
        out[position] = 44
        out[position + 1] = 48 + row.status
        out[position + 2] = 44
        position = _write_number(np.uint32(row.episodes), out, position + 3)
        out[position] = 10
        position += 1
    return position
