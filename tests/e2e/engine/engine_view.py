"""Owns what the engine would do by itself, address by address, when every resource were to become what it is declared.

Nothing of the plan's decisions is told to the engine: a resource that is there keeps its component, is given what is
declared, and the providers compare. What becomes of the address is what becomes of its primary part or of one that
keeps data; other parts that change are an update.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.apply.bench import Bench
from flowyml_infra.apply.engines.pulumi.job import Job
from flowyml_infra.apply.engines.pulumi.programs import PACKAGES, load_program, make_inputs
from flowyml_infra.apply.engines.pulumi.registering import Registrar, provider_name
from flowyml_infra.apply.engines.pulumi.rollup import Rollup, StepSeen
from flowyml_infra.apply.engines.pulumi.site import Site, stack_name
from flowyml_infra.apply.engines.pulumi.urns import component_urn, name_of, provider_urn, targets_of
from flowyml_infra.apply.engines.pulumi.workspace import Workspace
from flowyml_infra.plan.changes import Change, Create, Delete, NoOp, Replace, Update
from flowyml_infra.project import Project
from flowyml_infra.project.engines import _site, reading_bench
from flowyml_infra.project.planned import Planned
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.kind import Kind
from flowyml_infra.resources.values import Unknown, Value, leaves
from flowyml_infra.state.row import ResourceRow

_REPLACES = frozenset({"replace", "create-replacement", "delete-replaced"})
_NEW = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Seen:
    """What the engine would do at one address, and with which parts."""

    action: str
    steps: tuple[StepSeen, ...]

    def replaced(self) -> set[str]:
        """The types of the parts that are replaced."""
        return {step.type for step in self.steps if step.operation in _REPLACES}


def view(project: Project, planned: Planned) -> Mapping[Address, Seen]:
    """What the engine would do at every address of the plan."""
    site, key = _site(project), planned.plan.key
    lineage = planned.plan.bindings.lineage
    workspace = Workspace(site, stack_name(key, lineage), lineage)
    snapshot = project.reader().snapshot(key)
    bench = reading_bench(project, snapshot, planned.outside)
    bench.recall(snapshot.rows)
    try:
        return _asked(site, workspace, planned, bench)
    finally:
        workspace.close()


def _asked(site: Site, workspace: Workspace, planned: Planned, bench: Bench) -> dict[Address, Seen]:
    record = workspace.checkpoint()
    jobs: dict[Address, Job] = {}
    gone: dict[Address, str] = {}
    targets: set[str] = set()
    for change in planned.changes:
        row = _row(change)
        urn = record.component(row.creation_id) if row else None
        assert (urn is None) == (row is None), f"{change.address} is recorded, and the engine does not have it"
        if isinstance(change, Delete):
            gone[change.address] = str(urn)
        else:
            name = name_of(urn) if urn else f"{change.address.name}.1"
            job = _job(
                site, workspace.name, name, row.creation_id if row else _NEW, change.address, _wanted(bench, change)
            )
            jobs[change.address] = job
            if job.provider not in record.providers():
                targets.add(job.provider)
    urns = {address: component_urn(workspace.name, job.type, job.name) for address, job in jobs.items()} | gone
    for urn in urns.values():
        targets.update(targets_of(urn))
    rollup = Rollup()
    workspace.stack.preview(
        program=lambda: _register(list(jobs.values()), site),
        target=sorted(targets),
        on_event=rollup.hear,
        suppress_outputs=True,
    )
    return {address: _seen(find_kind(address), rollup.steps(urn)) for address, urn in urns.items()}


def _job(site: Site, stack: str, name: str, creation_id: str, address: Address, values: Mapping[str, Value]) -> Job:
    kind = find_kind(address)
    place = load_program(kind.provider).place(make_inputs(values, creation_id, site.derive))
    provider = provider_urn(stack, PACKAGES[kind.provider], provider_name(kind.provider, place))
    return Job(address, kind, name, creation_id, values, provider)


def _register(jobs: list[Job], site: Site) -> Any:
    async def register() -> dict[str, Any]:
        registrar = Registrar(lambda: None, site.derive, preview=True)
        await asyncio.gather(*(registrar.register(job) for job in jobs))
        return {}

    return register()


def _seen(kind: Kind, steps: list[StepSeen]) -> Seen:
    """By the primary part and those that keep data; the component itself is nothing in the world."""
    told = [step for step in steps if not _is_nothing(step)]
    kept = {child.facts.token for child in kind.children if child.primary or child.stateful}
    (primary,) = (child.facts.token for child in kind.children if child.primary)
    own = {step.operation for step in told if step.type == primary}
    if any(step.type in kept and step.operation in _REPLACES for step in told):
        return Seen("replace", tuple(told))
    if own & {"create", "delete"}:
        return Seen(next(iter(own)), tuple(told))
    return Seen("update" if told else "noop", tuple(told))


def _is_nothing(step: StepSeen) -> bool:
    """Whether nothing in the world changes by it: so does a secret of which a preview does not know that it stays."""
    made_up = (step.operation, step.changed) == ("update", ("stringData",)) and step.urn.endswith("-credentials")
    return made_up or step.operation == "same" or step.type.startswith("flowyml:")


def _row(change: Change) -> ResourceRow | None:
    match change:
        case Update() | Replace() | NoOp() | Delete():
            return change.row
    return None


def _wanted(bench: Bench, change: Change) -> Mapping[str, Value]:
    """What is declared, with what it refers to as it is; where the plan expects that to become another, unknown."""
    assert isinstance(change, (Create, Update, Replace, NoOp))
    wanted = dict(bench.foreseen(change.spec))
    if not isinstance(change, NoOp):
        wanted |= {name: value for name, value in change.after.items() if _is_unknown(value)}
    return wanted


def _is_unknown(value: Value) -> bool:
    return any(isinstance(leaf, Unknown) for _, leaf in leaves(value))
