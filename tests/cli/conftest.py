"""Hand-made plans that show everything a view can be asked to show, and golden files to compare with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.plan.changes import Create, Delete, FieldChange, Forget, Import, NoOp, Replace, Update
from flowyml_infra.plan.plan import Bindings, Plan, PlanOptions
from flowyml_infra.policy.decision import Decision, Finding
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import ResourceSpec
from flowyml_infra.resources.values import Sealed, Secret, Unknown
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"
Judged = tuple[Plan, Decision]
ALLOWED = Decision((), "0" * 64)


def spec(address: str, properties: dict[str, object], **more: object) -> ResourceSpec:
    return ResourceSpec(Address(address), properties, **more)  # type: ignore[arg-type]


def row(address: str, properties: dict[str, object], **more: object) -> ResourceRow:
    facts: dict[str, object] = {
        "generation": 1,
        "status": Status.CREATED,
        "creation_id": "11111111-1111-4111-8111-111111111111",
        "spec_digest": "0" * 32,
        "properties_json": json.dumps(properties),
        "created_at": "2025-03-01T10:00:00.000000Z",
        "updated_at": "2025-03-02T11:30:00.000000Z",
    }
    return ResourceRow(Address(address), **{**facts, **more})  # type: ignore[arg-type]


def make_plan(changes: list[object], **more: object) -> Plan:
    key = DeploymentKey("iris", "dev")
    compiled = Compiled(
        name="iris",
        environment="dev",
        version="1.0.0",
        labels={},
        provider="local",
        image=None,
        source="stacks/iris.yaml",
        source_digest="a" * 64,
        definition_digest="b" * 64,
        document={},
        graph=Graph({}),
        policies={"allowed_stacks": ["iris"]},
    )
    bindings = Bindings("22222222-2222-4222-8222-222222222222", 7, "b" * 64, "a" * 64, "0" * 64, {"local": "0.1.0"})
    facts: dict[str, object] = {"options": PlanOptions(), "changes": tuple(changes), **more}
    return Plan("33333333-3333-4333-8333-333333333333", key, compiled, bindings=bindings, **facts)  # type: ignore[arg-type]


def first() -> Judged:
    """Three creations that depend on each other."""
    plan = make_plan(
        [
            Create(
                spec("local.directory.artifact_store", {}),
                {"path": ".flowyml/artifacts", "mode": "0755", "labels": {"team": "ml", "tier": "1"}, "note": None},
            ),
            Create(spec("local.sqlite.metadata_store", {}), {"path": ".flowyml/meta.db", "journal_mode": "wal"}),
            Create(
                spec("local.directory.features", {}, depends_on=(Address("local.directory.artifact_store"),)),
                {"path": "features", "labels": {"beside": Unknown("string")}, "tags": ["a", "b"], "empty": {}},
            ),
        ],
        outputs={
            "artifact_store": {"uri": Unknown("string"), "path": ".flowyml/artifacts"},
            "metadata_store": {"uri": Unknown("string")},
        },
    )
    return plan, ALLOWED


def everything() -> Judged:
    """One of each action, a move, secrets, unknowns, reasons, findings and a warning."""
    stored = {"path": "data", "mode": "0755", "labels": {"team": "ml", "old": "x"}, "token": None}
    sealed = Sealed("gAAAA", "digest")
    plan = make_plan(
        [
            Create(spec("local.directory.raw", {}), {"path": "raw"}, targeted=True),
            Update(
                spec("local.directory.data", {}),
                row("local.directory.data", stored),
                stored,
                stored,
                (
                    FieldChange("mode", "0755", "0700"),
                    FieldChange("labels.new", None, "y"),
                    FieldChange("labels.old", "x", None),
                    FieldChange("labels.key", sealed, Secret("canary-secret")),
                ),
                previous_address=Address("local.directory.old-data"),
            ),
            Replace(
                spec("local.sqlite.metadata_store", {}),
                row("local.sqlite.metadata_store", {"path": "a.db", "journal_mode": "wal"}),
                {"path": "a.db", "journal_mode": "wal"},
                {"path": Unknown("string"), "journal_mode": "wal"},
                (FieldChange("path", "a.db", Unknown("string"), forces_replacement=True),),
                "delete_first",
                reasons=("path cannot change in place",),
            ),
            Replace(
                spec("local.oci_registry.images", {}),
                row("local.oci_registry.images", {"path": "images"}),
                {"path": "images"},
                {"path": "pictures"},
                (FieldChange("path", "images", "pictures", forces_replacement=True),),
                "create_first",
                reasons=("--replace asks for it", "path cannot change in place"),
            ),
            Import(spec("local.directory.shared", {}), "shared", {"path": "shared"}),
            NoOp(
                spec("local.directory.here", {}),
                row("local.directory.here", {"path": "here"}),
                previous_address=Address("local.directory.there"),
            ),
            NoOp(spec("local.directory.same", {}), row("local.directory.same", {"path": "same"})),
            Forget(
                row("local.directory.kept", {"path": "kept"}),
                {"path": "kept"},
                ("on_destroy is retain: the thing itself stays",),
            ),
            Delete(row("local.directory.gone", {"path": "gone", "mode": "0755"}), {"path": "gone", "mode": "0755"}),
        ],
        outputs={"artifact_store": {"uri": "file:///new", "key": sealed, "token": Secret("canary-secret")}},
        recorded_outputs={
            "artifact_store": {"uri": "file:///old", "key": sealed, "token": Sealed("gAAAB", "other")},
            "registry": {"uri": "oci:images"},
        },
        options=PlanOptions(targets=(Address("local.directory.raw"),)),
        diagnostics=(
            Diagnostic(
                "warning",
                "definition.deprecated",
                "apiVersion flowyml.io/v1 is the old form",
                location=Location("stacks/iris.yaml", 1, 1),
                hint="write flowyml/v1",
            ),
        ),
    )
    decision = Decision(
        (
            Finding("required_labels", "deny", "the stack has no label 'team'"),
            Finding("image_policy", "pending", "the labels of the image are not known"),
            Finding("budgets", "warn", "close to the limit", Address("local.directory.raw")),
            Finding("allowed_stacks", "deny", "'iris' is not allowed", waived_by="ada until 2026-01-01"),
            Finding("rules", "info", "looked at 9 changes"),
        ),
        "0" * 64,
    )
    return plan, decision


def nothing() -> Judged:
    """Nothing to do."""
    same = {"path": "same"}
    rows = ("local.directory.a", "local.directory.b")
    return make_plan([NoOp(spec(address, {}), row(address, same)) for address in rows]), ALLOWED


def destroy() -> Judged:
    """The removal of everything."""
    changes = [
        Delete(row("local.sqlite.metadata_store", {"path": "m.db"}), {"path": "m.db"}),
        Delete(
            row("local.directory.artifact_store", {"path": "a"}, status=Status.CREATING),
            {"path": "a"},
            ("an earlier creation was interrupted: what it made is looked up and removed",),
        ),
    ]
    return make_plan(changes, options=PlanOptions(destroy=True), recorded_outputs={"a": {"uri": "x"}}), ALLOWED


def long() -> Judged:
    """More changes than anybody reads."""
    changes: list[object] = [Create(spec(f"local.directory.d{n:03}", {}), {"path": f"d{n:03}"}) for n in range(1, 61)]
    changes += [Create(spec(f"local.sqlite.s{n}", {}), {"path": f"s{n}.db"}) for n in range(1, 4)]
    changes.insert(
        30,
        Update(
            spec("local.directory.edited", {}),
            row("local.directory.edited", {"path": "e", "mode": "0755"}),
            {"path": "e", "mode": "0755"},
            {"path": "e", "mode": "0700"},
            (FieldChange("mode", "0755", "0700"),),
        ),
    )
    changes += [Delete(row(f"local.directory.x{n}", {"path": f"x{n}"}), {"path": f"x{n}"}) for n in range(1, 13)]
    return make_plan(changes), ALLOWED


def hostile() -> Judged:
    """Texts that others wrote, and that try to be more than text."""
    changes = [
        Create(
            spec("local.directory.a", {}),
            {"path": "a\x1b[2J\n```\n</details><script>", "labels": {"x\u202ey": "</code>|*_@all"}, "big": "x" * 500},
        )
    ]
    decision = Decision((Finding("rules", "deny", "<b>no</b> | `@team` \x1b[31m\nsecond line"),), "0" * 64)
    return make_plan(changes), decision


GALLERY: dict[str, Callable[[], Judged]] = {
    make.__name__: make for make in (first, everything, nothing, destroy, long, hostile)
}


@pytest.fixture(params=GALLERY)
def exhibit(request: pytest.FixtureRequest) -> tuple[str, Plan, Decision]:
    """Each plan of the gallery with its name."""
    plan, decision = GALLERY[request.param]()
    return request.param, plan, decision


@pytest.fixture
def gallery() -> dict[str, Callable[[], Judged]]:
    """The plans by name, for tests that need a certain one."""
    return GALLERY


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a file of ``golden/``; with FLOWYML_UPDATE_GOLDEN set, write the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("FLOWYML_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, f"{path.name} differs; FLOWYML_UPDATE_GOLDEN=1 rewrites it"

    return compare
