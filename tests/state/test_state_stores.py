from contextlib import closing
from pathlib import Path

import pytest

from flowyml_infra.errors import StateError
from flowyml_infra.state import open_reader, open_store
from flowyml_infra.state.sqlite_reader import SqliteReader
from flowyml_infra.state.store import ChangeRecord, PutRow
from flowyml_infra.state.stores import BACKENDS
from tests.state.samples import KEY, address, begin, record, row, sqlite_store


def test_a_relative_path_starts_at_the_project_and_its_folder_is_made(tmp_path):
    with closing(open_store("sqlite:///.flowyml/state.db", project_root=tmp_path)) as store:
        assert (tmp_path / ".flowyml" / "state.db").is_file()
        assert store.url == f"sqlite:///{tmp_path}/.flowyml/state.db"
        with closing(open_store(store.url, project_root=Path("/nowhere"))) as same:
            begin(same)
        assert store.deployments() == [KEY]


def test_without_a_project_it_starts_at_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///state.db").close()
    assert (tmp_path / "state.db").is_file()


def test_sqlite_is_read_without_the_store(tmp_path):
    for scheme in ("sqlite", "sqlite+pysqlite"):
        with closing(open_reader(f"{scheme}:///state.db", project_root=tmp_path)) as reader:
            assert type(reader) is SqliteReader


@pytest.mark.parametrize("open_", [open_store, open_reader])
def test_a_scheme_that_nothing_serves_is_an_error_that_lists_those_there_are(tmp_path, open_):
    with pytest.raises(StateError, match="mongodb://") as caught:
        open_("mongodb://host/db", project_root=tmp_path)
    assert all(scheme in caught.value.hint for scheme in BACKENDS)


def test_a_place_that_takes_no_file_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"file/state\.db cannot be used") as caught:
        open_store("sqlite:///file/state.db", project_root=tmp_path)
    assert caught.value.code == "state.io"


def test_a_closed_store_says_so(tmp_path):
    store = open_store("sqlite:///state.db", project_root=tmp_path)
    store.close()
    with pytest.raises(StateError) as caught:
        store.snapshot(KEY)
    assert caught.value.code == "state.closed"


def test_a_full_disk_stops_the_write_and_nothing_of_it_stays(tmp_path):
    with sqlite_store(tmp_path) as store:
        _, operation = begin(store)
        operation.write([PutRow(row("a"))])
        store._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = store._database._connection.execute("PRAGMA page_count").fetchone()[0]
        store._database._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StateError, match="full") as caught:
            operation.write([PutRow(row(f"r{number}", physical_id="x" * 5000)) for number in range(50)])
        assert caught.value.code == "state.io"
        store._database._connection.execute("PRAGMA max_page_count = 1000000")
        assert list(store.snapshot(KEY).rows) == [address("a")]
        assert operation.write([PutRow(row("b"))]) == 2


def test_a_write_runs_as_many_statements_in_a_large_state_as_in_a_small_one(tmp_path):
    """Counted in the database's own instructions, so that a scan would show."""
    with sqlite_store(tmp_path) as store:
        _, operation = begin(store)
        connection = store._database._connection
        steps = []

        def cost() -> int:
            steps.clear()
            connection.set_progress_handler(lambda: steps.append(1), 1)
            change = ChangeRecord(address("r1"), "update", "succeeded")
            operation.write([PutRow(row("r1")), PutRow(row("r2"))], history=[change])
            connection.set_progress_handler(None, 1)
            return len(steps)

        operation.write([PutRow(row(f"r{number}")) for number in range(10)])
        small = cost()
        operation.write([PutRow(row(f"r{number}")) for number in range(3000)])
        assert cost() <= small * 1.2


def test_an_operation_begins_in_as_many_statements_after_a_long_history_as_after_a_short_one(tmp_path):
    with sqlite_store(tmp_path) as store:
        connection = store._database._connection
        steps = []

        def cost() -> int:
            steps.clear()
            connection.set_progress_handler(lambda: steps.append(1), 1)
            record(store)
            connection.set_progress_handler(None, 1)
            return len(steps)

        record(store)
        small = cost()
        for _ in range(150):
            record(store)
        assert cost() <= small * 1.2


def test_commits_wait_for_the_disk_and_readers_never_wait(tmp_path):
    with sqlite_store(tmp_path) as store:
        connection = store._database._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA busy_timeout").fetchone()[0] > 0
