import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import StalePlanError
from flowyml_infra.state.store import OperationStart, PutRow
from tests.state.samples import KEY, LINEAGE, begin, record, row


def start(store, lease, **fields):
    given = {"kind": "apply", "lineage": LINEAGE, "serial": 0, "who": "tester", **fields}
    return store.start(KEY, lease, OperationStart(**given), AuditEvent("ApplyStarted", "demo"))


def test_the_first_operation_gives_the_deployment_its_lineage(store):
    start(store, store.acquire(KEY, "apply"))
    snapshot = store.snapshot(KEY)
    assert (snapshot.lineage, snapshot.serial) == (LINEAGE, 0)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"serial": 0}, "plan.serial"), ({"serial": 2}, "plan.serial"), ({"lineage": "x"}, "plan.lineage")],
)
def test_a_plan_for_another_serial_or_lineage_is_stale(store, fields, code):
    record(store, PutRow(row("a")))
    with pytest.raises(StalePlanError) as caught:
        start(store, store.acquire(KEY, "apply"), **{"serial": 1, **fields})
    assert caught.value.code == code
    assert len(store.history(KEY)) == 1


def test_a_plan_for_a_state_that_is_gone_is_stale_against_an_empty_one(store):
    with pytest.raises(StalePlanError):
        start(store, store.acquire(KEY, "apply"), serial=3)
    assert store.deployments() == []


def test_a_plan_is_used_once(store):
    lease = store.acquire(KEY, "apply")
    start(store, lease, plan_id="plan-1", who="alice")
    with pytest.raises(StalePlanError, match="used before, by alice") as caught:
        start(store, lease, plan_id="plan-1")
    assert caught.value.code == "plan.used"
    start(store, lease, plan_id="plan-2")


def test_a_refused_start_does_not_use_the_plan_up(store):
    lease = store.acquire(KEY, "apply")
    with pytest.raises(StalePlanError):
        start(store, lease, plan_id="plan-1", serial=9)
    start(store, lease, plan_id="plan-1")


def test_operations_without_a_plan_are_not_limited(store):
    for _ in range(2):
        lease, _ = begin(store)
        store.release(lease)
    assert len(store.history(KEY)) == 2
