"""Owns the gate before the record: what somebody is about to write into it by hand is judged under the lease."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from flowyml_infra.apply.applying import Workplace
from flowyml_infra.apply.rebuilding import rebuild
from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.policy.gate import Gate, checked_facts, require_allowed
from flowyml_infra.policy.subject import PlannedChange, subject_of_record
from flowyml_infra.project.engines import ENGINE_VERSIONS, engines
from flowyml_infra.project.policies import facts_for, gate_of, policies_in_force
from flowyml_infra.project.replay import definition_of
from flowyml_infra.project.surroundings import Outside
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.state.edits import move_resource, remove_resource
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.push import push

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import Stranger
    from flowyml_infra.apply.rebuilding import Rebuilt
    from flowyml_infra.plan.changes import Action
    from flowyml_infra.policy.subject import Purpose
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.state.push import Export
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot


def push_state(project: Project, key: DeploymentKey, export: Export, *, force: bool) -> tuple[int, int]:
    """See ``Project.push_state``."""
    door = _Door(project, key, "state push", "record")

    def admit(snapshot: Snapshot) -> None:
        there = {row.address: row for row in export.rows}
        lost = [row for row in snapshot.rows.values() if not _same_thing(row, there.get(row.address))]
        door.admit(export.rows, [door.lost(row) for row in lost])

    return push(project.store(), key, export, force=force, admit=admit)


def forget_resource(project: Project, key: DeploymentKey, address: Address) -> int:
    """See ``Project.forget``."""
    door = _Door(project, key, "state rm")

    def admit(snapshot: Snapshot) -> None:
        door.admit(snapshot.rows.values(), [door.lost(snapshot.rows[address])])

    return remove_resource(project.store(), key, address, admit)


def rename_resource(project: Project, key: DeploymentKey, source: Address, target: Address) -> int:
    """See ``Project.rename``."""
    door = _Door(project, key, "state mv")

    def admit(snapshot: Snapshot) -> None:
        row = snapshot.rows[source]
        if door.declares(target):
            rows = [item for item in snapshot.rows.values() if item is not row]
            door.admit(rows, [PlannedChange(target, "noop", row.properties, row.properties, former=(source,))])
        else:
            # Under a name that nobody declares, the next apply would delete it.
            door.admit(snapshot.rows.values(), [door.lost(row, undeclared="delete")])

    return move_resource(project.store(), key, source, target, admit)


def rebuild_state(project: Project, stack: str | None, env: str | None, *, forget: bool) -> Rebuilt:
    """See ``Project.rebuild``."""
    compiled = project.compile(stack, env)
    key = DeploymentKey(compiled.name, compiled.environment)
    door = _Door(project, key, "state rebuild")
    outside = Outside(compiled.environment, project.reader(), project.sealer)
    rows = project.reader().snapshot(key).rows.values()

    def admit(adopted: Sequence[Stranger], dropped: Sequence[Stranger]) -> None:
        door.admit(rows, [*(door.adopted(item) for item in adopted), *(door.dropped(item) for item in dropped)])

    place = Workplace(
        store=project.store(),
        engines=engines(project),
        root=project.root,
        around=outside.surroundings(gate_of(project, compiled).policies.digest, ENGINE_VERSIONS, None),
        who=current_actor(),
        recheck=lambda: admit((), ()),
    )
    return rebuild(project.reader().snapshot(key), compiled.graph.specs, place, forget=forget, admit=admit)


class _Door:
    """Judges what somebody is about to do to the record of one deployment, and leaves an event about it.

    Definition and policies are read when it is first asked something, which is under the lease.

    Args:
        project: The project.
        key: The deployment.
        command: What is done.
        purpose: What it is judged for.
    """

    def __init__(self, project: Project, key: DeploymentKey, command: str, purpose: Purpose = "edit") -> None:
        self._project, self._key, self._command, self._purpose = project, key, command, purpose

    @cached_property
    def _compiled(self) -> Compiled | None:
        return definition_of(self._project, self._key)

    @cached_property
    def _gate(self) -> Gate:
        return Gate(policies_in_force(self._project, self._project.config.policies_document))

    def declares(self, address: Address) -> bool:
        """Whether the next apply would make ``address``; where the definition is gone or wrong, it might."""
        return self._compiled is None or address in self._compiled.graph.specs

    def lost(self, row: ResourceRow, undeclared: Action = "forget") -> PlannedChange:
        """What becomes of ``row`` when nothing is recorded at its address any more."""
        # A new one is made in its place by the next apply, if it is still declared.
        declared = self.declares(row.address)
        action: Action = "replace" if declared else undeclared
        return PlannedChange(row.address, action, row.properties if declared else {}, row.properties)

    def adopted(self, stranger: Stranger) -> PlannedChange:
        """What becomes of a thing that only an engine knows, and is recorded as what is declared there."""
        specs = {} if self._compiled is None else self._compiled.graph.specs
        properties = specs[stranger.address].properties
        return PlannedChange(stranger.address, "import", find_kind(stranger.address).conceal(properties))

    def dropped(self, stranger: Stranger) -> PlannedChange:
        """What becomes of a thing that only an engine knows, and nobody after this."""
        return PlannedChange(stranger.address, "forget", {})

    def admit(self, rows: Iterable[ResourceRow], touched: Iterable[PlannedChange]) -> None:
        """Let it through.

        Raises:
            PolicyDeniedError: A rule denies it or cannot be decided.
        """
        subject = subject_of_record(self._key, rows, self._compiled, touched, self._purpose)
        subject = replace(subject, facts=facts_for(self._project, self._gate.policies, subject))
        decision = self._gate.check_record(subject)
        facts = {**checked_facts(decision), "gate": self._command}
        self._project.append_events(AuditEvent("PolicyChecked", self._key.stack, self._key.environment, facts))
        require_allowed(decision, f"the {self._command} of {self._key}")


def _same_thing(row: ResourceRow, other: ResourceRow | None) -> bool:
    """Whether ``other`` records the very thing that ``row`` does."""
    return other is not None and other.physical_id == row.physical_id
