"""Owns the real server behind the instances of RDS that run PostgreSQL, in test beds that have one.

An instance is a database on that server and a role that owns it, with the master's name and password; two instances
with one of these names cannot be at a time. What RDS gives the master is a role that may make databases and roles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

VARIABLE = "EMULATION_POSTGRESQL"
"""Where the server is, as its administrator connects; without it an instance is only spoken of."""


def endpoint() -> tuple[str, int] | None:
    """The address and the port of the server."""
    found = os.environ.get(VARIABLE)
    if not found:
        return None
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(found)
    return str(parts["host"]), int(str(parts["port"]))


def make(instance: dict[str, Any], password: str) -> None:
    """Make what ``instance``, as RDS describes it, stands for."""
    from psycopg import sql

    role = sql.Identifier(instance["MasterUsername"])
    with _administrator() as execute:
        execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(role, sql.Literal(password)))
        if "DBName" in instance:
            execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(instance["DBName"]), role))


def remove(instance: dict[str, Any]) -> None:
    """Remove what :func:`make` made, whoever is connected to it."""
    from psycopg import sql

    with _administrator() as execute:
        if "DBName" in instance:
            execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(instance["DBName"])))
        execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(instance["MasterUsername"])))


@contextmanager
def _administrator() -> Iterator[Any]:
    import psycopg

    with psycopg.connect(os.environ[VARIABLE], autocommit=True) as connection:
        yield connection.execute
