"""Prefetch instructions: they tell the processor that a kernel will soon use a cache line.

These are intrinsics, not compiled loops: the machine instruction becomes part of each kernel that uses them.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.np import arrayobj

from konomi.kernels.compiled import intrinsic


def _emit_prefetch(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Emit llvm.prefetch for arguments[0][arguments[1:]]: for writing, into every cache level."""
    kind = signature.args[0]
    array = arrayobj.make_array(kind)(context, builder, arguments[0])  # type: ignore[no-untyped-call]
    indices = [
        context.cast(builder, value, given, types.intp)
        for value, given in zip(arguments[1:], signature.args[1:], strict=True)
    ]
    address = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
        context, builder, kind, array, indices, wraparound=False
    )
    byte_pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    shape = ir.FunctionType(ir.VoidType(), [byte_pointer, number, number, number])
    function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, shape, "llvm.prefetch.p0i8"
    )
    for_writing, keep_in_all_caches, data = number(1), number(3), number(1)
    builder.call(function, [builder.bitcast(address, byte_pointer), for_writing, keep_in_all_caches, data])
    return context.get_dummy_value()


@intrinsic
def prefetch_2d(typing_context: Any, table: Any, row: Any, column: Any) -> Any:  # noqa: ARG001 - Numba passes it
    """Prefetch the cache line of table[row, column] for writing; changes nothing. No index may be negative."""
    return types.void(table, row, column), _emit_prefetch


@intrinsic
def prefetch_3d(typing_context: Any, table: Any, row: Any, plane: Any, column: Any) -> Any:  # noqa: ARG001
    """Prefetch the cache line of table[row, plane, column], as `prefetch_2d` does."""
    return types.void(table, row, plane, column), _emit_prefetch
