"""Owns the connections to one PostgreSQL database and the transactions on them.

Every transaction says where its tables are and how long it waits, in one round trip with its beginning; nothing is left
set on a connection, so that a pooler between client and server may hand it on after each transaction.
"""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.postgresql.driver import is_gone, load_driver, translate
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from flowyml_infra.audit.chain import Execute, Result
    from flowyml_infra.audit.postgresql.location import PostgresLocation

NOW = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
"""The SQL expression of a server's own clock, in seconds since 1970 with fractions."""

CONNECTIONS = 4
"""How many connections one process opens at most; threads wait for one another beyond."""

RECONNECT_SECONDS = 20.0
"""How long a server that was there before may be away between two transactions; less than a lease lasts."""

IDLE_SECONDS = 10
"""How long the server waits for the next statement of a transaction before it undoes it, for example of a process that
was suspended; less than a lease lasts, so that who takes the lease over does not find rows locked."""

BUSY_SECONDS = 15
"""How long a statement waits for another process's transaction; these take milliseconds, and end after an idle time."""

STATEMENT_SECONDS = 120
"""How long one statement may take before the server ends it; the longest here reads a whole state or a whole log."""

_POLL_SECONDS = 0.2
_SETTINGS = (
    '; SET LOCAL search_path TO "{schema}", pg_temp'
    "; SET LOCAL lock_timeout TO '{busy}s'"
    "; SET LOCAL statement_timeout TO '{statement}s'"
    "; SET LOCAL idle_in_transaction_session_timeout TO '{idle}s'"
)
_NAME = re.compile(r"(?<![:\w]):([a-z_]+)", re.ASCII)


class PostgresSessions:
    """Transactions on the database at ``location``; threads may share it.

    Nothing is connected before the first transaction. A connection that died between transactions is replaced.
    """

    def __init__(self, location: PostgresLocation) -> None:
        self.location = location
        self._driver = load_driver()
        self._settings = _SETTINGS.format(
            schema=location.schema, busy=BUSY_SECONDS, statement=STATEMENT_SECONDS, idle=IDLE_SECONDS
        )
        self._idle: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        self._known = False
        self._closed = False

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """A transaction that may write; commits at the end of the block, and is undone when the block raises.

        Raises:
            StateUnreachableError: The server is gone; when it went during the commit, nobody knows whether it happened.
            StateError: The database refused something.
        """
        with self._block("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as execute:
            yield execute

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """A transaction that sees one moment and writes nothing.

        Raises:
            StateUnreachableError: The server is gone.
            StateError: The database refused something.
        """
        with self._block("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as execute:
            yield execute

    @contextmanager
    def _block(self, begin: str) -> Iterator[Execute]:
        with self._room:
            connection = self._begun(begin)
            try:
                try:
                    yield _executor(connection)
                    if connection.execute("COMMIT").statusmessage != "COMMIT":
                        # An error was swallowed in the block: the server undoes such a transaction and does not say so.
                        raise StateError(f"{self.location.shown} undid a transaction", code="state.io")
                except BaseException:
                    self._undo(connection)
                    raise
            except (self._driver.Error, UnicodeError) as error:
                gone = isinstance(error, self._driver.Error) and is_gone(error, connection)
                raise translate(error, self.location.shown, gone=gone) from error
            finally:
                self._give_back(connection)

    def _begun(self, begin: str) -> psycopg.Connection[Any]:
        """A connection in a new transaction. A server that restarts is waited for: nothing was asked of it yet."""
        deadline = time.monotonic() + RECONNECT_SECONDS
        while True:
            connection: psycopg.Connection[Any] | None = None
            try:
                connection = self._taken()
                connection.execute(begin + self._settings)
            except self._driver.Error as error:
                if connection is not None:
                    connection.close()
                gone = is_gone(error, connection)
                if not gone or not self._known or time.monotonic() > deadline:
                    raise translate(error, self.location.shown, gone=gone) from error
                if connection is None:
                    time.sleep(_POLL_SECONDS)
            except BaseException:
                if connection is not None:
                    connection.close()
                raise
            else:
                self._known = True
                return connection

    def _taken(self) -> psycopg.Connection[Any]:
        with self._lock:
            if self._closed:
                raise StateError(f"{self.location.shown} was closed", code="state.closed")
            if self._idle:
                return self._idle.pop()
        from flowyml_infra.audit.postgresql.answering import AnsweringConnection

        # Prepared statements would outlive a transaction, which poolers do not like.
        return AnsweringConnection.connect(
            self.location.conninfo, autocommit=True, prepare_threshold=None, client_encoding="utf8"
        )

    def _undo(self, connection: psycopg.Connection[Any]) -> None:
        try:
            connection.execute("ROLLBACK")
        except self._driver.Error:
            # The server undoes it when the connection ends.
            connection.close()

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        idle = self._driver.pq.TransactionStatus.IDLE
        with self._lock:
            if self._closed or connection.closed or connection.info.transaction_status != idle:
                connection.close()
            else:
                self._idle.append(connection)

    def close(self) -> None:
        """Close the connections; one that is in use is closed when its transaction ends."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _executor(connection: psycopg.Connection[Any]) -> Execute:
    def execute(sql: str, parameters: Mapping[str, object]) -> Result:
        return connection.execute(_for_driver(sql), dict(parameters))

    return execute


@lru_cache(maxsize=256)
def _for_driver(sql: str) -> Any:  # noqa: ANN401 - the driver wants a literal
    """``sql`` with parameters written as the driver does."""
    return _NAME.sub(r"%(\1)s", sql.replace("%", "%%"))
