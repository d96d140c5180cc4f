"""Owns where the database is that holds the state and the chain: the default, and what a SQLite URL points at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_URL = "sqlite:///.flowyml/state.db"
"""Relative to the project."""

SQLITE_SCHEMES = ("sqlite", "sqlite+pysqlite")
POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


def url_scheme(url: str) -> str:
    """The part of ``url`` before ``://``, in lower case.

    Raises:
        StateError: There is none.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or not scheme:
        raise StateError(
            f"{url!r} is not a state URL", code="state.url", hint=f"a state URL reads {DEFAULT_URL}, for example"
        )
    return scheme.lower()


def sqlite_path(url: str, project_root: Path) -> Path:
    """The file that a SQLite URL names: three slashes for a path relative to the project, four for an absolute one.

    Raises:
        StateError: The URL names no file, or is not one of SQLite.
    """
    scheme = url_scheme(url)
    if scheme not in SQLITE_SCHEMES:
        raise StateError(f"{scheme!r} is not a scheme of SQLite", code="state.url")
    rest = url.partition("://")[2].partition("?")[0]
    path = rest[1:]
    if not rest.startswith("/") or path in ("", ":memory:"):
        raise StateError(
            f"{url!r} names no file, and a state has to outlive the process",
            code="state.url",
            hint=f"use {DEFAULT_URL}, or sqlite:////absolute/path.db",
        )
    return Path(project_root) / path


def nearest_project(start: Path) -> Path:
    """``start`` or the nearest folder above it that has a flowyml.yaml; ``start`` itself when none has."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "flowyml.yaml").is_file():
            return folder
    return start


def default_url(environ: Mapping[str, str] = os.environ) -> str:
    """The state's URL where nobody gave one: ``FLOWYML_STATE_URL``, else :data:`DEFAULT_URL`."""
    return environ.get("FLOWYML_STATE_URL") or DEFAULT_URL
