"""What was made anew is removed under a name of its own; the rest of the record stays as it is."""

from __future__ import annotations

from typing import Any

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.superseded import set_apart
from flowyml_infra.state.row import Child, Status

PARENT = "urn:pulumi:s::p::flowyml:aws:batch_queue::compute.1"
PART = "urn:pulumi:s::p::flowyml:aws:batch_queue$aws:batch::compute.1-machines"


class Stack:
    """A record that can be read and written."""

    def __init__(self, *resources: dict[str, Any]) -> None:
        self.deployment: dict[str, Any] = {"manifest": {}, "resources": list(resources)}
        self.written = 0

    def exported(self) -> dict[str, Any]:
        return dict(self.deployment)

    def replace(self, deployment: dict[str, Any]) -> None:
        self.deployment, self.written = deployment, self.written + 1


def part(urn: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "id": id_, "custom": True, "type": "aws:batch", "parent": PARENT, **more}


def component(urn: str = PARENT) -> dict[str, Any]:
    return {"urn": urn, "custom": False, "type": "flowyml:aws:batch_queue", "inputs": {"creation": urn}}


def test_each_old_part_gets_a_name_that_nothing_else_has() -> None:
    stack = Stack(
        component(),
        part(PART, "new"),
        part(PART, "old", delete=True),
        part(PART, "older", delete=True),
        part(f"{PART}-superseded-1", "from a run before"),
    )
    record, apart = set_apart(stack, {PARENT})
    assert apart == {PARENT: {f"{PART}-superseded-2", f"{PART}-superseded-3"}}
    assert {record.resources[urn]["id"] for urn in apart[PARENT]} == {"old", "older"}
    assert record.resources[PART]["id"] == "new"
    assert not record.superseded
    assert not any("delete" in item for item in stack.deployment["resources"])


def test_what_was_superseded_together_still_stands_on_each_other() -> None:
    queue = PART.replace("machines", "queue")
    stack = Stack(
        component(),
        part(PART, "new"),
        part(queue, "new", dependencies=[PART]),
        part(PART, "old", delete=True),
        part(queue, "old", delete=True, dependencies=[PART, PARENT], propertyDependencies={"on": [PART], "x": None}),
    )
    record, _ = set_apart(stack, {PARENT})
    assert record.resources[queue]["dependencies"] == [PART]
    old = record.resources[f"{queue}-superseded-1"]
    assert old["dependencies"] == [f"{PART}-superseded-1", PARENT]
    assert old["propertyDependencies"] == {"on": [f"{PART}-superseded-1"], "x": []}


def test_what_belongs_to_others_is_left_alone() -> None:
    other = PARENT.replace("compute", "other")
    stack = Stack(component(), component(other), part(PART, "old", delete=True) | {"parent": other})
    before = dict(stack.deployment)
    record, apart = set_apart(stack, {PARENT})
    assert (apart, stack.written, stack.deployment) == ({}, 0, before)
    assert record.superseded == {other: ["old"]}


def test_a_record_with_something_to_remove_is_not_empty() -> None:
    assert not Checkpoint.of({"resources": [part(PART, "old", delete=True)]}).empty


def test_another_id_tells_that_a_part_was_made_anew() -> None:
    record = Checkpoint.of({"resources": [component(), part(PART, "old")]})

    def child(id_: str, urn: str = PART) -> Child:
        return Child(urn, "aws:batch", id_, Status.CREATED)

    assert record.has_other_ids([child("new")])
    assert not record.has_other_ids([child("old"), child("new", f"{PART}-more")])
