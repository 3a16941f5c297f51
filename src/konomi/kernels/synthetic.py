"""Made-up lists: each user's items drawn by planted tastes, and the rows as the digits of a CSV file.

No loop here checks an index: items and users are those that the caller has drawn.
"""

from typing import Any

import numba as nb
import numpy as np

# Where a draw looks: everything, one of the user's tastes, or one of the user's niches.
_SHARE_EVERYTHING = 0.3
_SHARE_TASTE = 0.15
_N_OWN_NICHES = 6
_SHARE_SIBLING = 0.5
# Above this share of all items, choosing among all of them at once costs less than drawing one by one.
_LONG_LIST = 1 / 16

_ONE_PER_2_53 = 1.0 / 9007199254740992.0
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_11, _27, _30, _31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
_16, _32, _48, _LOW_16 = np.uint64(16), np.uint64(32), np.uint64(48), np.uint64(0xFFFF)


@nb.njit(nogil=True, cache=True)
def _bits(state: Any) -> Any:
    """64 random bits; `state` is uint64 (1,). SplitMix64 (Steele, Lea, Flood 2014)."""
    state[0] += _GOLDEN
    z = state[0]
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@nb.njit(nogil=True, cache=True)
def _uniform(state: Any) -> Any:
    """A float64 in [0, 1)."""
    return np.float64(_bits(state) >> _11) * _ONE_PER_2_53


@nb.njit(nogil=True, cache=True)
def _bell(state: Any) -> Any:
    """About normal, zero mean and unit spread: the sum of four uniform numbers (Irwin-Hall)."""
    z = _bits(state)
    total = (
        np.int64(z & _LOW_16) + np.int64((z >> _16) & _LOW_16) + np.int64((z >> _32) & _LOW_16) + np.int64(z >> _48)
    )
    return (total / 65536.0 - 2.0) * 1.7320508


@nb.njit(nogil=True, cache=True)
def _below(n: Any, state: Any) -> Any:
    """An integer in 0 ... n - 1."""
    return np.int64(_uniform(state) * n)


@nb.njit(nogil=True, cache=True)
def _slot(state: Any) -> Any:
    """One of a user's niches, the first ones more often."""
    u = _uniform(state)
    return np.int64(u * u * _N_OWN_NICHES)


@nb.njit(nogil=True, cache=True)
def _draw_one_by_one(
    n_wanted: Any, own: Any, segments: Any, alias: Any, items: Any, state: Any, taken: Any, chosen: Any
) -> None:
    """Fill chosen[:n_wanted] by weighted draws without replacement; taken, bool (n_items,), is all false again."""
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
    for place in range(n_wanted):
        taken[chosen[place]] = False


@nb.njit(nogil=True, cache=True)
def _choose_at_once(n_wanted: Any, own: Any, segments: Any, items: Any, state: Any, key: Any, chosen: Any) -> None:
    """The same draw for a long list: the n_wanted smallest of exponential keys (Efraimidis, Spirakis 2006)."""
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


@nb.njit(nogil=True, cache=True)
def fill_alias(weights: Any, alias: Any) -> None:
    """Walker's table of weights, float64 (n,), into alias, records of keep and other (n,); Vose 1991.

    A draw takes a place i at random, then i itself with probability keep, else `other`.
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


@nb.njit(nogil=True, cache=True)
def draw_rows(
    first_user: Any, users: Any, niches: Any, segments: Any, alias: Any, items: Any, seed: Any, rows: Any
) -> None:
    """The rows of users first_user ... first_user + len(users) - 1, one user after another.

    users    : records of length, n_repeated (rows that name an item again), bot (0 = a person; else a kind),
               mean, spread, planned_share, scored_share.
    niches   : uint16 (n, 6), each user's niches, those that count more first.
    segments : int32 (1 + n_tastes + n_niches, 3): first item, number of items, and of a niche its taste;
               segments[0, 2] is the number of tastes.
    alias    : records of keep, other, (3, n_items): Walker's tables of everything, each taste, each niche.
    items    : records in planted order, see `konomi.synthetic.ratings`.
    seed     : uint64. Each user's numbers come from it and the user's number alone.
    rows     : records of user, item, rating, status, episodes; written.
    Runs on the thread that calls, without Python's lock.
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
        for place in range(n_distinct):
            item = items[chosen[place]]
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
            episodes = 0
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


@nb.njit(nogil=True, cache=True)
def _write_number(number: Any, out: Any, place: Any) -> Any:
    """Write the decimal digits of `number`, at least 0, to out[place:]; where they end."""
    n_digits = 1
    rest = number
    while rest >= 10:
        rest //= 10
        n_digits += 1
    end = place + n_digits
    for at in range(end - 1, place - 1, -1):
        out[at] = 48 + number % 10
        number //= 10
    return end


@nb.njit(nogil=True, cache=True)
def write_lines(rows: Any, out: Any) -> Any:
    """The rows as lines `user,item,rating,status,episodes` of ASCII in out, uint8; how many bytes were written.

    out holds at least 40 bytes a row. Runs on the thread that calls, without Python's lock.
    """
    place = 0
    user_begin, user_end = 0, 0
    for r in range(len(rows)):
        row = rows[r]
        if r > 0 and row.user == rows[r - 1].user:
            # Digits of the line before, comma included.
            begin = place
            for at in range(user_begin, user_end):
                out[place] = out[at]
                place += 1
            user_begin, user_end = begin, place
        else:
            user_begin = place
            place = _write_number(np.uint32(row.user), out, place)
            out[place] = 44
            place += 1
            user_end = place
        place = _write_number(np.uint32(row.item), out, place)
        out[place] = 44
        if row.rating == 10:
            out[place + 1], out[place + 2] = 49, 48
            place += 3
        else:
            out[place + 1] = 48 + row.rating
            place += 2
        out[place] = 44
        out[place + 1] = 48 + row.status
        out[place + 2] = 44
        place = _write_number(np.uint32(row.episodes), out, place + 3)
        out[place] = 10
        place += 1
    return place
