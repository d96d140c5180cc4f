"""Owns the choice of a metadata store by its URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.location import POSTGRES_SCHEMES
from flowyml_infra.runtime.metadata.servers import refuse_server
from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore

if TYPE_CHECKING:
    from flowyml_infra.runtime.metadata.store import MetadataStore


def open_metadata_store(uri: str, password: str | None = None) -> MetadataStore:
    """The store at ``uri``: a path, or a URL as SQLAlchemy takes it. Nothing is opened yet.

    Args:
        uri: Where it is.
        password: A server's password, where it is not in ``uri``.

    Raises:
        EngineUnavailableError: Nothing here records into such a database.
        StateError: The URL is wrong, or what it needs is not installed.
    """
    scheme, separator, _ = uri.partition("://")
    database = scheme.lower().partition("+")[0]
    if not separator or database == "sqlite":
        return SQLiteMetadataStore(uri)
    if database not in POSTGRES_SCHEMES:
        refuse_server(uri)
    # Only a server needs the modules that know one.
    from flowyml_infra.runtime.metadata.postgresql import PostgresMetadataStore

    return PostgresMetadataStore(uri, password)
