import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.errors import StateError
from flowyml_infra.state import open_reader
from flowyml_infra.state.snapshot import Snapshot
from flowyml_infra.state.sqlite import SqliteDatabase
from flowyml_infra.state.store import PutOutputs, PutRow
from tests.state.samples import KEY, address, begin, master_key, record, row, run_python, sqlite_store

URL = "sqlite:///state.db"


@pytest.fixture
def reader(tmp_path):
    with closing(open_reader(URL, project_root=tmp_path)) as opened:
        yield opened


def test_without_a_state_everything_is_empty_and_nothing_is_made(reader, tmp_path):
    assert reader.snapshot(KEY) == Snapshot(KEY)
    assert reader.deployments() == []
    assert reader.history(KEY) == []
    assert reader.registered_stacks() == []
    assert reader.list_leases() == []
    assert reader.registered_stack("prod") is None
    assert reader.sealer() is None
    assert reader.append_events([AuditEvent("PlanCreated")]) is False
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_appears_later_is_seen(reader, tmp_path):
    assert not reader.snapshot(KEY).exists
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
    assert list(reader.snapshot(KEY).rows) == [address("a")]


def test_a_file_whose_tables_are_not_there_yet_is_an_empty_state(reader, tmp_path):
    (tmp_path / "state.db").touch()
    assert reader.snapshot(KEY) == Snapshot(KEY)
    SqliteDatabase(tmp_path / "state.db", create=True).close()
    assert reader.snapshot(KEY) == Snapshot(KEY)


def test_there_is_no_encryption_before_something_was_sealed(reader, tmp_path):
    with sqlite_store(tmp_path) as store:
        assert reader.sealer() is None
        store.sealer()
        with closing(open_reader(URL, project_root=tmp_path, key_source=master_key)) as other:
            assert other.sealer().digest("x") == store.sealer().digest("x")


def test_the_key_is_asked_for_once(tmp_path):
    asked = []

    def source(*, create):
        asked.append(create)
        return master_key(create=create)

    with sqlite_store(tmp_path) as store:
        store.sealer()
        with closing(open_reader(URL, project_root=tmp_path, key_source=source)) as other:
            assert other.sealer() is other.sealer()
    assert asked == [False]


def test_what_is_still_in_the_log_is_seen(reader, tmp_path):
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")), PutOutputs({"c": {"uri": "u"}}))
        assert (tmp_path / "state.db-wal").stat().st_size > 0
        assert reader.snapshot(KEY) == store.snapshot(KEY)
        record(store, PutRow(row("b")))
        assert reader.snapshot(KEY) == store.snapshot(KEY)


def test_reading_does_not_wait_for_a_writer_nor_see_half_of_its_work(reader, tmp_path):
    with sqlite_store(tmp_path) as store:
        _, operation = begin(store)
        operation.write([PutRow(row("a"))])
        with store._database.transaction() as execute:
            execute("UPDATE deployments SET serial = 99", {})
            assert reader.snapshot(KEY).serial == 1
            raised = execute("SELECT serial FROM deployments", {}).fetchone()[0]
            execute("UPDATE deployments SET serial = 1", {})
        assert raised == 99


def test_reading_writes_nothing(tmp_path):
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
    before = (tmp_path / "state.db").read_bytes()
    with closing(open_reader(URL, project_root=tmp_path)) as reader:
        reader.snapshot(KEY)
        with reader._reading() as execute, pytest.raises(Exception, match="readonly"):
            execute("DELETE FROM resources", {})
    assert (tmp_path / "state.db").read_bytes() == before


READ_WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from flowyml_infra.state import open_reader
from flowyml_infra.state.key import DeploymentKey
for folder in sys.argv[1:]:
    print(len(open_reader("sqlite:///state.db", project_root=Path(folder)).snapshot(DeploymentKey("demo")).rows))
    if os.getuid() == 0:
        os.setuid(65534)  # what was loaded for the first folder serves the second
"""


def test_a_folder_that_may_not_be_written_can_be_read(tmp_path):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in (folder, tmp_path):
            with sqlite_store(place) as store:
                record(store, PutRow(row("a")))
        (folder / "state.db").chmod(0o444)
        folder.chmod(0o555)
        try:
            output = run_python(READ_WITHOUT_RIGHTS, tmp_path, folder)
        finally:
            folder.chmod(0o755)
        assert output.split() == ["1", "1"]


def test_a_log_that_cannot_be_read_is_an_error_rather_than_an_older_state(tmp_path, monkeypatch):
    import sqlite3

    from flowyml_infra.audit import sqlite

    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
        refusal = sqlite3.OperationalError("unable to open database file")
        refusal.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        monkeypatch.setattr(sqlite, "_open", lambda path, parameters: Refusing(refusal))
        with pytest.raises(StateError, match="cannot be used"):
            SqliteDatabase(tmp_path / "state.db", create=False)


class Refusing:
    def __init__(self, error):
        self.error = error

    def execute(self, sql):
        raise self.error

    def close(self):
        pass


HEAVY = {"sqlalchemy", "pydantic", "cryptography", "alembic", "platformdirs", "yaml", "rich", "typer", "fsspec"}

READ_AND_NAME_MODULES = """
import sys
from pathlib import Path
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.state import open_reader
from flowyml_infra.state.key import DeploymentKey
reader = open_reader("sqlite:///state.db", project_root=Path(sys.argv[1]))
assert len(reader.snapshot(DeploymentKey("demo")).rows) == 1
assert reader.append_events([AuditEvent("PlanCreated", "demo")])
reader.registered_stacks()
print(*sys.modules)
"""


def test_reading_and_auditing_load_no_third_party(tmp_path):
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
    assert HEAVY.isdisjoint(run_python(READ_AND_NAME_MODULES, tmp_path).split())


OPERATE_AND_NAME_MODULES = """
import sys
from pathlib import Path
from tests.state.samples import begin, row
from flowyml_infra.state import open_store
from flowyml_infra.state.store import PutRow
store = open_store("sqlite:///state.db", project_root=Path(sys.argv[1]))
lease, operation = begin(store)
operation.write([PutRow(row("b"))])
operation.finish("succeeded")
store.release(lease)
print(*sys.modules)
"""


def test_an_operation_on_a_state_that_is_there_loads_no_third_party(tmp_path):
    with sqlite_store(tmp_path) as store:
        record(store, PutRow(row("a")))
    assert HEAVY.isdisjoint(run_python(OPERATE_AND_NAME_MODULES, tmp_path).split())


def test_an_event_goes_to_the_chain_of_the_state_it_reads(reader, tmp_path):
    with sqlite_store(tmp_path):
        assert reader.append_events([AuditEvent("PlanCreated", "demo")])
    assert [event.name for event in AuditStore(URL, project_root=tmp_path).get_events("demo")] == ["PlanCreated"]
