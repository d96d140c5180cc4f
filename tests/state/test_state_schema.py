import multiprocessing
import os
import re
import shutil
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from flowyml_infra.bundled import bundled_path
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.state import open_reader, open_store, schema
from flowyml_infra.state.migration import back_up, sqlite_engine, upgrade_sqlite
from flowyml_infra.state.sqlite_reader import SqliteReader
from flowyml_infra.state.store import PutRow
from flowyml_infra.state.tables import metadata
from tests.state.samples import KEY, address, edit, record, row, rows_of, sqlite_store

URL = "sqlite:///state.db"


def definitions(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: set(re.split(r",(?![^()]*\))", re.sub(r"\s+", "", sql.partition("(")[2]))) for name, sql in rows}


def test_the_migrations_make_what_the_tables_say(tmp_path):
    path = tmp_path / "migrated.db"
    sqlite3.connect(path).close()
    upgrade_sqlite(path)
    with sqlite_store(tmp_path):
        made = definitions(tmp_path / "state.db")
    normal = {name: {part.rstrip(")") for part in parts} for name, parts in definitions(path).items()}
    assert normal == {name: {part.rstrip(")") for part in parts} for name, parts in made.items()}
    engine = sqlite_engine(path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_migrated_state_works_like_one_made_at_once(tmp_path):
    sqlite3.connect(tmp_path / "state.db").close()
    upgrade_sqlite(tmp_path / "state.db")
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
        assert list(store.snapshot(KEY).rows) == [address("a")]
    for table in ("meta", "alembic_version"):
        with closing(open_store("sqlite:///other.db", project_root=tmp_path)):
            pass
        with closing(sqlite3.connect(tmp_path / "other.db")) as other:
            assert rows_of(tmp_path, f"SELECT * FROM {table}") == other.execute(f"SELECT * FROM {table}").fetchall()


def test_the_release_knows_its_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(bundled_path("state")))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


def test_opening_an_older_state_upgrades_it_and_keeps_a_copy(tmp_path, newer_release):
    path = tmp_path / "state.db"
    make_older(tmp_path)
    with sqlite_store(tmp_path) as store:
        assert list(store.snapshot(KEY).rows) == [address("a")]
        record(store, PutRow(row("b")))
    assert rows_of(tmp_path, "SELECT version_num FROM alembic_version") == [("0004",)]
    assert rows_of(tmp_path, "SELECT text FROM notes") == [("made by 0004",)]
    assert rows_of(tmp_path, "SELECT DISTINCT note FROM leases WHERE name LIKE 'dep%'") == [("from 0003",)]
    (copy,) = tmp_path.glob("state.db.*.backup")
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0003",)]
        assert kept.execute("SELECT count(*) FROM resources").fetchone() == (1,)
    with sqlite_store(tmp_path):
        assert len(list(tmp_path.glob("*.backup"))) == 1, "a current state is not copied again"
    assert path.exists()


def test_a_reader_of_an_older_state_becomes_a_store_that_upgrades(tmp_path, newer_release):
    make_older(tmp_path)
    with pytest.raises(StateError, match="older flowyml-infra"):
        SqliteReader(tmp_path / "state.db").snapshot(KEY)
    with closing(open_reader(URL, project_root=tmp_path)) as reader:
        assert list(reader.snapshot(KEY).rows) == [address("a")]
    assert rows_of(tmp_path, "SELECT version_num FROM alembic_version") == [("0004",)]


def make_older(folder):
    older = folder / "older"
    older.mkdir()
    upgraded_to_first(older)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "REVISION", "0003")
        with sqlite_store(older) as store:
            record(store, PutRow(row("a")))
    shutil.copy(older / "state.db", folder / "state.db")


def upgraded_to_first(folder):
    sqlite3.connect(folder / "state.db").close()
    upgrade_sqlite(folder / "state.db", scripts=bundled_path("state"))


def die_at(statement, path, scripts):
    count = 0

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
    def before(*_):
        nonlocal count
        count += 1
        if count == statement:
            os._exit(9)

    upgrade_sqlite(path, scripts=scripts)
    os._exit(0)


def test_a_migration_killed_at_any_statement_leaves_the_old_state_or_the_new(tmp_path, scripts):
    make_older(tmp_path)
    path, older = tmp_path / "state.db", tmp_path / "older" / "state.db"
    old = definitions(path)
    context = multiprocessing.get_context("fork")
    statement, exit_code = 0, None
    while exit_code != 0:
        statement += 1
        for leftover in tmp_path.glob("state.db*"):
            leftover.unlink()
        shutil.copy(older, path)
        process = context.Process(target=die_at, args=(statement, path, scripts))
        process.start()
        process.join()
        exit_code = process.exitcode
        if exit_code:
            assert definitions(path) == old
            assert rows_of(tmp_path, "SELECT version_num FROM alembic_version") == [("0003",)]
        assert list(tmp_path.glob("*.backup"))
    assert statement > 5
    assert "notes" in definitions(path)
    assert rows_of(tmp_path, "SELECT version_num FROM alembic_version") == [("0004",)]


def test_making_the_tables_is_one_transaction(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "_SEEDS", (*schema._SEEDS, ("INSERT INTO nowhere VALUES (1)", {})))
    with pytest.raises(StateError):
        open_store(URL, project_root=tmp_path)
    assert definitions(tmp_path / "state.db") == {}
    monkeypatch.undo()
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))


@pytest.mark.parametrize(
    "sql", ["UPDATE alembic_version SET version_num = '0004'", "UPDATE meta SET value = '2' WHERE name = 'format'"]
)
def test_a_newer_state_is_refused_and_left_alone(tmp_path, sql):
    with sqlite_store(tmp_path):
        pass
    edit(tmp_path, sql)
    before = (tmp_path / "state.db").read_bytes()
    for open_ in (open_store, open_reader):
        with pytest.raises(StateError, match="written by a newer flowyml-infra") as caught:
            open_(URL, project_root=tmp_path)
        assert caught.value.code == "state.newer"
        assert "upgrade" in caught.value.hint
    assert (tmp_path / "state.db").read_bytes() == before


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    before = (tmp_path / "state.db").read_bytes()
    for open_ in (open_store, open_reader):
        with pytest.raises(StateError, match="not one of this library's state"):
            open_(URL, project_root=tmp_path)
    assert (tmp_path / "state.db").read_bytes() == before


@pytest.mark.parametrize("sql", ["DELETE FROM alembic_version", "DELETE FROM meta", "UPDATE meta SET value = 'x'"])
def test_a_state_that_does_not_say_its_version_is_damaged(tmp_path, sql):
    with sqlite_store(tmp_path):
        pass
    edit(tmp_path, sql)
    with pytest.raises(CorruptStateError):
        open_reader(URL, project_root=tmp_path)


def test_a_copy_holds_what_was_still_in_the_log(tmp_path):
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
        copy = back_up(tmp_path / "state.db")
    with closing(SqliteReader(copy)) as reader:
        assert list(reader.snapshot(KEY).rows) == [address("a")]
