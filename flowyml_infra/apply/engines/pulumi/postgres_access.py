"""Owns what the CLI's own PostgreSQL client, lib/pq, is told: as libpq understands a URL, with the password in a file.

The file is one in memory where the system has such, so that nothing of it rests and no other process's variables have
it. See https://www.postgresql.org/docs/current/libpq-connect.html and https://pkg.go.dev/github.com/lib/pq.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from flowyml_infra.apply.engines.pulumi.backend_access import Access
from flowyml_infra.errors import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILES: Final = ("sslcert", "sslkey", "sslrootcert", "passfile")
_SYSTEM: Final = "system"
"""Names the certificates of the system instead of a file."""
_TUNING: Final = frozenset(
    {
        "gsslib",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "sslcompression",
        "tcp_user_timeout",
    }
)
"""What the CLI's client does not know, and what it can do without."""
_HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    "channel_binding": frozenset({"disable", "prefer"}),
    "gssdelegation": frozenset({"0"}),
    "gssencmode": frozenset({"disable", "prefer"}),
    "require_auth": frozenset(),
    "requirepeer": frozenset(),
    "sslcertmode": frozenset({"allow"}),
    "sslcrl": frozenset(),
    "sslcrldir": frozenset(),
    "sslpassword": frozenset(),
}
"""What the CLI's client cannot hold to, each with the values that ask nothing of it."""
_VARIABLES: Final[Mapping[str, str]] = {
    "PGCHANNELBINDING": "channel_binding",
    "PGGSSDELEGATION": "gssdelegation",
    "PGGSSENCMODE": "gssencmode",
    "PGGSSLIB": "gsslib",
    "PGREQUIREAUTH": "require_auth",
    "PGREQUIREPEER": "requirepeer",
    "PGREQUIRESSL": "sslcompression",
    "PGSSLCERTMODE": "sslcertmode",
    "PGSSLCOMPRESSION": "sslcompression",
    "PGSSLCRL": "sslcrl",
    "PGSSLCRLDIR": "sslcrldir",
}
"""Variables that libpq reads and the CLI's client stumbles over, each with its parameter."""


def access(parameters: Mapping[str, str], folder: Path, environ: Mapping[str, str]) -> Access:
    """How the CLI connects as libpq would with ``parameters``.

    Args:
        parameters: libpq's, and any setting of a session, and ``table``.
        folder: A private folder, for a password where the system has no files in memory.
        environ: The variables of this process.

    Raises:
        EngineUnavailableError: They ask for something that the CLI's client cannot hold to.
    """
    given = {name: environ[variable] for variable, name in _VARIABLES.items() if variable in environ}
    told = {name: value for name, value in (given | dict(parameters)).items() if name not in _TUNING}
    for name, harmless in _HARMLESS.items():
        if told.pop(name, None) not in (None, *harmless):
            raise _unable(name)
    password = told.pop("password", None) or environ.get("PGPASSWORD")
    by_service = "service" in told or "PGSERVICE" in environ
    if not by_service:
        if not ({"host", "hostaddr"} & told.keys() or {"PGHOST", "PGHOSTADDR"} & environ.keys()):
            raise EngineUnavailableError(
                "the PostgreSQL URL names no host, and the Pulumi CLI does not know the default one",
                code="engine.backend",
                hint="name it: ?host=/var/run/postgresql is the folder of a socket on many systems",
            )
        if "PGSSLMODE" not in environ:
            # The client's own default is another one.
            told.setdefault("sslmode", "verify-full" if told.get("sslrootcert") == _SYSTEM else "prefer")
    for name in _FILES:
        if told.get(name) not in (None, "", _SYSTEM):
            told[name] = os.path.abspath(told[name])  # noqa: PTH100 - the CLI's working folder is another one
    held = ExitStack()
    if password:
        told["passfile"] = _password_file(password, folder, held)
    url = f"postgres:///?{urlencode(told, quote_via=quote)}"
    return Access(url, hidden=frozenset({"PGPASSWORD", *_VARIABLES}), held=held)


def parameters_of(url: str) -> dict[str, str]:
    """The parameters in a URL that is Pulumi's own way of naming a database.

    Raises:
        EngineUnavailableError: It is none.
    """
    try:
        parts = urlsplit(url)
        found = {
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "host": unquote(parts.hostname or ""),
            "port": str(parts.port or ""),
            "dbname": unquote(parts.path.removeprefix("/")),
            **dict(parse_qsl(parts.query, strict_parsing=bool(parts.query))),
        }
    except ValueError:
        # What is wrong with it may be its password.
        raise EngineUnavailableError(
            "the engine's backend is a PostgreSQL URL that cannot be read",
            code="engine.backend",
            hint="it reads postgres://user@host:5432/database?sslmode=verify-full; special characters are written as "
            "%40 and the like",
        ) from None
    return {name: value for name, value in found.items() if value}


def _password_file(password: str, folder: Path, held: ExitStack) -> str:
    """A file in libpq's form, see https://www.postgresql.org/docs/current/libpq-pgpass.html, gone with ``held``.

    It is this process's own: nothing that the CLI starts inherits it, and a CLI that outlives this process can open no
    further connection.
    """
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    line = f"*:*:*:*:{escaped}\n".encode()
    if not hasattr(os, "memfd_create"):
        path = folder / "password"
        path.touch(mode=0o600)
        path.write_bytes(line)
        held.callback(path.unlink, missing_ok=True)
        return str(path)
    descriptor = os.memfd_create("flowyml-engine")
    held.callback(os.close, descriptor)
    os.fchmod(descriptor, 0o600)
    os.write(descriptor, line)
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _unable(name: str) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"the Pulumi CLI cannot hold to {name}, which the PostgreSQL URL or a variable asks for",
        code="engine.backend",
        hint="name another backend for the engine, `engine.backend` in flowyml.yaml; or do without it",
    )
