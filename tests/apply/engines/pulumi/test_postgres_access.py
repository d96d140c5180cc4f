"""What the CLI's own PostgreSQL client is told: what libpq would do, and never a password where others see it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from flowyml_infra.apply.engines.pulumi.backends import NamedBackend
from flowyml_infra.apply.engines.pulumi.postgres_access import access, parameters_of
from flowyml_infra.errors import EngineUnavailableError

PASSWORD = r"p@ss:w/r\d"
HOST = {"host": "db.example", "user": "me"}


def told(parameters: dict[str, str], folder: Path, environ: dict[str, str] | None = None) -> dict[str, str]:
    found = access(parameters, folder, environ or {})
    found.held.close()
    parts = urlsplit(found.url)
    assert (parts.scheme, parts.netloc, parts.path) == ("postgres", "", "/")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.mark.parametrize(
    ("given", "environ", "mode"),
    [
        ({}, {}, "prefer"),
        ({"sslmode": "verify-full"}, {"PGSSLMODE": "disable"}, "verify-full"),
        ({}, {"PGSSLMODE": "require"}, None),
        ({"sslrootcert": "system"}, {}, "verify-full"),
        ({"service": "team"}, {}, None),
    ],
)
def test_tls_is_as_libpq_would_have_it(tmp_path: Path, given, environ, mode):
    assert told(HOST | given, tmp_path, environ).get("sslmode") == mode


def test_files_are_where_they_were_although_the_cli_works_elsewhere(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = told(HOST | {"sslrootcert": "root.crt", "sslcert": "/etc/me.crt", "sslkey": "me.key"}, tmp_path)
    assert found["sslrootcert"] == f"{tmp_path}/root.crt"
    assert found["sslcert"] == "/etc/me.crt"
    assert found["sslkey"] == f"{tmp_path}/me.key"


def test_several_hosts_stay_several(tmp_path: Path):
    found = told({"host": "a,b", "port": "1,2", "target_session_attrs": "read-write"}, tmp_path)
    assert (found["host"], found["port"], found["target_session_attrs"]) == ("a,b", "1,2", "read-write")


@pytest.mark.parametrize("environ", [{}, {"PGPASSWORD": PASSWORD}], ids=["in the URL", "in a variable"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_a_password_is_in_a_file_that_is_gone_with_the_cli(tmp_path: Path, monkeypatch, environ, in_memory):
    if not in_memory:
        monkeypatch.delattr(os, "memfd_create")
    given = HOST if environ else HOST | {"password": PASSWORD}
    found = access(given, tmp_path, environ)
    assert "PGPASSWORD" in found.hidden
    assert not found.environment
    path = Path(parse_qs(urlsplit(found.url).query)["passfile"][0])
    assert path.read_text() == "*:*:*:*:p@ss\\:w/r\\\\d\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "ss:w" not in found.url
    assert "ss%3Aw" not in found.url
    assert list(tmp_path.iterdir()) == ([] if in_memory else [path])
    found.held.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "environ", "named"),
    [
        ({"sslcrl": "revoked.pem"}, {}, "sslcrl"),
        ({"channel_binding": "require"}, {}, "channel_binding"),
        ({"sslpassword": "x"}, {}, "sslpassword"),
        ({}, {"PGREQUIREPEER": "postgres"}, "requirepeer"),
        ({}, {"PGGSSENCMODE": "require"}, "gssencmode"),
    ],
)
def test_what_the_cli_cannot_hold_to_is_refused_and_not_left_out(tmp_path: Path, given, environ, named):
    with pytest.raises(EngineUnavailableError, match=named) as caught:
        access(HOST | given, tmp_path, environ)
    assert "engine.backend" in caught.value.hint


def test_what_asks_for_nothing_is_left_out(tmp_path: Path):
    given = {"keepalives_idle": "10", "tcp_user_timeout": "20000", "channel_binding": "prefer", "gssencmode": "disable"}
    assert told(HOST | given, tmp_path, {"PGGSSENCMODE": "prefer"}).keys() == {"host", "user", "sslmode"}


def test_a_url_without_a_host_is_told(tmp_path: Path):
    with pytest.raises(EngineUnavailableError, match="names no host"):
        access({"dbname": "infra"}, tmp_path, {})
    assert told({"dbname": "infra"}, tmp_path, {"PGHOST": "db"})["dbname"] == "infra"


def test_a_named_database_is_read_as_pulumi_reads_it():
    found = parameters_of("postgres://me:p%40ss%3Aw@db.example:6432/engine?table=records&sslmode=require")
    assert found == {
        "user": "me",
        "password": "p@ss:w",
        "host": "db.example",
        "port": "6432",
        "dbname": "engine",
        "table": "records",
        "sslmode": "require",
    }
    with pytest.raises(EngineUnavailableError) as caught:
        parameters_of("postgres://me:hidden@db:port/engine")
    assert "hidden" not in caught.value.message + str(caught.value.__cause__)


@pytest.mark.parametrize("url", ["s3://team?region=eu-west-1", "gs://team", "azblob://team"])
def test_what_pulumi_alone_knows_is_passed_through(url: str, tmp_path: Path):
    found = NamedBackend(url).reach(tmp_path, "s", looks=False)
    assert (found.url, found.hidden) == (url, frozenset())
