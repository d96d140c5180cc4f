"""Owns the form of every value that has no better one: pickle, with large buffers kept beside it.

The layout is a count of buffers and their lengths as little-endian 64-bit numbers, the pickle, then the buffers, each
at a multiple of 64 bytes, so that arrays can be used where they are. See PEP 574 for out-of-band buffers.
"""

from __future__ import annotations

import pickle
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.materializers.materializer import Buffer

_ALIGNMENT: Final = 64
_PROTOCOL: Final = 5


class Pickled:
    """Any value that pickle can take. It runs code on reading, so it is read only after its digest was checked."""

    format = "pickle"

    def dump(self, value: Any) -> Sequence[Buffer]:  # noqa: ANN401
        """See :class:`flowyml_infra.runtime.materializers.materializer.Materializer`."""
        beside: list[pickle.PickleBuffer] = []
        main = pickle.dumps(value, protocol=_PROTOCOL, buffer_callback=beside.append)
        parts: list[Buffer] = [main, *(buffer.raw() for buffer in beside)]
        lengths = [memoryview(part).nbytes for part in parts]
        head = struct.pack(f"<{len(lengths) + 1}Q", len(parts), *lengths)
        pieces: list[Buffer] = [head]
        at = len(head)
        for part, length in zip(parts, lengths, strict=True):
            gap = -at % _ALIGNMENT
            if gap:
                pieces.append(bytes(gap))
            if length:
                pieces.append(part)
            at += gap + length
        return pieces

    def load(self, data: memoryview) -> object:
        """See :class:`flowyml_infra.runtime.materializers.materializer.Materializer`."""
        (count,) = struct.unpack_from("<Q", data)
        lengths = struct.unpack_from(f"<{count}Q", data, 8)
        at = 8 * (count + 1)
        parts: list[memoryview] = []
        for length in lengths:
            at += -at % _ALIGNMENT
            parts.append(data[at : at + length])
            at += length
        return pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301 -- written here, and its digest was checked
