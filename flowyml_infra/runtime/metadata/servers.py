"""Owns how metadata stores on database servers are named, and the refusal of those that nothing records into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from flowyml_infra.errors import EngineUnavailableError

_HINT: Final = "use a stack whose metadata store is PostgreSQL, or a file: storage.metadata_store: .flowyml/metadata.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgreSQLMetadataStore:
    """Runs in a PostgreSQL database.

    Attributes:
        host: The server.
        database: The database.
        user: Who to connect as.
        port: The server's port.
    """

    host: str
    database: str
    user: str | None = None
    port: int = 5432

    @property
    def uri(self) -> str:
        """The URL as SQLAlchemy takes it, without a password."""
        user = f"{self.user}@" if self.user else ""
        return f"postgresql://{user}{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MySQLMetadataStore:
    """Runs in a MySQL database; the attributes are those of :class:`PostgreSQLMetadataStore`."""

    host: str
    database: str
    user: str | None = None
    port: int = 3306

    @property
    def uri(self) -> str:
        """The URL as SQLAlchemy takes it, without a password."""
        user = f"{self.user}@" if self.user else ""
        return f"mysql://{user}{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSQLMetadataStore:
    """Runs in a PostgreSQL database of Google Cloud SQL.

    Attributes:
        instance: ``project:region:instance``.
        database: The database.
        user: Who to connect as.
    """

    instance: str
    database: str
    user: str | None = None

    @property
    def uri(self) -> str:
        """The URL over the instance's socket, see https://cloud.google.com/sql/docs/postgres/connect-run."""
        user = f"{self.user}@" if self.user else ""
        return f"postgresql://{user}/{self.database}?host=/cloudsql/{self.instance}"


def refuse_server(uri: str) -> NoReturn:
    """Say that nothing here records into the database at ``uri``.

    Raises:
        EngineUnavailableError: Always.
    """
    from urllib.parse import urlsplit

    parts = urlsplit(uri)
    raise EngineUnavailableError(
        f"runs cannot be recorded in {parts.scheme}://{parts.hostname or ''}{parts.path}: this release records into"
        " SQLite and PostgreSQL alone",
        code="metadata.unavailable",
        hint=_HINT,
    )
