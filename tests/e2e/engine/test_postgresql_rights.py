"""Who may use the engine's record in PostgreSQL, and what the CLI is told, held against the CLI itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import psycopg
import pytest

from flowyml_infra.apply.engines.pulumi.backends import NamedBackend
from flowyml_infra.apply.engines.pulumi.postgres_backend import PostgresBackend
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.errors import EngineUnavailableError
from flowyml_infra.state.grants import engine_grants
from tests.emulation import pulumi_cli
from tests.emulation.postgresql_server import LOCALHOST, OWNER, PASSWORD, PostgresServer

pytestmark = pytest.mark.engine


class Desk:
    """Runs the CLI in a backend, as the engine has it run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, backend: PostgresBackend | NamedBackend, *arguments: str, looks: bool = False) -> str:
        access = backend.reach(self.folder, "s.default.1", looks=looks)
        with access.held:
            assert PASSWORD not in access.url
            assert quote(PASSWORD, safe="") not in access.url
            done = subprocess.run(
                [str(pulumi_cli.executable()), "--non-interactive", *arguments],
                env={
                    **{name: value for name, value in os.environ.items() if name not in access.hidden},
                    "PULUMI_BACKEND_URL": access.url,
                    "PULUMI_HOME": str(self.folder / "home"),
                    "PULUMI_CONFIG_PASSPHRASE": "a passphrase for tests",
                    "PULUMI_SKIP_UPDATE_CHECK": "true",
                },
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
            )
        assert PASSWORD not in done.stdout + done.stderr
        return done.stdout if done.returncode == 0 else done.stderr


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in [name for name in os.environ if name.startswith(("PG", "PULUMI_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "Pulumi.yaml").write_text("name: flowyml-infra\nruntime: python\n")
    return Desk(tmp_path)


def owned(server: PostgresServer, schema: str, user: str = OWNER) -> PostgresBackend:
    return PostgresBackend(server.url(schema).replace(f"//{OWNER}:", f"//{user}:"))


def tables(server: PostgresServer, schema: str) -> list[tuple[str, str]]:
    return server.run(f"SELECT tablename, tableowner FROM pg_tables WHERE schemaname = '{schema}_engine'")


@contextmanager
def roles(server: PostgresServer, schema: str, *names: str) -> Iterator[list[str]]:
    """Roles of this test alone; roles are those of the whole server."""
    made = [f"{name}_{schema}" for name in names]
    for name in made:
        server.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", user="postgres")
    yield made


def allow(server: PostgresServer, schema: str, role: str, *, read_only: bool = False) -> None:
    with server.connect("postgres") as connection:
        for statement in engine_grants(parse_location(server.url(schema)), role, read_only=read_only):
            connection.execute(statement)


def test_roles_with_the_printed_rights_share_one_record_and_own_nothing_else(
    desk: Desk, postgresql: PostgresServer, unique: str
):
    postgresql.run(f"CREATE SCHEMA {unique}")
    assert "stack" not in desk(owned(postgresql, unique), "stack", "init", "s.default.1")
    with roles(postgresql, unique, "first", "second") as (first, second):
        for role in (first, second):
            allow(postgresql, unique, role)
            assert "s.default.1" in desk(owned(postgresql, unique, role), "stack", "ls")
        desk(owned(postgresql, unique, second), "stack", "init", "s.default.2")
        for role in (OWNER, first):
            assert "s.default.2" in desk(owned(postgresql, unique, role), "stack", "ls")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgresql.run(f"CREATE TABLE {unique}.more (x text)", user=first)
        (table,) = tables(postgresql, unique)
        assert table[0] == "pulumi_state"
        assert table[1] not in (OWNER, first, second)


def test_the_first_to_apply_need_not_be_the_owner(desk: Desk, postgresql: PostgresServer, unique: str):
    postgresql.run(f"CREATE SCHEMA {unique}")
    with roles(postgresql, unique, "first", "second") as (first, second):
        allow(postgresql, unique, first)
        allow(postgresql, unique, second)
        desk(owned(postgresql, unique, first), "stack", "init", "s.default.1")
        for role in (OWNER, second):
            assert "s.default.1" in desk(owned(postgresql, unique, role), "stack", "ls")


def test_who_only_looks_is_given_a_copy_and_needs_no_more_than_to_read(
    desk: Desk, postgresql: PostgresServer, unique: str, tmp_path: Path
):
    postgresql.run(f"CREATE SCHEMA {unique}")
    with roles(postgresql, unique, "viewer", "stranger") as (viewer, stranger):
        allow(postgresql, unique, viewer, read_only=True)
        looks = owned(postgresql, unique, viewer)
        assert looks.reach(tmp_path / "1", "s.default.1", looks=True).environment == {}, "before anything is recorded"
        for name in ("s.default.1", "s.default.2"):
            desk(owned(postgresql, unique), "stack", "init", name)
        assert looks.used()
        before = postgresql.run(f"SELECT * FROM {unique}_engine.pulumi_state ORDER BY key")
        listed = desk(looks, "stack", "ls", looks=True)
        assert "s.default.1" in listed
        assert "s.default.2" not in listed, "what it is about, and no more"
        assert postgresql.run(f"SELECT * FROM {unique}_engine.pulumi_state ORDER BY key") == before
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgresql.run(f"DELETE FROM {unique}_engine.pulumi_state", user=viewer)
        for backend, looking in ((looks, False), (owned(postgresql, unique, stranger), True)):
            with pytest.raises(EngineUnavailableError) as caught:
                backend.reach(tmp_path / "2", "s.default.1", looks=looking)
            assert caught.value.code == "engine.backend_rights"


def test_a_role_without_them_is_told_so(desk: Desk, postgresql: PostgresServer, unique: str, tmp_path: Path):
    postgresql.run(f"CREATE SCHEMA {unique}")
    with roles(postgresql, unique, "stranger") as (stranger,):
        backend = owned(postgresql, unique, stranger)
        for _ in range(2):
            with pytest.raises(EngineUnavailableError) as caught:
                backend.reach(tmp_path, "s.default.1", looks=False)
            assert caught.value.code == "engine.backend_rights"
            assert "state grants" in caught.value.hint
            # The second time the schema is there, and somebody else's.
            owned(postgresql, unique).reach(tmp_path, "s.default.1", looks=False).held.close()
        assert not owned(postgresql, f"{unique}x").used()


def for_libpq(url: str) -> dict[str, Any]:
    """The parameters in ``url``, of which settings of the session are none of libpq's."""
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if name not in ("search_path", "role")}


def test_a_run_that_was_left_alive_elsewhere_is_cut_off_and_gets_no_further(
    postgresql: PostgresServer, unique: str, tmp_path: Path
):
    backend = owned(postgresql, unique)
    left = backend.reach(tmp_path, "s.default.1", looks=False)
    other = backend.reach(tmp_path, "s.default.2", looks=False)
    with ExitStack() as connections:
        runs = [connections.enter_context(psycopg.connect(**for_libpq(access.url))) for access in (left, other)]
        left.held.close()
        other.held.close()
        backend.reach(tmp_path, "s.default.1", looks=True).held.close()
        assert runs[0].execute("SELECT 1").fetchone() == (1,)
        backend.reach(tmp_path, "s.default.1", looks=False).held.close()
        with pytest.raises(psycopg.errors.AdminShutdown):
            runs[0].execute("SELECT 1")
        assert runs[1].execute("SELECT 1").fetchone() == (1,), "another deployment's goes on"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(**for_libpq(left.url))


def test_what_a_run_leaves_is_seen_and_taken_away_as_its_owner(desk: Desk, postgresql: PostgresServer, unique: str):
    backend = owned(postgresql, unique)
    assert not backend.locked("s.default.1")
    desk(backend, "stack", "init", "s.default.1")
    kept = [".pulumi/locks/organization/flowyml-infra/s_default.1/x.json", ".pulumi/history/flowyml-infra/other/x.json"]
    gone = [
        ".pulumi/locks/organization/flowyml-infra/s.default.1/x.json",
        ".pulumi/history/flowyml-infra/s.default.1/x.json",
        ".pulumi/stacks/flowyml-infra/s.default.1.json.bak",
    ]
    for key in [*kept, gone[0]]:
        postgresql.run(f"INSERT INTO {unique}_engine.pulumi_state VALUES (%s, '{{}}')", (key,))
    assert backend.locked("s.default.1")
    assert not backend.locked("s.default")
    for key in gone[1:]:
        postgresql.run(f"INSERT INTO {unique}_engine.pulumi_state VALUES (%s, '{{}}') ON CONFLICT DO NOTHING", (key,))
    backend.prune("s.default.1")
    backend.clear("s.default.1")
    left = {row[0] for row in postgresql.run(f"SELECT key FROM {unique}_engine.pulumi_state")}
    assert {*kept, gone[0], ".pulumi/stacks/flowyml-infra/s.default.1.json"} <= left
    assert not set(gone[1:]) & left


def test_a_database_that_flowyml_yaml_names_is_reached_in_pulumis_own_way(
    desk: Desk, postgresql: PostgresServer, unique: str, monkeypatch: pytest.MonkeyPatch
):
    password = quote(PASSWORD, safe="")
    place = f"{LOCALHOST}:{postgresql.port}/team?table={unique}&sslmode=verify-full&sslrootcert={postgresql.authority}"
    desk(NamedBackend(f"postgres://{OWNER}:{password}@{place}"), "stack", "init", "one")
    # As for every backend that Pulumi alone knows: a lock is taken away without asking whether there is one.
    assert "error" not in desk(NamedBackend(f"postgres://{OWNER}:{password}@{place}"), "cancel", "--yes", "-s", "one")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert "one" in desk(NamedBackend(f"postgres://{OWNER}@{place}"), "stack", "ls")
    assert postgresql.run(f"SELECT count(*) > 0 FROM {unique}") == [(True,)]


def test_a_certificate_that_is_not_the_servers_is_refused(
    desk: Desk, postgresql: PostgresServer, unique: str, tmp_path: Path
):
    owned(postgresql, unique).reach(tmp_path, "s.default.1", looks=False).held.close()
    told = desk(
        NamedBackend(
            f"postgres://{OWNER}:{quote(PASSWORD, safe='')}@{LOCALHOST}:{postgresql.port}/team?sslmode=verify-full"
            "&sslrootcert=/etc/ssl/certs/ca-certificates.crt"
        ),
        "stack",
        "ls",
    )
    assert "certificate" in told
