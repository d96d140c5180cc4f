import json

import pytest

from flowyml_infra.audit.store import AuditStore
from flowyml_infra.errors import StateError, StateLockedError
from flowyml_infra.resources.values import Secret
from flowyml_infra.state.edits import move_resource, pull, remove_resource
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import encode_values
from flowyml_infra.state.store import PutOutputs, PutRow
from tests.state.samples import KEY, LINEAGE, address, record, row, sqlite_store


@pytest.fixture
def store(tmp_path):
    with sqlite_store(tmp_path) as opened:
        record(
            opened,
            PutRow(row("data")),
            PutRow(row("data", generation=2)),
            PutRow(row("user", dependencies_json='["local.directory.data","local.directory.other"]')),
            PutRow(row("other")),
            PutOutputs({"artifact_store": {"uri": "u"}}),
        )
        yield opened


def chain(tmp_path):
    return AuditStore("sqlite:///state.db", project_root=tmp_path).get_events()


def test_a_move_changes_the_address_everywhere_and_is_recorded(store, tmp_path):
    assert move_resource(store, KEY, address("data"), address("zeta")) == 2
    snapshot = store.snapshot(KEY)
    assert list(snapshot.rows) == [address("other"), address("user"), address("zeta")]
    assert [old.address for old in snapshot.deposed] == [address("zeta")]
    assert snapshot.rows[address("user")].dependencies == (address("other"), address("zeta"))
    newest = store.history(KEY)[0]
    assert (newest.kind, newest.status, newest.serial_after) == ("state mv", "succeeded", 2)
    assert [(change.address, change.action) for change in newest.changes] == [(address("zeta"), "move")]
    event = chain(tmp_path)[-1]
    assert (event.name, event.stack) == ("ResourceMoved", "demo")
    assert event.data == {"source": address("data"), "target": address("zeta")}
    assert store.list_leases() == []


def test_moving_there_and_back_restores_everything_but_the_times(store):
    before = pull(store, KEY)
    move_resource(store, KEY, address("data"), address("zeta"))
    move_resource(store, KEY, address("zeta"), address("data"))
    after = pull(store, KEY)
    for document in (before, after):
        document["deployment"].pop("serial")
        for item in document["resources"]:
            del item["serial"], item["updated_at"]
    assert after == before


@pytest.mark.parametrize(
    ("source", "target", "code", "hint"),
    [
        ("local.directory.dta", "local.directory.x", "state.no_such_resource", "local.directory.data"),
        ("local.directory.data", "local.directory.other", "state.exists", "state rm local.directory.other"),
        ("local.directory.data", "local.directory.data", "state.exists", "another name"),
        ("local.directory.data", "local.sqlite.data", "state.other_kind", "local.directory.data"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused_with_a_hint(store, tmp_path, source, target, code, hint):
    before, events = store.snapshot(KEY), len(chain(tmp_path))
    with pytest.raises(StateError) as caught:
        move_resource(store, KEY, type(address("a"))(source), type(address("a"))(target))
    assert caught.value.code == code
    assert hint in caught.value.hint
    assert store.snapshot(KEY) == before
    assert len(chain(tmp_path)) == events
    assert store.list_leases() == []


def test_removing_forgets_every_generation_and_is_recorded(store, tmp_path):
    assert remove_resource(store, KEY, address("data")) == 2
    snapshot = store.snapshot(KEY)
    assert list(snapshot.rows) == [address("other"), address("user")]
    assert snapshot.deposed == ()
    assert store.history(KEY)[0].kind == "state rm"
    assert chain(tmp_path)[-1].name == "ResourceForgotten"
    with pytest.raises(StateError) as caught:
        remove_resource(store, KEY, address("usr"))
    assert "local.directory.user" in caught.value.hint


def test_editing_waits_for_nobody(store):
    store.acquire(KEY, "apply")
    with pytest.raises(StateLockedError):
        move_resource(store, KEY, address("data"), address("zeta"))
    with pytest.raises(StateLockedError):
        remove_resource(store, KEY, address("data"))


def test_a_deployment_that_is_not_there_is_named_with_the_nearest(store):
    for edit in (
        lambda key: remove_resource(store, key, address("data")),
        lambda key: pull(store, key),
    ):
        with pytest.raises(StateError) as caught:
            edit(DeploymentKey("demo", "defualt"))
        assert caught.value.code == "state.no_such_deployment"
        assert "demo@default" in caught.value.hint


def test_pulling_exports_everything_and_no_secret(store):
    sealed = store.sealer().seal(Secret("hunter2"), "x")
    record(store, PutRow(row("secret", properties_json=encode_values({"token": sealed}))))
    document = pull(store, KEY)
    assert document["format_version"] == "1"
    assert document["deployment"]["lineage"] == LINEAGE
    assert document["deployment"]["serial"] == 2
    assert [(item["address"], item["generation"]) for item in document["resources"]] == [
        (address("data"), 1),
        (address("data"), 2),
        (address("other"), 1),
        (address("secret"), 1),
        (address("user"), 1),
    ]
    assert document["resources"][0]["properties"] == {"path": "data/data", "labels": {"team": "ml"}}
    assert document["resources"][3]["properties"] == {"token": {"$sealed": sealed.token, "digest": sealed.digest}}
    assert document["resources"][0]["children"] == [["urn:x", "directory", "id-data", "created"]]
    assert document["outputs"] == {"artifact_store": {"uri": "u"}}
    assert "hunter2" not in json.dumps(document)
