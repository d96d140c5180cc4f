"""Owns the choice of an artifact store by its URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.runtime.artifacts.local import LocalArtifactStore

if TYPE_CHECKING:
    from flowyml_infra.runtime.artifacts.store import ArtifactStore


def open_artifact_store(uri: str) -> ArtifactStore:
    """The store at ``uri``: a folder for a path or a ``file:`` URI, else what fsspec has for the scheme.

    Nothing is reached yet; a filesystem that is not installed shows at the first use.
    """
    scheme, separator, _ = uri.partition("://")
    if not separator or scheme.lower() == "file" or uri.lower().startswith("file:"):
        return LocalArtifactStore(uri)
    from flowyml_infra.runtime.artifacts.remote import RemoteArtifactStore

    return RemoteArtifactStore(uri)
