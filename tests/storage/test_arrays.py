"""Arrays are checked before compiled code uses them as indices."""

import numpy as np
import pytest

from konomi.storage.arrays import INDEX, Spec, check_arrays, check_indices, check_offsets

SPECS = {"items": Spec(INDEX, ("n",)), "values": Spec(("float32",), ("n", 2)), "ids": Spec(("U", "int64"), (None,))}


def arrays(**changes: object) -> dict[str, np.ndarray]:
    right = {
        "items": np.zeros(3, dtype=np.uint16),
        "values": np.zeros((3, 2), dtype=np.float32),
        "ids": np.array(["a", "bc"]),
    }
    return {**right, **changes}


def test_arrays_that_fit_give_the_named_sizes():
    assert check_arrays(arrays(), SPECS) == {"n": 3}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": np.zeros(3, dtype=np.int64)}, r"items is int64 \(3,\)"),
        ({"items": np.zeros(3, dtype=np.float32)}, "items is float32"),
        ({"items": np.zeros((3, 1), dtype=np.uint16)}, r"items is uint16 \(3, 1\)"),
        ({"values": np.zeros((4, 2), dtype=np.float32)}, "3 was expected for n"),
        ({"values": np.zeros((3, 3), dtype=np.float32)}, "2 was expected"),
        ({"ids": np.zeros(2, dtype=np.uint8)}, "ids is uint8"),
    ],
)
def test_an_array_of_another_type_or_shape_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        check_arrays(arrays(**changes), SPECS)


@pytest.mark.parametrize("wrong", [[], [1, 4], [0, 3, 2, 4], [0, 2], [0, -1, 4], [-1, 4], [0, 2**62, 4]])
def test_offsets_that_do_not_rise_from_zero_to_the_total_are_refused(wrong):
    with pytest.raises(ValueError, match="offsets does not rise from 0 to 4"):
        check_offsets("offsets", np.array(wrong, dtype=np.int64), total=4)


def test_offsets_with_empty_rows_are_accepted():
    check_offsets("offsets", np.array([0, 0, 4, 4]), total=4)


@pytest.mark.parametrize("wrong", [-1, 3, 2**31 - 1])
def test_an_index_outside_the_range_is_refused(wrong):
    with pytest.raises(ValueError, match=r"items holds .* allowed are 0 \.\.\. 2"):
        check_indices("items", np.array([0, wrong, 2], dtype=np.int32), below=3)


def test_an_empty_array_of_indices_is_accepted():
    check_indices("items", np.empty(0, dtype=np.uint16), below=0)
