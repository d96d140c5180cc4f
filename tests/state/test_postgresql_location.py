import sys

import pytest
from psycopg.conninfo import conninfo_to_dict

from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.errors import StateError


def parameters(url):
    return conninfo_to_dict(parse_location(url).conninfo)


def test_every_parameter_but_the_schema_is_the_client_librarys_own():
    found = parameters(
        "postgresql://me:s%40cret@db.example:6432/team?sslmode=verify-full&sslrootcert=/etc/ca.pem&schema=ml&options=-c%20geqo%3Doff"
    )
    assert found["host"] == "db.example"
    assert found["port"] == "6432"
    assert (found["user"], found["password"], found["dbname"]) == ("me", "s@cret", "team")
    assert (found["sslmode"], found["sslrootcert"], found["options"]) == ("verify-full", "/etc/ca.pem", "-c geqo=off")
    assert "schema" not in found


def test_the_schema_has_a_name_of_its_own_unless_one_is_given():
    assert parse_location("postgresql://host/team").schema == "flowyml_infra"
    assert parse_location("postgresql://host/team?schema=platform_ml&sslmode=require").schema == "platform_ml"


@pytest.mark.parametrize("schema", ["", "pg_catalog", "Team", 'a"b', "a b", "1a", "x" * 64, "%22%3B--"])
def test_a_schema_that_would_have_to_be_quoted_is_refused(schema):
    with pytest.raises(StateError) as caught:
        parse_location(f"postgresql://host/team?schema={schema}")
    assert caught.value.code == "state.url"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "POSTGRESQL"])
def test_the_usual_ways_to_write_the_scheme_mean_the_same(scheme):
    assert parse_location(f"{scheme}://me@host/team") == parse_location("postgresql://me@host/team")


def test_several_hosts_and_the_servers_socket_can_be_named():
    two = parse_location("postgresql://me@one:5432,two:5433/team?target_session_attrs=read-write")
    assert two.shown == "postgresql://me@one:5432,two:5433/team"
    assert conninfo_to_dict(two.conninfo)["port"] == "5432,5433"
    assert parameters("postgresql:///team?host=/run/postgresql")["host"] == "/run/postgresql"


def test_what_is_shown_has_neither_password_nor_options():
    url = "postgresql://me:topsecret@host:5432/team?sslpassword=topsecret&schema=ml&password=topsecret"
    location = parse_location(url)
    assert location.shown == "postgresql://me@host:5432/team?schema=ml"
    assert "topsecret" not in repr(location)


@pytest.mark.parametrize(
    "url", ["postgresql://me:topsecret@[::1/team", "postgresql://me:topsecret@host/team?nonsense=1", "postgresql://%zz"]
)
def test_a_url_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(StateError) as caught:
        parse_location(url)
    assert caught.value.code == "state.url"
    assert "topsecret" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__suppress_context__


def test_a_peer_that_vanishes_is_noticed_unless_the_url_says_otherwise():
    assert int(parameters("postgresql://host/team")["connect_timeout"]) <= 10
    assert parameters("postgresql://host/team?connect_timeout=3")["connect_timeout"] == "3"
    assert int(parameters("postgresql://host/team")["tcp_user_timeout"]) <= 20_000


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StateError) as caught:
        parse_location("postgresql://host/team")
    assert caught.value.code == "state.driver"
    assert "flowyml-infra[postgresql]" in caught.value.hint
