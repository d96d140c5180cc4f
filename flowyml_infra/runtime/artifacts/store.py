"""Owns the protocol of an artifact store: a place for bytes that are found by their SHA-256."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.materializers.materializer import Buffer


class ArtifactStore(Protocol):
    """A place for artifacts; its methods may be called from several threads at once."""

    @property
    def uri(self) -> str:
        """Where it is, without credentials."""

    def put(self, digest: str, pieces: Sequence[Buffer], size: int) -> None:
        """Keep the bytes in ``pieces``, ``size`` of them with this SHA-256; whole or not at all, and once.

        Raises:
            PipelineError: They cannot be written.
        """

    def get(self, digest: str, size: int) -> memoryview:
        """The bytes, as memory of the caller's own. Whether they are the right ones is the caller's to check.

        Raises:
            PipelineError: They are not there or cannot be read.
        """

    def holds(self, digest: str, size: int) -> bool:
        """Whether there is something of this digest and size; it is not read."""
