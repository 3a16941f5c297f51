"""Values numbered in the order in which they first appear."""

import numpy as np
import pytest

from konomi.kernels.appearances import number_by_appearance


def naive(values: list[int]) -> list[int]:
    return list(dict.fromkeys(values))


def numbered(values: list[int], n_values: int, dtype: type) -> tuple[list[int], list[int]]:
    number, order = np.full(n_values, -1, dtype=np.int32), np.full(n_values, -7, dtype=np.int64)
    found = number_by_appearance(np.array(values, dtype=dtype), number, order)
    assert order[found:].tolist() == [-7] * (n_values - found)
    return number.tolist(), order[:found].tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize("n_values", [20, 100])
def test_values_are_numbered_as_they_first_appear(dtype: type, n_values: int) -> None:
    values = np.random.default_rng(2).integers(0, 20, 300).tolist()
    number, order = numbered(values, n_values, dtype)
    assert order == naive(values)
    assert [order.index(one) if one in order else -1 for one in range(n_values)] == number


def test_values_that_do_not_occur_have_no_number() -> None:
    assert numbered([3, 1, 3], 5, np.int32) == ([-1, 1, -1, 0, -1], [3, 1])


def test_nothing_has_no_number() -> None:
    assert numbered([], 2, np.uint16) == ([-1, -1], [])
