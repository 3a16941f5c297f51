"""Repeated rows: the last of each user and item stays."""

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels.repeats import mark_last


def naive_last(item: list[int], lengths: list[int]) -> list[bool]:
    once = []
    start = 0
    for length in lengths:
        own = item[start : start + length]
        once += [one not in own[place + 1 :] for place, one in enumerate(own)]
        start += length
    return once


def marked(item: list[int], lengths: list[int], n_items: int, dtype: type) -> tuple[NDArray[np.bool_], int]:
    once = np.empty(len(item), dtype=np.bool_)
    seen_by = np.full(n_items, -1, dtype=np.int32)
    return once, mark_last(np.array(item, dtype=dtype), np.array(lengths, dtype=np.int64), seen_by, once)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_the_last_of_equal_rows_is_marked(dtype: type) -> None:
    rng = np.random.default_rng(4)
    lengths = [0, 1, *rng.integers(0, 40, 60).tolist(), 0]
    item = rng.integers(0, 50, sum(lengths)).tolist()
    once, n_repeats = marked(item, lengths, 50, dtype)
    assert once.tolist() == naive_last(item, lengths)
    assert n_repeats == np.sum(~once) > 0


def test_one_item_of_two_users_is_no_repeat() -> None:
    once, n_repeats = marked([3, 3], [1, 1], 4, np.uint16)
    assert once.tolist() == [True, True]
    assert n_repeats == 0


def test_no_rows_are_no_repeats() -> None:
    assert marked([], [0, 0], 4, np.uint16)[1] == 0
