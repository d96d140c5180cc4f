"""Owns where tests keep a state: in a SQLite file or in a PostgreSQL schema, with ways around the library to each."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from flowyml_infra.audit.location import sqlite_path
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.state import open_reader, open_store
from tests.state.samples import master_key


class Place(Protocol):
    """One state. ``root`` is the project's folder."""

    url: str
    root: Path

    def execute(self, sql: str) -> list[Any]:
        """Run a statement behind the library's back; returns its rows."""


class _Ways:
    url: str
    root: Path

    def open(self, **options: Any):
        options.setdefault("key_source", master_key)
        return open_store(self.url, project_root=self.root, **options)

    @contextmanager
    def store(self, **options: Any):
        with closing(self.open(**options)) as store:
            yield store

    def reader(self, **options: Any):
        options.setdefault("key_source", master_key)
        return open_reader(self.url, project_root=self.root, **options)

    def audit(self) -> AuditStore:
        return AuditStore(self.url, project_root=self.root)

    def expire(self, lease: str) -> None:
        self.execute(f"UPDATE leases SET expires_at = 1 WHERE name = '{lease}'")


@dataclass
class SqlitePlace(_Ways):
    """In a file; by default ``state.db`` in ``root``."""

    root: Path
    url: str = "sqlite:///state.db"

    def execute(self, sql: str) -> list[Any]:
        path = sqlite_path(self.url, self.root)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()


@dataclass
class PostgresPlace(_Ways):
    """In the schema that ``url`` names."""

    root: Path
    url: str

    def execute(self, sql: str) -> list[Any]:
        location = parse_location(self.url)
        with psycopg.connect(location.conninfo, autocommit=True) as connection:
            connection.execute(f'SET search_path TO "{location.schema}"')
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []
