import numpy as np
import pytest

from konomi.data.ids import IdIndex, index_dtype, narrowed
from konomi.errors import UnknownIdError


@pytest.fixture
def users() -> IdIndex:
    return IdIndex(np.array([30, 10, -5, 20]), "user")


def test_indices_are_in_the_order_of_the_ids(users):
    assert users.indices_of([10, 20, 30, -5]).tolist() == [1, 3, 0, 2]


def test_indices_are_16_bits_wide_as_long_as_they_fit():
    assert index_dtype(65_536) is np.uint16
    assert index_dtype(65_537) is np.int32


def test_an_unknown_id_has_the_index_minus_one(users):
    assert users.indices_of([10, 11]).tolist() == [1, -1]


@pytest.mark.parametrize("strange", [10.5, 10.0, True, "ten", 2**70, None, float("nan")])
def test_only_integers_of_64_bits_are_integer_ids(strange):
    assert IdIndex(np.array([1, 10]), "user").indices_of([strange]).tolist() == [-1]


def test_integers_written_as_text_are_found(users):
    assert users.indices_of(["10", "11"]).tolist() == [1, -1]


def test_string_ids_are_found_whatever_their_length():
    items = IdIndex(np.array(["b", "abc", ""]), "item")
    assert items.indices_of(["abc", "ab", "abcd", "b"]).tolist() == [1, -1, -1, 0]


def test_no_ids_have_no_indices(users):
    assert users.indices_of([]).tolist() == []
    assert IdIndex(np.empty(0, dtype=np.int64), "user").indices_of([1]).tolist() == [-1]


def test_one_id_has_one_index(users):
    assert users.index_of("20") == 3


def test_an_unknown_id_is_named_with_the_hint(users):
    with pytest.raises(UnknownIdError, match=r"no user 99 among the 4 users here; try another"):
        users.index_of(99, hint="try another")


def test_duplicate_ids_are_refused():
    with pytest.raises(ValueError, match="duplicates"):
        IdIndex(np.array([1, 2, 1]), "user")


def test_float_ids_are_refused():
    with pytest.raises(ValueError, match="integers or strings"):
        IdIndex(np.array([1.0]), "user")


def test_ids_are_as_wide_as_the_longest_of_them():
    assert narrowed(np.array(["a", "bcd", "a-longer-one"])[:2]).dtype == np.dtype("<U3")
    assert narrowed(np.array([3, 5])).tolist() == [3, 5]
