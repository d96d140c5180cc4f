"""Owns the choice of a metadata store by its URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.runtime.metadata.servers import refuse_server
from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore

if TYPE_CHECKING:
    from flowyml_infra.runtime.metadata.store import MetadataStore


def open_metadata_store(uri: str) -> MetadataStore:
    """The store at ``uri``: a path, or a URL as SQLAlchemy takes it. Nothing is opened yet.

    Raises:
        EngineUnavailableError: Nothing here records into such a database.
    """
    scheme, separator, _ = uri.partition("://")
    if separator and scheme.lower() not in ("sqlite", "sqlite+pysqlite"):
        refuse_server(uri)
    return SQLiteMetadataStore(uri)
