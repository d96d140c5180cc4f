"""A whole state is copied or moved between databases: nothing is missing or changed, nobody writes to the old."""

import multiprocessing
import os
from dataclasses import replace

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.resources.values import Secret, Variable
from flowyml_infra.state import open_reader, open_store
from flowyml_infra.state.definitions import form_digest
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import OperationStart, PutOutputs, PutRow
from flowyml_infra.state.tables import metadata
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, LINEAGE, address, applied, begin, definition, record, row
from tests.support.killing import die_at

DEFINITION = definition("a", secrets=("DB_PASSWORD",), outputs={"x": {"y": Variable("DB_PASSWORD")}})
STACK = RegisteredStack("prod", "kind: StackDefinition\n", "stacks/prod.yaml", "digest-1", "2.1.0")


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite", "sqlite to sqlite", "postgresql to postgresql"])
def places(request, tmp_path):
    """Where a state is, and where it is to be."""
    made = []
    for number, kind in enumerate(request.param.split(" to ")):
        folder = tmp_path / str(number)
        folder.mkdir()
        if kind == "sqlite":
            made.append(SqlitePlace(folder))
        else:
            made.append(PostgresPlace(folder, request.getfixturevalue("postgresql").new_url()))
    source, target = made
    with source.store() as store:
        sealed = store.sealer().seal(Secret("s"), f"{LINEAGE}/outputs/db")
        record(store, PutRow(row("a")), PutRow(row("a", generation=2)), PutRow(row("ü")), plan_id="used")
        record(store, PutOutputs({"db": {"password": sealed}}))
        record(store, PutRow(row("b")), key=DeploymentKey("other"), lineage="other")
        applied(store, DEFINITION)
        store.register_stack(STACK, events=[AuditEvent("StackRegistered", "prod")])
    return source, target


def content(place):
    tables = sorted(table.name for table in metadata.sorted_tables)
    return {name: sorted(map(str, place.execute(f"SELECT * FROM {name}"))) for name in tables}


def test_a_moved_state_is_all_there_and_the_old_place_says_where(places):
    source, target = places
    before = content(source)
    with source.store() as store, target.store() as other:
        tokens = [store.acquire(KEY, "apply").token]
        store.close()
        with source.store() as again:
            assert again.move_to(other, "me") == 2
        after = content(target)
        for table in before.keys() - {"audit", "audit_head", "leases", "meta"}:
            assert after[table] == before[table], table
        assert [event.name for event in target.audit().get_events()][-2:] == ["StackRegistered", "StateMoved"]
        assert target.audit().verify() == []
        assert other.acquire(KEY, "apply").token > tokens[0], "an old token opens nothing"
        assert other.registered_stack("prod") == STACK
        assert other.definition(KEY, form_digest(DEFINITION)) == replace(DEFINITION, document={})
        password = other.snapshot(KEY).outputs["db"]["password"]
        assert other.sealer().unseal(password, f"{LINEAGE}/outputs/db").value == "s"
    for open_ in (open_store, open_reader):
        with pytest.raises(StateError, match="was moved to") as caught:
            open_(source.url, project_root=source.root).snapshot(KEY)
        assert caught.value.code == "state.moved"
        assert "FLOWYML_STATE_URL" in caught.value.hint


def test_a_client_that_had_the_old_place_open_writes_nothing_more(places):
    source, target = places
    with source.store() as open_before, source.store() as store, target.store() as other:
        store.move_to(other, "me")
        lease = open_before.acquire(KEY, "apply")
        serial = open_before.snapshot(KEY).serial
        with pytest.raises(StateError, match="was moved to"):
            open_before.start(KEY, lease, OperationStart("apply", LINEAGE, serial, "x"), AuditEvent("ApplyStarted"))


def test_nothing_is_moved_while_somebody_works(places):
    source, target = places
    with source.store() as store, target.store() as other:
        _, operation = begin(store)
        with pytest.raises(StateError, match="cannot be moved while .* works on deployment:demo@default"):
            store.move_to(other, "me")
        operation.write([PutRow(row("c"))])
        assert other.deployments() == []


def test_nothing_is_put_over_another_state(places):
    source, target = places
    with source.store() as store, target.store() as other:
        record(other, PutRow(row("theirs")), lineage="theirs")
        for copy in (lambda: store.move_to(other, "me"), lambda: store.back_up_to(other)):
            with pytest.raises(StateError, match="holds a state already"):
                copy()
        assert list(other.snapshot(KEY).rows) == [address("theirs")]
        record(store, PutRow(row("c")))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE resources SET physical_id = 'elsewhere' WHERE generation = 2",
        "UPDATE definitions SET content = content || '0'",
        "DELETE FROM definitions",
    ],
)
def test_a_damaged_state_is_not_copied(places, sql):
    source, target = places
    source.execute(sql)
    with source.store() as store, target.store() as other:
        with pytest.raises(CorruptStateError):
            store.move_to(other, "me")
        assert other.deployments() == []
    source.reader().close()


def test_a_copy_leaves_the_state_where_it_is(places):
    source, target = places
    with source.store() as store, target.store() as other:
        assert store.back_up_to(other) == 2
        assert other.snapshot(KEY) == store.snapshot(KEY)
        assert other.history(KEY) == store.history(KEY)
        record(store, PutRow(row("c")))
    assert target.audit().verify() == []


def move_and_die(source, target, number, after):
    store, other = source.open(), target.open()
    die_at(store._database, number, after=after)
    die_at(other._database, number, after=after)
    store.move_to(other, "me")
    os._exit(0)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_move_that_is_killed_at_a_commit_is_done_by_the_next(places, number, after):
    source, target = places
    child = multiprocessing.get_context("fork").Process(target=move_and_die, args=(source, target, number, after))
    child.start()
    child.join()
    assert child.exitcode in (0, 9)
    try:
        with source.store() as store, target.store() as other:
            store.move_to(other, "me")
    except StateError as error:
        assert error.code == "state.moved"
    with target.store() as other:
        assert other.deployments() == [KEY, DeploymentKey("other")]
        assert [event.name for event in target.audit().get_events()].count("StateMoved") == 1
        assert target.audit().verify() == []
