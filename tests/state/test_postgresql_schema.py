"""The tables in PostgreSQL: what makes them, what upgrades them, and who is kept out meanwhile."""

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from flowyml_infra.audit.postgresql import sessions
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.bundled import bundled_path
from flowyml_infra.errors import StateError
from flowyml_infra.state import open_reader, open_store, schema
from flowyml_infra.state.grants import _WRITES
from flowyml_infra.state.migration import upgrade_postgres
from flowyml_infra.state.store import PutRow
from flowyml_infra.state.tables import metadata
from flowyml_infra.state.upgrade_copies import find_copies
from tests.state.places import PostgresPlace
from tests.state.samples import KEY, address, begin, master_key, record, row

COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name"
    " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2"
)
CONSTRAINTS = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace"
    " ORDER BY 1"
)
INDEXES = "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1, 2"
VERSION = "SELECT version_num FROM alembic_version"
COPIES = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, current_schema() || '_before_')"


def definitions(place):
    return [place.execute(sql) for sql in (COLUMNS, CONSTRAINTS, INDEXES)]


def migrated(place):
    """The tables as the migrations make them."""
    location = parse_location(place.url)
    place.execute(f'CREATE SCHEMA "{location.schema}"')
    upgrade_postgres(location, lambda execute: True)
    return location


def test_the_migrations_make_what_the_tables_say(place, postgresql, tmp_path):
    at_once = PostgresPlace(tmp_path, postgresql.new_url())
    with at_once.store():
        pass
    location = migrated(place)
    assert definitions(place) == definitions(at_once)
    for table in ("meta", "alembic_version", "audit_head"):
        assert place.execute(f"SELECT * FROM {table}") == at_once.execute(f"SELECT * FROM {table}")
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: postgresql.connect())
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET search_path TO {location.schema}")
        connection.dialect.default_schema_name = location.schema
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_every_table_is_granted(place):
    with place.store():
        tables = {
            name for (name,) in place.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        }
    assert tables == set(_WRITES)


def test_a_newer_state_is_refused_and_left_alone(place):
    with place.store() as store:
        record(store, PutRow(row("a")))
    place.execute("UPDATE alembic_version SET version_num = '0004'")
    before = definitions(place)
    for open_ in (open_store, open_reader):
        with pytest.raises(StateError, match="written by a newer flowyml-infra") as caught:
            open_(place.url)
        assert caught.value.code == "state.newer"
        assert "upgrade" in caught.value.hint
    assert definitions(place) == before


def test_an_older_client_that_is_at_work_writes_nothing_after_an_upgrade(place):
    with place.store() as store:
        lease, operation = begin(store)
        operation.write([PutRow(row("a"))])
        place.execute("UPDATE alembic_version SET version_num = '0004'")
        for write in (lambda: operation.write([PutRow(row("b"))]), lambda: operation.finish("succeeded")):
            with pytest.raises(StateError, match="another release") as caught:
                write()
            assert caught.value.code == "state.newer"
        place.execute("UPDATE alembic_version SET version_num = '0001'")
        assert list(store.snapshot(KEY).rows) == [address("a")]
        store.release(lease)


@pytest.fixture
def older(place, monkeypatch):
    """A state that the release before has written."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISION", "0003")
        location = parse_location(place.url)
        place.execute(f'CREATE SCHEMA "{location.schema}"')
        upgrade_postgres(location, lambda execute: True, scripts=bundled_path("state"))
        with place.store() as store:
            record(store, PutRow(row("a")))
    return place


def test_an_older_state_is_upgraded_once_by_clients_that_open_it_at_once(older, newer_release):
    with ThreadPoolExecutor(2) as threads:
        stores = list(threads.map(lambda _: older.open(), range(2)))
    assert older.execute(VERSION) == [("0004",)]
    assert older.execute("SELECT text FROM notes") == [("made by 0004",)]
    for store in stores:
        assert list(store.snapshot(KEY).rows) == [address("a")]
        store.close()


def test_an_upgrade_keeps_a_copy_that_the_older_release_can_open(older, newer_release, monkeypatch):
    content = {table: older.execute(f"SELECT * FROM {table}") for table in sorted(_WRITES)}
    with older.store() as store:
        record(store, PutRow(row("b")))
    ((name,),) = older.execute(COPIES)
    (found,) = find_copies(older.url, older.root)
    assert found.name == name
    copy = PostgresPlace(older.root, older.url.replace(parse_location(older.url).schema, name))
    assert {table: copy.execute(f"SELECT * FROM {table}") for table in content} == content
    assert copy.audit().verify() == []
    monkeypatch.setattr(schema, "REVISION", "0003")
    with copy.store() as store:
        assert list(store.snapshot(KEY).rows) == [address("a")]
        record(store, PutRow(row("c")))
    older.execute(found.removal)
    assert find_copies(older.url, older.root) == []


def test_an_upgrade_that_can_keep_no_copy_is_refused(older, newer_release, postgresql):
    name = parse_location(older.url).schema
    postgresql.run(f"CREATE ROLE keeper_{name} LOGIN PASSWORD 'x'", user="postgres")
    postgresql.run(f"ALTER SCHEMA {name} OWNER TO keeper_{name}", user="postgres")
    for table in _WRITES:
        postgresql.run(f"ALTER TABLE {name}.{table} OWNER TO keeper_{name}", user="postgres")
    with pytest.raises(StateError, match="no copy of it can be kept") as caught:
        open_store(older.url.replace("owner:p%40ss%3Aw%2Frd", f"keeper_{name}:x"))
    assert caught.value.code == "state.no_copy"
    assert "GRANT CREATE ON DATABASE" in caught.value.hint
    postgresql.run(f"GRANT USAGE ON SCHEMA {name} TO owner", user="postgres")
    postgresql.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO owner", user="postgres")
    assert older.execute(VERSION) == [("0003",)]


def test_an_upgrade_waits_for_no_one_and_is_refused_while_somebody_works(older, newer_release, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISION", "0003")
        working = older.open()
        _, operation = begin(working)
    with pytest.raises(StateError, match="cannot be upgraded while .* works on deployment:demo@default") as caught:
        open_store(older.url)
    assert caught.value.code == "state.busy"
    assert older.execute(VERSION) == [("0003",)]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISION", "0003")
        operation.write([PutRow(row("b"))])
        operation.finish("succeeded")
        working.close()
    with older.store() as store:
        assert set(store.snapshot(KEY).rows) == {address("a"), address("b")}
    assert older.execute(VERSION) == [("0004",)]


def test_an_upgrade_does_not_wait_for_a_reader_that_does_not_end(older, newer_release, monkeypatch):
    monkeypatch.setattr(sessions, "BUSY_SECONDS", 0.1)
    location = parse_location(older.url)
    with psycopg.connect(location.conninfo) as reader:
        reader.execute(f"SELECT * FROM {location.schema}.deployments")
        with pytest.raises(StateError, match="lock timeout") as caught:
            open_store(older.url)
    assert caught.value.code == "state.busy"
    assert older.execute(VERSION) == [("0003",)]


def die_at(statement, url):
    count = 0

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
    def before(*_):
        nonlocal count
        count += 1
        if count == statement:
            os._exit(9)

    open_store(url, key_source=master_key)
    os._exit(0)


def test_an_upgrade_killed_at_any_statement_leaves_the_old_state_or_the_new(older, newer_release):
    old = definitions(older)
    context = multiprocessing.get_context("fork")
    statement, exit_code = 0, None
    while exit_code != 0:
        statement += 1
        process = context.Process(target=die_at, args=(statement, older.url))
        process.start()
        process.join()
        exit_code = process.exitcode
        if exit_code:
            assert definitions(older) == old
            assert older.execute(VERSION) == [("0003",)]
            assert older.execute(COPIES) == [], "a copy without an upgrade"
    assert statement > 5
    assert len(older.execute(COPIES)) == 1
    assert older.execute(VERSION) == [("0004",)]
    with older.store() as store:
        assert list(store.snapshot(KEY).rows) == [address("a")]


def test_who_does_not_own_the_tables_cannot_upgrade_them(older, newer_release, postgresql):
    schema_name = parse_location(older.url).schema
    postgresql.run(f"CREATE ROLE u_{schema_name} LOGIN SUPERUSER PASSWORD 'x'", user="postgres")
    postgresql.run(f"ALTER ROLE u_{schema_name} NOSUPERUSER", user="postgres")
    for statement in (f"GRANT USAGE ON SCHEMA {schema_name}", f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema_name}"):
        postgresql.run(f"{statement} TO u_{schema_name}")
    with pytest.raises(StateError) as caught:
        open_store(older.url.replace("owner:p%40ss%3Aw%2Frd", f"u_{schema_name}:x"))
    assert caught.value.code == "state.readonly"
    assert older.execute(VERSION) == [("0003",)]
