"""Owns real PostgreSQL servers of the test process: a private folder, a free port, TLS, a schema for every test."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.emulation.certificates import serving
from tests.emulation.debian import install
from tests.emulation.servers import LOCALHOST, free_port, running

DATABASE = "team"
OWNER = "owner"
PASSWORD = "p@ss:w/rd"  # with what a URL has to escape
QUOTED = "p%40ss%3Aw%2Frd"
_ACCESS = """\
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
# What is lost in a crash of the machine is a test's; a crash of the server alone loses nothing.
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
synchronous_commit = on
shared_buffers = 16MB
max_connections = 200
"""
_TLS = """
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
"""


@dataclass
class PostgresServer:
    """A running server.

    Attributes:
        folder: Its data.
        port: On the local machine.
        authority: The file with the certificate of the authority that signed the server's.
        administrator: Who may do everything, and makes no secret of the password.
        password: The password of everybody.
    """

    folder: Path
    port: int
    authority: Path
    administrator: str = "postgres"
    password: str = field(default=PASSWORD, repr=False)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def url(self, schema: str = "", **parameters: str) -> str:
        """The URL of a state in ``schema``, as the owner of the database."""
        given = {**({"schema": schema} if schema else {}), **parameters}
        query = "&".join(f"{name}={value}" for name, value in given.items())
        return f"postgresql://{OWNER}:{QUOTED}@{LOCALHOST}:{self.port}/{DATABASE}{'?' if query else ''}{query}"

    @property
    def administration(self) -> str:
        """libpq's connection parameters of the administrator."""
        login = {"user": self.administrator, "password": self.password}
        return make_conninfo(host=LOCALHOST, port=self.port, dbname="postgres", **login)

    def new_url(self) -> str:
        """The URL of a state that nobody has used."""
        return self.url(f"t{uuid.uuid4().hex[:12]}")

    def connect(self, user: str = OWNER, database: str = DATABASE) -> psycopg.Connection[Any]:
        """A connection that commits each statement."""
        return psycopg.connect(
            host=LOCALHOST, port=self.port, user=user, password=self.password, dbname=database, autocommit=True
        )

    def run(self, sql: str, parameters: Sequence[Any] = (), user: str = OWNER) -> list[Any]:
        """What a statement gives."""
        with self.connect(user) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [*_as_server_user(), str(program("postgres")), "-D", str(self.folder)]
        self._stack.enter_context(running(command, self.folder.parent / "log", self._answers))

    def _answers(self) -> bool:
        try:
            self.connect(self.administrator, "postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End it and every connection to it, as a machine that fails does: nothing is said, nothing is tidied up."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((self.folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self._stack.close()

    def close(self) -> None:
        """End it for good."""
        self._stack.close()
        shutil.rmtree(self.folder.parent, ignore_errors=True)


def program(name: str) -> Path:
    """Where a program of the server is; Debian's package is installed where there is none.

    Raises:
        RuntimeError: It is not there, and cannot be installed.
    """
    if _found(name) is None:
        install("postgresql", there=lambda: _found(name) is not None)
    found = _found(name)
    assert found is not None
    return found


def _found(name: str) -> Path | None:
    on_path = shutil.which(name)
    candidates = [Path(on_path)] if on_path else sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return candidates[-1] if candidates else None


def started() -> PostgresServer:
    """A new server with TLS, and on it a database and who owns it."""
    server = _made("postgres", PASSWORD)
    with (server.folder / "postgresql.conf").open("a") as settings:
        settings.write(_TLS)
    certificate = serving()
    server.authority.write_bytes(certificate.authority)
    for name, content in (("server.crt", certificate.server.public), ("server.key", certificate.server.private)):
        path = server.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        _hand_over(path)
    server.start()
    with server.connect("postgres", "postgres") as connection:
        connection.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'")
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    return server


def started_as_image(environment: Mapping[str, str]) -> PostgresServer:
    """A new server as the official image makes it of its variables, see https://hub.docker.com/_/postgres."""
    server = _made(environment["POSTGRES_USER"], environment["POSTGRES_PASSWORD"])
    server.start()
    with server.connect(server.administrator, "postgres") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(environment["POSTGRES_DB"])))
    return server


def _made(administrator: str, password: str) -> PostgresServer:
    """One that is not started. PostgreSQL refuses to be run by root: root hands it to an account without rights."""
    home = Path(tempfile.mkdtemp(prefix="flowyml-postgresql-"))
    server = PostgresServer(home / "data", free_port(), home / "authority.crt", administrator, password)
    file = home / "password"
    file.write_text(password)
    _hand_over(home, file)
    access = ["--auth=scram-sha-256", f"--username={administrator}", f"--pwfile={file}"]
    _run(
        [str(program("initdb")), "-D", str(server.folder), "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8", *access]
    )
    (server.folder / "pg_hba.conf").write_text(_ACCESS)
    with (server.folder / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS.format(port=server.port))
    return server


def _run(command: list[str]) -> None:
    done = subprocess.run([*_as_server_user(), *command], capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")


def _as_server_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    user = _server_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _hand_over(*paths: Path) -> None:
    if os.geteuid() == 0:
        user = _server_user()
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
