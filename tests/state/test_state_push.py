"""Taking back an exported state: what it has to be, and that nothing else is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowyml_infra.audit.store import AuditStore
from flowyml_infra.errors import CorruptStateError, StateError, StateLockedError
from flowyml_infra.resources.values import Secret, encode
from flowyml_infra.state.edits import pull, remove_resource
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.push import push, read_export
from flowyml_infra.state.row import encode_values
from flowyml_infra.state.store import PutOutputs, PutRow
from tests.state.samples import KEY, LINEAGE, address, applied, definition, other_master_key, record, row, sqlite_store


@pytest.fixture
def store(tmp_path):
    with sqlite_store(tmp_path) as opened:
        record(
            opened,
            PutRow(row("data")),
            PutRow(row("data", generation=2)),
            PutRow(row("user", dependencies_json='["local.directory.data"]')),
            PutOutputs({"artifact_store": {"uri": "u"}}),
        )
        yield opened


def exported(store: Any, **changes: Any) -> Any:
    document = pull(store, KEY)
    document["deployment"].update(changes)
    return document


def back(store: Any, document: Any, key: DeploymentKey = KEY, **options: Any) -> tuple[int, int]:
    return push(store, key, read_export(json.dumps(document), "copy.json"), **options)


def timeless(store: Any) -> Any:
    document = pull(store, KEY)
    del document["deployment"]["serial"]
    for item in document["resources"]:
        del item["serial"], item["updated_at"]
    return document


def test_what_was_forgotten_comes_back_with_every_generation(store, tmp_path):
    document, before = exported(store), timeless(store)
    remove_resource(store, KEY, address("data"))
    assert back(store, document, force=True) == (3, 2)
    assert timeless(store) == before
    newest = store.history(KEY)[0]
    assert (newest.kind, newest.status) == ("state push", "succeeded")
    event = AuditStore("sqlite:///state.db", project_root=tmp_path).get_events()[-1]
    assert (event.name, event.data["forced"], event.data["rows"]) == ("StatePushed", True, 2)
    assert store.list_leases() == []


def test_an_export_of_what_is_recorded_writes_nothing(store):
    assert back(store, exported(store)) == (1, 0)


def test_what_the_export_lacks_is_dropped(store):
    document = exported(store)
    document["resources"] = [item for item in document["resources"] if "user" not in item["address"]]
    document["outputs"] = {}
    assert back(store, document) == (2, 1)
    assert list(store.snapshot(KEY).rows) == [address("data")]
    assert store.snapshot(KEY).outputs == {}


def test_it_may_go_to_where_there_is_nothing(store, tmp_path_factory):
    document = exported(store)
    with sqlite_store(tmp_path_factory.mktemp("other")) as other:
        assert back(other, document) == (1, 3)
        assert timeless(other) == timeless(store)


@pytest.mark.parametrize(
    ("changes", "key", "code"),
    [
        ({"serial": 0}, KEY, "state.serial"),
        ({"serial": 99}, KEY, "state.serial"),
        ({"lineage": "99999999-2222-4333-8444-555555555555"}, KEY, "state.other_lineage"),
        ({}, DeploymentKey("demo", "dev"), "state.other_deployment"),
        ({"stack": "demi"}, KEY, "state.other_deployment"),
    ],
)
def test_an_export_of_something_else_or_of_another_time_is_refused(store, changes, key, code):
    before = pull(store, KEY)
    with pytest.raises(StateError) as caught:
        back(store, exported(store, **changes), key)
    assert caught.value.code == code
    assert pull(store, KEY) == before
    assert store.list_leases() == []


def test_force_does_not_cross_lineages(store):
    with pytest.raises(StateError, match="they never were the same"):
        back(store, exported(store, lineage="99999999-2222-4333-8444-555555555555"), force=True)


def test_nothing_is_pushed_while_somebody_works(store):
    lease = store.acquire(KEY, "apply")
    with pytest.raises(StateLockedError):
        back(store, exported(store))
    store.release(lease)


def _edit(**values: Any) -> Any:
    return lambda document: document["resources"][0].update(values)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (_edit(status="done"), "resources[0]: 'done' is not a valid Status"),
        (_edit(address="data"), "resources[0]: 'data' is not a resource address"),
        (_edit(address="local.nothing.data"), "resources[0]: kind local.nothing is not available in this version"),
        (_edit(generation="1"), "resources[0].generation is missing or of another type"),
        (_edit(properties={"path": {"$ref": 1}}), "resources[0]: a $ref value is not well formed"),
        (_edit(children=[["urn"]]), "resources[0]: not enough values to unpack (expected 4, got 1)"),
        (_edit(generation=2), "local.directory.data is there twice as generation 2"),
        (lambda document: document.pop("resources"), "resources must be a list"),
        (lambda document: document["deployment"].pop("lineage"), "deployment.lineage must be a text"),
        (lambda document: document["outputs"].update(x=1), "outputs.x must be an object"),
    ],
)
def test_a_damaged_export_is_told_part_by_part(store, edit, problem):
    document = exported(store)
    edit(document)
    with pytest.raises(StateError) as caught:
        back(store, document)
    assert [item.summary for item in caught.value.diagnostics] == [f"copy.json: {problem}"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format_version": "2"}', "no json"])
def test_what_is_no_export_is_refused(text):
    with pytest.raises(StateError) as caught:
        read_export(text, "copy.json")
    assert caught.value.code == "state.export"


class TestSecrets:
    def sealed(self, store: Any, scope: str = "creation-of-key-1") -> dict[str, Any]:
        token = store.sealer().seal(Secret("hunter2"), f"{LINEAGE}/{scope}")
        return {"value": token}

    def with_secret(self, store: Any, values: dict[str, Any]) -> Any:
        document = exported(store)
        secret = {
            **document["resources"][0],
            "address": "gcp.secret.key",
            "creation_id": "creation-of-key-1",
            "generation": 1,
            "properties": encode(values),
            "outputs": {},
        }
        document["resources"].append(secret)
        return document

    def test_sealed_ones_come_back_as_they_were(self, store):
        back(store, self.with_secret(store, self.sealed(store)))
        assert "hunter2" not in encode_values(store.snapshot(KEY).rows["gcp.secret.key"].properties)

    def test_one_in_the_clear_is_refused_and_not_repeated(self, store):
        with pytest.raises(StateError) as caught:
            back(store, self.with_secret(store, {"value": "hunter2"}))
        (problem,) = caught.value.diagnostics
        assert problem.summary == "copy.json: resources[3]: value is a secret, and in the clear"
        assert "hunter2" not in f"{caught.value} {problem}"

    def test_one_that_was_sealed_elsewhere_is_refused(self, store):
        with pytest.raises(CorruptStateError):
            back(store, self.with_secret(store, self.sealed(store, "somewhere else")))

    def test_one_under_another_key_is_refused(self, store, tmp_path_factory):
        with sqlite_store(tmp_path_factory.mktemp("other"), key_source=other_master_key) as other:
            document = self.with_secret(store, self.sealed(other))
        with pytest.raises(CorruptStateError):
            back(store, document)


def test_the_history_with_its_definitions_is_no_part_of_an_export_and_stays(store):
    applied(store, definition("a", outputs={"x": {"y": "canary-77"}}))
    document = exported(store)
    assert "canary-77" not in json.dumps(document)
    digest = applied(store, definition("b"))
    back(store, document, force=True)
    assert store.definition(KEY, digest) is not None
    assert len(store.check_definitions(KEY)) == 2
