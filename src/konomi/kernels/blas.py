"""BLAS and LAPACK functions of SciPy, called in place on parts of arrays without Python's lock."""

import ctypes
from typing import Any

import numpy as np
from numba.extending import get_cython_function_address
from numpy.typing import NDArray

# ctypes releases Python's lock during a call. Unlike NumPy's product and SciPy's wrappers, these functions can add
# into a part of an array and solve in one.
_sgemm = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 13)(
    get_cython_function_address("scipy.linalg.cython_blas", "sgemm")
)
_sposv = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 8)(
    get_cython_function_address("scipy.linalg.cython_lapack", "sposv")
)


def subtract_product(
    A: NDArray[np.float32],
    rows: slice,
    columns: slice,
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    width: int,
) -> None:
    """A[rows, columns] -= left[rows, :width] @ right[columns, :width].T, in place, on the calling thread.

    A           : float32 (n, n), C order.
    left, right : float32 (n, `width` or more), C order.
    """
    # BLAS counts by columns, so it sees every matrix here as its transpose.
    _sgemm(
        ctypes.byref(ctypes.c_char(b"T")),
        ctypes.byref(ctypes.c_char(b"N")),
        _number(columns.stop - columns.start),
        _number(rows.stop - rows.start),
        _number(width),
        ctypes.byref(ctypes.c_float(-1)),
        _address(right, columns.start, 0),
        _number(right.shape[1]),
        _address(left, rows.start, 0),
        _number(left.shape[1]),
        ctypes.byref(ctypes.c_float(1)),
        _address(A, rows.start, columns.start),
        _number(A.shape[1]),
    )


def solve_positive_definite(A: NDArray[np.float32], b: NDArray[np.float32], stride: int) -> bool:
    """b replaced by A⁻¹ b and A by its Cholesky factor, on the calling thread; whether A is positive definite.

    A : float32 (m, m), a corner of a C-ordered array of `stride` columns. Only its lower triangle is read.
    b : float32 (m,).
    """
    info = ctypes.c_int(0)
    if len(b):
        # LAPACK counts by columns: the lower triangle here is its upper one.
        _sposv(
            ctypes.byref(ctypes.c_char(b"U")),
            _number(len(b)),
            _number(1),
            A.ctypes.data,
            _number(stride),
            b.ctypes.data,
            _number(len(b)),
            ctypes.byref(info),
        )
    return info.value == 0


def _number(value: int) -> Any:
    return ctypes.byref(ctypes.c_int(value))


def _address(matrix: NDArray[np.float32], row: int, column: int) -> int:
    return int(matrix.ctypes.data + row * matrix.strides[0] + column * matrix.itemsize)
