"""Owns the form of numpy arrays: NumPy's own ``.npy``, written from and read into place without a copy.

The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. NumPy is imported only when an array
is read; an array that is written has imported it already.
"""

from __future__ import annotations

import sys
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.materializers.materializer import Buffer


class NumpyArrays:
    """Arrays of numpy with elements of one plain type."""

    format = "npy"

    def dump(self, value: Any) -> Sequence[Buffer]:  # noqa: ANN401
        """See :class:`flowyml_infra.runtime.materializers.materializer.Materializer`."""
        np, npy = import_module("numpy"), import_module("numpy.lib.format")
        array = value if value.flags.forc else np.ascontiguousarray(value)
        header = BytesIO()
        npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(array))
        flat = array.reshape(-1) if array.flags.c_contiguous else array.reshape(-1, order="F")
        if flat.nbytes == 0:
            return [header.getvalue()]
        return [header.getvalue(), memoryview(flat.view(np.uint8))]

    def load(self, data: memoryview) -> object:
        """See :class:`flowyml_infra.runtime.materializers.materializer.Materializer`."""
        np, npy = import_module("numpy"), import_module("numpy.lib.format")
        start = BytesIO(data[: 1 << 16])
        npy.read_magic(start)
        shape, fortran, dtype = npy.read_array_header_1_0(start)
        if 0 in shape or dtype.itemsize == 0:
            empty: object = np.empty(shape, dtype, order="F" if fortran else "C")
            return empty
        array: object = np.ndarray(shape, dtype, buffer=data, offset=start.tell(), order="F" if fortran else "C")
        return array


def is_array(value: Any) -> bool:  # noqa: ANN401 -- anything
    """Whether ``value`` is an array of numpy itself, whose elements are neither objects nor records."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray:
        return False
    return not value.dtype.hasobject and value.dtype.names is None
