"""The Gram kernels against counting pair by pair."""

import numpy as np
import pytest

from konomi.kernels.gram import add_common_bits, add_common_lists, add_weighted_lists, set_bits, unfold


@pytest.fixture
def watched() -> np.ndarray:
    """bool (131 users, 14 items): two words of bits and a bit, an item nobody watched, a user of one item."""
    X = np.random.default_rng(0).random((131, 14)) < 0.4
    X[:, 5] = False
    X[7] = False
    X[7, 3] = True
    return X


def rows_of(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.concatenate([[0], np.cumsum(X.sum(axis=1))]).astype(np.int64)
    return offsets, np.nonzero(X)[1].astype(np.int32)


def bits_of(X: np.ndarray) -> np.ndarray:
    """What `set_bits` should make, bit by bit, padded to a multiple of 4 items."""
    bits = np.zeros((16, 3), dtype=np.uint64)
    for user, item in zip(*np.nonzero(X), strict=True):
        bits[item, user // 64] |= np.uint64(1 << (int(user) % 64))
    return bits


def test_each_watched_item_sets_one_bit(watched: np.ndarray) -> None:
    offsets, item_index = rows_of(watched)
    bits = np.zeros((16, 3), dtype=np.uint64)
    set_bits(offsets, item_index, np.arange(14, dtype=np.int32), bits)
    np.testing.assert_array_equal(bits, bits_of(watched))


def test_an_item_without_a_place_sets_no_bit(watched: np.ndarray) -> None:
    offsets, item_index = rows_of(watched)
    bits = np.zeros((16, 3), dtype=np.uint64)
    set_bits(offsets, item_index, np.full(14, -1, dtype=np.int32), bits)
    assert not bits.any()


def test_common_bits_are_the_users_who_watched_both(watched: np.ndarray) -> None:
    counts = np.zeros((16, 16), dtype=np.int32)
    add_common_bits(bits_of(watched), counts)
    both = watched.T.astype(np.int32) @ watched.astype(np.int32)
    np.testing.assert_array_equal(np.triu(counts)[:14, :14], np.triu(both))


def test_walked_lists_give_whole_rows(watched: np.ndarray) -> None:
    counts = np.zeros((14, 14), dtype=np.int32)
    offsets, item_index = rows_of(watched)
    watcher_offsets, watchers = rows_of(watched.T)
    walked = np.array([3, 5, 9], dtype=np.int32)
    add_common_lists(walked, watcher_offsets, watchers, offsets, item_index, np.int32(1), counts)
    both = watched.T.astype(np.int32) @ watched.astype(np.int32)
    both[np.setdiff1d(np.arange(14), walked)] = 0
    np.testing.assert_array_equal(counts, both)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
@pytest.mark.parametrize("sign", [1, -1])
def test_weighted_lists_give_whole_rows_of_weighted_sums(watched: np.ndarray, sign: int, dtype: type) -> None:
    rng = np.random.default_rng(1)
    weight, value = sign * rng.integers(1, 256, len(watched)), rng.integers(0, 5, watched.shape)
    offsets, item_index = rows_of(watched)
    watcher_offsets, watchers = rows_of(watched.T)
    share = (weight[watchers] * value.T[watched.T]).astype(np.int32)
    of_rows = value[watched].astype(np.int32)
    walked = np.array([0, 5, 13], dtype=np.int32)
    counts = np.full((14, 14), 100, dtype=np.int32)
    add_weighted_lists(walked, watcher_offsets, watchers, share, offsets, item_index.astype(dtype), of_rows, counts)
    expected = np.full((14, 14), 100)
    for user in range(len(watched)):
        for i in walked:
            for j in range(14):
                if watched[user, i] and watched[user, j]:
                    expected[i, j] += weight[user] * value[user, i] * value[user, j]
    np.testing.assert_array_equal(counts, expected)


def test_unfolding_puts_both_halves_in_place(watched: np.ndarray) -> None:
    both = watched.T.astype(np.int32) @ watched.astype(np.int32)
    dense = np.array([0, 4, 9, 11], dtype=np.int32)
    place = np.full(14, -1, dtype=np.int32)
    place[dense] = np.arange(4)
    counts = both.copy()
    counts[dense] = -1
    unfold(dense, place, np.triu(both[np.ix_(dense, dense)]), counts)
    np.testing.assert_array_equal(counts, both)
