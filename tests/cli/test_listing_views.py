"""How recorded things are listed: tables for people, contracted documents for programs, and no secret in either."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

from flowyml_infra.address import Address
from flowyml_infra.audit.chain import Head
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.head import SeenHead
from flowyml_infra.audit.verification import ChainProblem, Verdict
from flowyml_infra.cli.arguments.options import GlobalOptions
from flowyml_infra.cli.commands.env import EnvironmentLine
from flowyml_infra.cli.session import Session
from flowyml_infra.cli.terminal import Terminal
from flowyml_infra.cli.views.audit import EventsHuman, EventsJson, VerdictHuman, VerdictJson
from flowyml_infra.cli.views.env import EnvironmentsHuman, EnvironmentsJson
from flowyml_infra.cli.views.lock import LocksHuman, LocksJson, ReleaseHuman, ReleaseJson
from flowyml_infra.cli.views.output import OutputHuman, OutputJson, OutputRaw
from flowyml_infra.cli.views.show import DeploymentHuman, DeploymentJson
from flowyml_infra.cli.views.stack import RegisteredHuman, RegisteredJson, StacksHuman, StacksJson
from flowyml_infra.cli.views.state import HistoryHuman, HistoryJson, ResourceHuman, ResourcesHuman, ResourcesJson
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.resolution.resolved import ListedStack
from flowyml_infra.resources.values import Sealed
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.snapshot import Snapshot
from flowyml_infra.state.store import ChangeRecord, Holder, LeaseState, OperationRecord

KEY = DeploymentKey("iris", "dev")


def shown(view: Callable[[Session], object], *values: object, quiet: bool = False) -> str:
    out = io.StringIO()
    terminal = Terminal(out, io.StringIO(), io.StringIO(), color=False)
    view(Session(GlobalOptions(quiet=quiet), terminal)).show(*values)  # type: ignore[attr-defined]
    return out.getvalue()


def document(view: Callable[[Session], object], *values: object) -> dict[str, object]:
    loaded = json.loads(shown(view, *values))
    assert loaded.pop("format_version") == "1"
    return loaded


def resource(address: str, **more: object) -> ResourceRow:
    facts: dict[str, object] = {
        "generation": 1,
        "status": Status.CREATED,
        "creation_id": "c",
        "spec_digest": "d",
        "properties_json": '{"path":"data","labels":{},"token":{"$sealed":"gAAAA","digest":"x"}}',
        "outputs_json": '{"uri":"file:///data"}',
        "physical_id": "data",
        "created_at": "2025-03-01T10:00:00.000000Z",
        "updated_at": "2025-03-02T11:30:00.000000Z",
    }
    return ResourceRow(Address(address), **{**facts, **more})  # type: ignore[arg-type]


def snapshot() -> Snapshot:
    rows = [
        resource("local.directory.data"),
        resource("local.sqlite.meta", status=Status.CREATING, physical_id=None, outputs_json="{}"),
    ]
    return Snapshot(
        KEY,
        "lineage",
        7,
        {row.address: row for row in rows},
        (resource("local.directory.old", generation=1),),
        {"artifact_store": {"uri": "file:///data", "key": Sealed("gAAAA", "x")}},
    )


def test_resources_are_listed_with_how_far_they_are() -> None:
    assert shown(ResourcesHuman, snapshot()).splitlines() == [
        "ADDRESS               STATUS         ID",
        "local.directory.data  created        data",
        "local.sqlite.meta     creating       -",
        "local.directory.old   to be deleted  data",
    ]
    assert shown(ResourcesHuman, Snapshot(KEY)) == "Nothing is recorded of iris@dev.\n"


def test_the_list_of_resources_is_the_contracted_document() -> None:
    listed = document(ResourcesJson, snapshot())["resources"]
    assert listed[0] == {  # type: ignore[index]
        "address": "local.directory.data",
        "kind": "directory",
        "provider": "local",
        "status": "created",
        "id": "data",
        "updated_at": "2025-03-02T11:30:00.000000Z",
    }
    assert [item["address"] for item in listed] == [  # type: ignore[attr-defined]
        "local.directory.data",
        "local.sqlite.meta",
        "local.directory.old",
    ]


def test_one_resource_is_shown_with_its_secrets_hidden() -> None:
    assert shown(ResourceHuman, resource("local.directory.data", dependencies_json='["local.sqlite.meta"]')) == (
        "local.directory.data\n"
        "  status: created\n"
        "  id: data\n"
        "  created: 2025-03-01T10:00:00.000000Z\n"
        "  updated: 2025-03-02T11:30:00.000000Z\n"
        "  depends on: local.sqlite.meta\n"
        "  inputs:\n"
        '    path = "data"\n'
        "    token = (secret)\n"
        "  outputs:\n"
        '    uri = "file:///data"\n'
    )


def test_a_deployment_is_shown_with_resources_and_outputs_and_no_secret() -> None:
    text = shown(DeploymentHuman, snapshot())
    assert text.startswith("iris@dev: 2 resources, serial 7\n")
    assert '  artifact_store.key = (secret)\n  artifact_store.uri = "file:///data"\n' in text
    facts = document(DeploymentJson, snapshot())
    assert facts["outputs"] == {"artifact_store": {"uri": "file:///data", "key": "(secret)"}}
    assert "gAAAA" not in text + json.dumps(facts)


def test_a_stack_that_was_never_applied_says_so() -> None:
    assert shown(DeploymentHuman, Snapshot(KEY)).startswith("iris@dev was never applied.\n")
    assert shown(DeploymentHuman, Snapshot(KEY), quiet=True) == "iris@dev was never applied.\n"


def operation(**more: object) -> OperationRecord:
    changes = (
        ChangeRecord(Address("local.directory.a"), "create", "succeeded", 0.1),
        ChangeRecord(Address("local.directory.b"), "create", "succeeded", 0.1),
        ChangeRecord(Address("local.directory.c"), "delete", "failed", 0.1, "not empty"),
    )
    facts = {
        "id": "op",
        "kind": "apply",
        "status": "partial",
        "who": "ada@host",
        "started_at": "2025-03-01T10:00:00.123456Z",
        "finished_at": None,
        "serial_before": 6,
        "serial_after": None,
        "plan_digest": "p",
        "changes": changes,
    }
    return OperationRecord(**{**facts, **more})  # type: ignore[arg-type]


def test_history_says_what_was_done_and_how_it_ended() -> None:
    assert shown(
        HistoryHuman,
        [operation(), operation(serial_after=8, changes=(), status="succeeded", recorded_definition="d" * 64)],
    ).splitlines() == [
        "ID  STARTED (UTC)        OPERATION  RESULT     SERIAL  DEFINITION    CHANGES               WHO",
        "op  2025-03-01 10:00:00  apply      partial    6 -> ?  -             2 created, 1 failure  ada@host",
        "op  2025-03-01 10:00:00  apply      succeeded  6 -> 8  dddddddddddd  -                     ada@host",
    ]
    assert document(HistoryJson, [operation()])["operations"][0]["changes"][2]["error"] == "not empty"  # type: ignore[index]


def test_events_are_listed_with_what_they_concern_and_what_came_of_them() -> None:
    at, origin = "2025-03-01T10:00:00.000000Z", {"command": "apply", "host": "box"}
    events = [
        AuditEvent("StackApplied", "iris", "dev", {"result": "succeeded"}, "ada", at, 1, "0", "h1", origin),
        AuditEvent("StackRegistered", "iris", None, {}, "ada", at, 2, "h1", "h2"),
        AuditEvent("PolicyChecked", "iris", "dev", {"decision": "deny"}, "ada", at, 3, "h2", "h3"),
        AuditEvent("StackValidated", "iris", "dev", {"valid": False}, "ada", at, 4, "h3", "h4"),
    ]
    assert shown(EventsHuman, events).splitlines() == [
        "#  AT (UTC)             EVENT            STACK     RESULT     WHO  COMMAND",
        "1  2025-03-01 10:00:00  StackApplied     iris@dev  succeeded  ada  apply",
        "2  2025-03-01 10:00:00  StackRegistered  iris      -          ada  -",
        "3  2025-03-01 10:00:00  PolicyChecked    iris@dev  deny       ada  -",
        "4  2025-03-01 10:00:00  StackValidated   iris@dev  invalid    ada  -",
    ]
    listed: list[dict[str, object]] = document(EventsJson, events)["events"]  # type: ignore[assignment]
    assert [event["hash"] for event in listed] == ["h1", "h2", "h3", "h4"]
    assert listed[0]["origin"] == origin


def test_the_audit_log_is_judged_and_the_verdict_says_what_it_rests_on() -> None:
    end = Head(3, "ab")
    assert shown(VerdictHuman, Verdict((), Head())) == "The audit log is whole.\n"
    alone = shown(VerdictHuman, Verdict((), end)).splitlines()
    assert alone[1] == "It has 3 events; the last one's hash is ab."
    assert "would not show" in alone[2]
    signed = Verdict((), end, 2, SeenHead(2, "aa", "2025-03-01T10:00:00Z", "KEY", "signature"))
    assert shown(VerdictHuman, signed).splitlines()[2] == "The first 2 are signed with the key KEY."
    broken = Verdict((ChainProblem(3, "it was edited"),), end)
    assert shown(VerdictHuman, broken) == "  event 3: it was edited\nThe audit log has 1 problem.\n"
    assert document(VerdictJson, broken) == {
        "whole": False,
        "problems": [{"seq": 3, "message": "it was edited"}],
        "events": 3,
        "hash": "ab",
        "compared": 0,
        "signed": None,
    }
    assert document(VerdictJson, signed)["signed"] == signed.signed.to_json()  # type: ignore[union-attr]


HOLDER = Holder("ada@host", "host", 42, "apply", "2025-03-01T10:00:00.000000Z")


def test_locks_say_who_holds_them_and_since_when() -> None:
    locks = [
        LeaseState("deployment:iris@dev", 3, HOLDER, "2025-03-01T10:00:30Z", live=True),
        LeaseState("stack:iris", 1, HOLDER, "2025-03-01T09:00:30Z", live=False),
    ]
    assert shown(LocksHuman, locks).splitlines() == [
        "LOCK                 STATUS     FOR    BY                             SINCE (UTC)",
        "deployment:iris@dev  held       apply  ada@host (process 42 on host)  2025-03-01 10:00:00",
        "stack:iris           abandoned  apply  ada@host (process 42 on host)  2025-03-01 10:00:00",
    ]
    assert document(LocksJson, locks)["locks"][0]["holder"]["pid"] == 42  # type: ignore[index]
    assert shown(LocksHuman, []) == "Nothing is locked.\n"
    assert shown(ReleaseHuman, "stack:iris", HOLDER).startswith("Broke the lock stack:iris, held by ada@host since")
    assert document(ReleaseJson, "stack:iris", HOLDER)["released"] == "stack:iris"


def test_stacks_are_listed_with_the_active_one_marked() -> None:
    stacks = [
        ListedStack("iris", "stacks/iris.yaml", "1.0.0", active=True),
        ListedStack("local", "built-in", None, active=False),
    ]
    assert shown(StacksHuman, stacks, []).splitlines() == [
        "   NAME   VERSION  SOURCE",
        "*  iris   1.0.0    stacks/iris.yaml",
        "   local  -        built-in",
    ]
    said = document(StacksJson, stacks, ["acme could not be searched"])
    assert said["stacks"][0]["active"] is True  # type: ignore[index]
    assert said["remarks"] == ["acme could not be searched"]


def test_registering_says_how_to_provision() -> None:
    stack = RegisteredStack("prod", "{}", "./stacks/prod.yaml", "digest", "2.1.0")
    assert shown(RegisteredHuman, stack) == (
        "Registered prod 2.1.0 from ./stacks/prod.yaml.\n"
        "This provisions nothing. To do that: flowyml-infra apply prod\n"
    )
    assert document(RegisteredJson, stack)["registered"]["version"] == "2.1.0"  # type: ignore[index]


def test_environments_are_listed_with_what_is_recorded_in_them() -> None:
    lines = [
        EnvironmentLine("default", None, protected=False, applied=("iris", "web")),
        EnvironmentLine("production", "iris", protected=True, applied=()),
    ]
    assert shown(EnvironmentsHuman, lines).splitlines() == [
        "NAME        STACK  PROTECTED  RECORDED STACKS",
        "default     -      no         iris, web",
        "production  iris   yes        -",
    ]
    assert document(EnvironmentsJson, lines)["environments"][0]["applied"] == ["iris", "web"]  # type: ignore[index]


def test_outputs_are_lines_or_a_document_or_one_bare_value() -> None:
    outputs = {"artifact_store": {"uri": "file:///a", "port": 1}, "metadata_store": {"uri": "sqlite:///m"}}
    assert shown(OutputHuman, outputs) == (
        'artifact_store.port = 1\nartifact_store.uri  = "file:///a"\nmetadata_store.uri  = "sqlite:///m"\n'
    )
    assert document(OutputJson, outputs) == {"outputs": outputs}
    assert shown(OutputRaw, {"a": {"uri": 'file:///"quoted"'}}) == 'file:///"quoted"\n'
    assert shown(OutputRaw, {"a": {"ports": [1, 2]}}) == "[1, 2]\n"
    assert shown(OutputHuman, {}) == "No outputs.\n"
