"""Owns the record of runs in a schema of a PostgreSQL server, and what its failures mean to who runs a pipeline."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowyml_infra.audit.postgresql.driver import forbidden, load_driver
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.audit.postgresql.rights import may_use
from flowyml_infra.audit.postgresql.sessions import NOW, PostgresSessions
from flowyml_infra.errors import StateError, UsageError
from flowyml_infra.runtime.metadata.schema import POSTGRESQL, VERSION, check_version, upgrade, version_of
from flowyml_infra.runtime.metadata.sql_store import SqlMetadataStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.audit.postgresql.location import PostgresLocation

SCHEMA: Final = "flowyml_metadata"
"""The schema of the tables, unless the URL says ``?schema=NAME``; a state in the same database is in another."""
ADDRESS_VARIABLE: Final = "FLOWYML_METADATA_ADDRESS"
"""``HOST:PORT`` where the server answers from here, for example the end of a tunnel; TLS is checked by its own name."""

_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended('flowyml-infra metadata ' || :schema, 0))"
_REACHING: Final = (
    "check host, port, user, password, database and sslmode, and that the server runs; where it can be reached through"
    f" a tunnel alone, such as `kubectl port-forward`, set {ADDRESS_VARIABLE}=127.0.0.1:PORT"
)
_OWNING: Final = (
    "the first run makes a schema and its tables; let the user own it (CREATE SCHEMA NAME AUTHORIZATION USER), and name"
    " it in the URL: ?schema=NAME"
)
_MEANINGS: Final[dict[str, tuple[str, str | None]]] = {
    "state.unreachable": ("metadata.unreachable", _REACHING),
    "state.busy": ("metadata.busy", "try again; another process works on the same rows and does not let go"),
    "state.readonly": ("metadata.forbidden", _OWNING),
    "state.corrupt": ("metadata.unusable", "restore the tables from a backup"),
    "state.io": ("metadata.unusable", "check that the server has room and is healthy"),
    "state.text": ("metadata.text", None),
    "state.url": ("metadata.url", None),
    "state.driver": ("metadata.driver", None),
}
"""What is said of a state's database, as it is for a metadata store: the code, and the hint where it is another."""


class PostgresMetadataStore(SqlMetadataStore):
    """Runs in the database at ``url``.

    Schema and tables are made, or upgraded, when the first run begins; reading makes nothing.

    Args:
        url: libpq's URL, with its parameters; ``schema`` beside them.
        password: The password, where it is not in the URL.

    Raises:
        StateError: The URL is none, or the driver is not installed.
        UsageError: :data:`ADDRESS_VARIABLE` is no address.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        with _translating():
            super().__init__(_Server(_reached(parse_location(url, schema=SCHEMA), password)))


class _Server:
    """See :class:`flowyml_infra.runtime.metadata.database.RunDatabase`."""

    now = NOW

    def __init__(self, location: PostgresLocation) -> None:
        self._location = location
        self._sessions: PostgresSessions | None = None
        self._current = False

    @property
    def uri(self) -> str:
        """Where it is, without password and options."""
        return self._location.shown

    def prepare(self) -> None:
        """Make the schema and its tables, where there are none of this version."""
        with self.reading():
            if self._current:
                return
        schema = self._location.schema
        with _translating(), self._opened().transaction() as execute:
            execute(_ONE_AT_A_TIME, {"schema": schema})
            if may_use(execute, schema) is None:
                execute(f'CREATE SCHEMA "{schema}"', {})
            upgrade(execute, POSTGRESQL)
        self._current = True

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """See :class:`flowyml_infra.runtime.metadata.database.RunDatabase`."""
        with _translating(), self._opened().transaction() as execute:
            if not self._is_current(execute):
                raise StateError(f"{self.uri} is gone", code="metadata.gone", hint="run the pipeline again")
            yield execute

    @contextmanager
    def reading(self) -> Iterator[Execute | None]:
        """See :class:`flowyml_infra.runtime.metadata.database.RunDatabase`."""
        with _translating(), self._opened().reading() as execute:
            yield execute if self._is_current(execute) else None

    def close(self) -> None:
        """Close the connections."""
        if self._sessions is not None:
            self._sessions.close()
            self._sessions = None

    def _opened(self) -> PostgresSessions:
        if self._sessions is None:
            self._sessions = PostgresSessions(self._location)
        return self._sessions

    def _is_current(self, execute: Execute) -> bool:
        """Whether there are tables of this version; asked until there are."""
        if not self._current:
            usable = may_use(execute, self._location.schema)
            if usable is False:
                raise forbidden(self.uri, f"no rights in the schema {self._location.schema}")
            version = version_of(execute, POSTGRESQL) if usable else 0
            check_version(version)
            self._current = version == VERSION
        return self._current


def _reached(location: PostgresLocation, password: str | None) -> PostgresLocation:
    """``location`` with the password, and with the address that is used from here."""
    given = {} if password is None else {"password": password}
    address = os.environ.get(ADDRESS_VARIABLE)
    if address:
        given |= _address(address)
    made = load_driver().conninfo.make_conninfo(location.conninfo, **given)
    return replace(location, conninfo=made)


def _address(text: str) -> dict[str, str]:
    host, _, port = text.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{ADDRESS_VARIABLE} is {text!r}, which is no address: {error}",
            code="metadata.address",
            hint="set it to HOST:PORT, for example 127.0.0.1:15432, or unset it",
        ) from error
    return {"hostaddr": str(found[0][4][0]), "port": port}


@contextmanager
def _translating() -> Iterator[None]:
    """Say of a metadata store what the modules below say of a state."""
    try:
        yield
    except StateError as error:
        if error.code not in _MEANINGS:
            raise
        code, hint = _MEANINGS[error.code]
        raise type(error)(error.message, code=code, hint=hint or error.hint) from error
