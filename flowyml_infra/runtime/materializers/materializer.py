"""Owns the protocol of a materializer: what turns values of some type into bytes and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Buffer: TypeAlias = "bytes | bytearray | memoryview"


class Materializer(Protocol):
    """One form that values are stored in.

    Attributes:
        format: Its name, recorded with each artifact, so it must never change its meaning.
    """

    format: str

    def dump(self, value: Any) -> Sequence[Buffer]:  # noqa: ANN401 -- any type that it is registered for
        """The bytes of ``value`` in pieces, flat and contiguous; pieces may be the value's own memory.

        Equal values should give equal bytes: they are stored once, and caches know them by their digest.
        """

    def load(self, data: memoryview) -> object:
        """The value again. ``data`` is private memory that may be written to and kept."""
