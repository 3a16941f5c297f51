"""Work on blocks of rows."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from konomi.data.blocks import in_blocks


def test_the_results_are_in_the_order_of_the_blocks():
    assert in_blocks(lambda rows: (rows.start, rows.stop), 10, 4) == [(0, 4), (4, 8), (8, 10)]


def test_no_rows_are_no_blocks():
    assert in_blocks(lambda rows: rows, 0, 4) == []


def test_every_row_is_worked_on_once():
    counts = np.zeros(1_001, dtype=np.int64)

    def count(rows: slice) -> None:
        counts[rows] += 1

    in_blocks(count, len(counts), 7)
    assert (counts == 1).all()


def test_blas_has_one_thread_in_a_block_and_its_own_number_again_after():
    def blas() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    before = blas()
    assert in_blocks(lambda _: blas(), 3, 1) == [{1}] * 3
    assert blas() == before


def test_what_a_block_raises_reaches_the_caller():
    def fail(rows: slice) -> None:
        if rows.start == 4:
            raise ValueError("the second block")

    with pytest.raises(ValueError, match="the second block"):
        in_blocks(fail, 10, 4)
