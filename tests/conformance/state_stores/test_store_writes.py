from contextlib import contextmanager
from dataclasses import replace

import pytest

from flowyml_infra.address import Address
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import StateConflictError, StateError
from flowyml_infra.resources.values import Sealed, Secret
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import Status
from flowyml_infra.state.snapshot import Snapshot
from flowyml_infra.state.store import ChangeRecord, DropRow, MoveRow, OperationStart, PutOutputs, PutRow
from tests.state.samples import KEY, LINEAGE, address, begin, record, row


def events(place):
    return [event.name for event in place.audit().get_events()]


def test_nothing_applied_is_an_empty_snapshot(store):
    assert store.snapshot(KEY) == Snapshot(KEY)
    assert store.deployments() == []
    assert store.history(KEY) == []


def test_a_row_comes_back_as_it_was_put(store):
    _, operation = begin(store)
    put = row("a", status=Status.CREATING, physical_id=None, component=None, dependencies_json='["local.directory.b"]')
    assert operation.write([PutRow(put)]) == 1
    kept = store.snapshot(KEY).rows[put.address]
    assert kept == replace(put, serial=1, updated_at=kept.updated_at)
    assert kept.updated_at.endswith("Z")
    assert isinstance(next(iter(store.snapshot(KEY).rows)), Address)


def test_the_store_dates_a_new_row(store):
    _, operation = begin(store)
    operation.write([PutRow(row("a", created_at=""))])
    kept = store.snapshot(KEY).rows[address("a")]
    assert kept.created_at == kept.updated_at != ""


@pytest.mark.parametrize("text", ["", "ümlaut ✓", "a\x1fb\n", "None", "'quoted'", "100 %s :name"])
def test_any_text_is_kept_to_the_letter(store, text):
    record(store, PutRow(row("a", physical_id=text, component=text)))
    kept = store.snapshot(KEY).rows[address("a")]
    assert (kept.physical_id, kept.component) == (text, text)


def test_a_text_that_a_database_cannot_keep_is_kept_or_refused_whole(store):
    try:
        record(store, PutRow(row("before")), PutRow(row("a", physical_id="nul\x00byte")))
    except StateError as error:
        assert error.code == "state.text"
        assert store.snapshot(KEY).rows == {}
    else:
        assert store.snapshot(KEY).rows[address("a")].physical_id == "nul\x00byte"


def test_each_write_raises_the_serial_by_one_and_an_empty_one_does_not(store):
    _, operation = begin(store)
    assert operation.write([PutRow(row("a")), PutRow(row("b"))]) == 1
    assert operation.write([], history=[ChangeRecord(address("a"), "create", "started")]) == 1
    assert operation.write([DropRow(address("a"), 1)]) == operation.serial == 2
    assert store.snapshot(KEY).serial == 2


def test_putting_again_replaces_and_dropping_removes(store):
    _, operation = begin(store)
    operation.write([PutRow(row("a", status=Status.CREATING)), PutRow(row("b"))])
    operation.write([PutRow(row("a", physical_id="new"))])
    operation.write([DropRow(address("b"), 1), DropRow(address("never"), 7)])
    rows = store.snapshot(KEY).rows
    assert list(rows) == [address("a")]
    assert (rows[address("a")].status, rows[address("a")].physical_id) == (Status.CREATED, "new")


def test_older_generations_are_deposed(store):
    record(store, *[PutRow(row("a", generation=number)) for number in (2, 10, 1)], PutRow(row("b")))
    snapshot = store.snapshot(KEY)
    assert snapshot.rows[address("a")].generation == 10
    assert [kept.generation for kept in snapshot.deposed] == [1, 2]


def test_a_move_takes_every_generation_along(store):
    record(store, PutRow(row("a")), PutRow(row("a", generation=2)))
    record(store, MoveRow(address("a"), address("z")))
    snapshot = store.snapshot(KEY)
    assert list(snapshot.rows) == [address("z")]
    assert snapshot.rows[address("z")].creation_id == "creation-of-a-2"
    assert snapshot.deposed[0].address == address("z")


@pytest.mark.parametrize(("source", "target"), [("a", "b"), ("missing", "c")])
def test_a_move_without_source_or_onto_something_undoes_the_whole_write(store, source, target):
    record(store, PutRow(row("a")), PutRow(row("b")))
    before = store.snapshot(KEY)
    _, operation = begin(store)
    with pytest.raises(StateError) as caught:
        operation.write(
            [DropRow(address("b" if source == "missing" else "x"), 1), MoveRow(address(source), address(target))]
        )
    assert caught.value.code in {"state.exists", "state.no_such_resource"}
    assert store.snapshot(KEY) == before
    assert operation.write([PutRow(row("c"))]) == before.serial + 1


def test_outputs_are_replaced_as_a_whole(store):
    sealed = {"url": Sealed("token", "digest"), "port": 5432}
    record(store, PutOutputs({"metadata_store": sealed, "artifact_store": {"uri": "file:///a"}}))
    assert store.snapshot(KEY).outputs == {"metadata_store": sealed, "artifact_store": {"uri": "file:///a"}}
    record(store, PutOutputs({"artifact_store": {"uri": "file:///b"}}))
    assert store.snapshot(KEY).outputs == {"artifact_store": {"uri": "file:///b"}}


def test_a_secret_in_the_clear_is_refused_and_nothing_of_that_write_stays(store):
    _, operation = begin(store)
    with pytest.raises(TypeError, match="seal it first"):
        operation.write([PutRow(row("a")), PutOutputs({"c": {"password": Secret("hunter2")}})])
    assert store.snapshot(KEY).rows == {}


@pytest.mark.parametrize("after_commit", [True, False])
def test_ctrl_c_around_a_commit_leaves_the_operation_able_to_go_on(store, after_commit):
    _, operation = begin(store)
    operation.write([PutRow(row("a"))])
    whole = operation._database
    operation._database = Interrupted(whole, after_commit)
    with pytest.raises(KeyboardInterrupt):
        operation.write([PutRow(row("b"))])
    operation._database = whole
    operation.finish("interrupted", [PutRow(row("c"))])
    assert set(store.snapshot(KEY).rows) == {address(name) for name in ("abc" if after_commit else "ac")}
    assert operation.serial == store.snapshot(KEY).serial == (3 if after_commit else 2)


class Interrupted:
    """A database whose user presses Ctrl-C just after, or just before, a commit."""

    def __init__(self, whole, after_commit):
        self.whole, self.after_commit = whole, after_commit
        self.now, self.hold, self.url = whole.now, whole.hold, whole.url

    @contextmanager
    def transaction(self):
        with self.whole.transaction() as execute:
            yield execute
            if not self.after_commit:
                raise KeyboardInterrupt
        raise KeyboardInterrupt


def test_deployments_are_kept_apart_and_listed_in_order(store):
    other = DeploymentKey("demo", "production")
    record(store, PutRow(row("a", physical_id="one")), key=other, lineage="other-lineage")
    record(store, PutRow(row("a", physical_id="two")))
    assert store.deployments() == [KEY, other]
    assert store.snapshot(other).rows[address("a")].physical_id == "one"
    assert store.snapshot(other).lineage == "other-lineage"
    assert store.snapshot(KEY).rows[address("a")].physical_id == "two"


def test_only_a_success_leaves_its_digests_with_the_deployment(store):
    digests = {"plan_digest": "p", "definition_digest": "d"}
    lease, operation = begin(store, **digests)
    operation.finish("partial", [PutRow(row("a"))])
    assert (store.snapshot(KEY).definition_digest, store.snapshot(KEY).plan_digest) == (None, None)
    store.release(lease)
    record(store, PutRow(row("a")), **digests)
    assert (store.snapshot(KEY).definition_digest, store.snapshot(KEY).plan_digest) == ("d", "p")
    record(store, DropRow(address("a"), 1), kind="destroy", plan_digest="q", definition_digest="d")
    assert (store.snapshot(KEY).definition_digest, store.snapshot(KEY).plan_digest) == (None, "q")


def test_history_tells_what_each_operation_did(store):
    lease, operation = begin(store, plan_digest="p1")
    create = ChangeRecord(address("a"), "create", "started")
    operation.write([PutRow(row("a"))], history=[create])
    operation.write([], history=[ChangeRecord(address("b"), "create", "started")])
    operation.write([], history=[ChangeRecord(address("a"), "create", "succeeded", 0.5)])
    operation.write([], history=[ChangeRecord(address("b"), "create", "failed", 1.5, "no room")])
    operation.finish("partial")
    store.release(lease)
    record(store, DropRow(address("a"), 1), kind="destroy")
    newest, oldest = store.history(KEY)
    assert (newest.kind, newest.status, newest.serial_before, newest.serial_after) == ("destroy", "succeeded", 1, 2)
    assert (oldest.id, oldest.status, oldest.plan_digest, oldest.who) == (operation.id, "partial", "p1", "tester")
    assert oldest.started_at <= oldest.finished_at
    assert oldest.changes == (
        ChangeRecord(address("a"), "create", "succeeded", 0.5),
        ChangeRecord(address("b"), "create", "failed", 1.5, "no room"),
    )
    assert [item.id for item in store.history(KEY, limit=1)] == [newest.id]


def test_an_operation_that_was_cut_off_shows_as_interrupted_after_the_next_began(store):
    lease, cut_off = begin(store)
    store.release(lease)
    assert store.history(KEY)[0].status == "running"
    begin(store)
    assert [item.status for item in store.history(KEY)] == ["running", "interrupted"]
    assert store.history(KEY)[1].id == cut_off.id


def test_events_are_committed_with_their_write_or_not_at_all(store, place):
    _, operation = begin(store)
    operation.write([PutRow(row("a"))], events=[AuditEvent("First", "demo")])
    with pytest.raises(StateError):
        operation.write([MoveRow(address("x"), address("y"))], events=[AuditEvent("Never", "demo")])
    operation.finish("succeeded", events=[AuditEvent("StackApplied", "demo")])
    assert store.append_events([AuditEvent("StackValidated", "demo")])
    assert events(place) == ["ApplyStarted", "First", "StackApplied", "StackValidated"]
    assert place.audit().verify() == []


def test_a_lease_of_another_deployment_starts_nothing(store):
    lease = store.acquire(DeploymentKey("other"), "apply")
    with pytest.raises(StateConflictError):
        store.start(KEY, lease, OperationStart("apply", LINEAGE, 0, "x"), AuditEvent("ApplyStarted"))
    assert store.deployments() == []


def test_what_one_store_wrote_another_reads(store, open_again):
    record(store, PutRow(row("a")), PutOutputs({"c": {"uri": "u"}}))
    assert open_again().snapshot(KEY) == store.snapshot(KEY)


def test_the_reader_sees_what_the_store_sees(store, reader):
    assert reader.snapshot(KEY) == store.snapshot(KEY)
    record(store, PutRow(row("a")), PutRow(row("a", generation=2)), PutOutputs({"c": {"s": Sealed("t", "d")}}))
    for _ in range(2):
        assert reader.snapshot(KEY) == store.snapshot(KEY)
        assert reader.deployments() == store.deployments() == [KEY]
        assert reader.history(KEY) == store.history(KEY)
        record(store, PutRow(row("b")))
