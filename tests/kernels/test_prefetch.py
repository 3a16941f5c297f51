"""Prefetch instructions: each is for the address of the element that it names, and changes nothing."""

import re
from typing import Any

import numba as nb
import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.kernels.prefetch import prefetch_2d, prefetch_3d


@nb.njit
def read_2d(table: Any, row: Any, column: Any) -> Any:
    prefetch_2d(table, row, column)
    return table[row, column]


@nb.njit
def read_3d(table: Any, row: Any, plane: Any, column: Any) -> Any:
    prefetch_3d(table, row, plane, column)
    return table[row, plane, column]


def layouts(n_dimensions: int) -> list[NDArray[np.float32]]:
    """The same shape in C order, in Fortran order and with steps."""
    shape = (3, 4, 5)[:n_dimensions]
    table = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return [table, np.asfortranarray(table), np.repeat(table, 2, axis=-1)[..., ::2]]


@pytest.mark.parametrize("layout", [0, 1, 2])
@pytest.mark.parametrize(("read", "n_dimensions"), [(read_2d, 2), (read_3d, 3)])
def test_the_prefetched_address_is_that_of_the_element(read: Any, n_dimensions: int, layout: int) -> None:
    table = layouts(n_dimensions)[layout]
    index = tuple(np.uint64(one) for one in (2, 1, 3)[:n_dimensions])
    assert read(table, *index) == table[index]
    # After optimization the prefetch and the element's load use the same pointer.
    code = read.inspect_llvm(read.signatures[-1])
    prefetched = re.findall(
        r"call void @llvm\.prefetch\S*\((?:ptr|i8\*) (?:\w+ )*(%\S+), i32 1, i32 3, i32 1\)", code
    )
    loaded = re.findall(r"load float, (?:ptr|float\*) (%[^\s,]+)", code)
    assert len(prefetched) == 1
    assert prefetched[0] in loaded


@nb.njit
def prefetch_all(table: Any, narrow: Any) -> None:
    for row in range(table.shape[0]):
        for column in range(table.shape[1]):
            prefetch_2d(table, row, column)
            prefetch_2d(table, narrow[row], column)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_a_prefetch_with_any_integer_as_index_changes_nothing(dtype: type) -> None:
    table = layouts(2)[0]
    before = table.copy()
    prefetch_all(table, np.arange(3, dtype=dtype))
    np.testing.assert_array_equal(table, before)
