"""Owns the making of a plan: definition and snapshot in, changes in order out. It reads nothing but its arguments."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import PlanError
from flowyml_infra.plan.changes import Delete, Forget, NoOp, Replace, Update
from flowyml_infra.plan.consequences import child_changes, refusals, renamed
from flowyml_infra.plan.decide import Case, decide, may_create_first, remove
from flowyml_infra.plan.diff import same
from flowyml_infra.plan.digest import plan_digest
from flowyml_infra.plan.moves import follow_moves
from flowyml_infra.plan.plan import Bindings, Plan, PlanOptions
from flowyml_infra.plan.prospect import Prospect
from flowyml_infra.plan.selection import check_known, select
from flowyml_infra.plan.steps import arrange
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.compiled import Move
from flowyml_infra.resources.graph import closure
from flowyml_infra.resources.values import Reference, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Change, Decided
    from flowyml_infra.plan.diff import Digest
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import StackReference, Value, Variable
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan needs from outside, gathered before it is made.

    Attributes:
        variable: Gives a sensitive variable as a ``Secret``; raises where it is not set.
        stack_output: Gives an output of another stack.
        digest: The state's keyed digest, for comparing secrets.
        policy_digest: Digest of the policies in force.
        engines: Version by engine name.
        plan_id: The id of a saved plan that is made again; a new one when empty.
        lineage: The lineage that a saved plan proposed for a deployment which does not exist yet.
    """

    variable: Callable[[Variable], Value]
    stack_output: Callable[[StackReference], Value]
    digest: Digest
    policy_digest: str
    engines: Mapping[str, str]
    plan_id: str = ""
    lineage: str = ""


def make_plan(compiled: Compiled, snapshot: Snapshot, options: PlanOptions, around: Surroundings) -> Plan:
    """Compare ``compiled`` with ``snapshot``.

    Raises:
        PlanError: A target names nothing, or a protected resource would be deleted or replaced; every such resource
            is in ``diagnostics``.
        OutputError: A sensitive variable is not set.
    """
    prospect = Prospect(around.variable, around.stack_output)
    rows, origins = (snapshot.rows, {}) if options.destroy else follow_moves(compiled, snapshot.rows)
    if not options.destroy:
        _decide_all(compiled, rows, origins, frozenset(options.replace), prospect, around.digest)
    said = {item.address: item.destroys for item in compiled.removed}
    leaving = (
        remove(row, destroys=said.get(row.address)) for row in rows.values() if row.address not in prospect.changes
    )
    changes = [*prospect.changes.values(), *leaving, *_left_behind(snapshot, origins)]
    everything = {change.address for change in changes}
    check_known(options.targets, everything, "--target")
    check_known(options.excludes, everything, "--exclude")
    check_known(options.replace, compiled.graph.specs, "--replace")
    selected = select(changes, options)
    _refuse_protected(selected, compiled)
    _refuse_impossible(selected)
    bindings = Bindings(
        lineage=snapshot.lineage or around.lineage or str(uuid.uuid4()),
        serial=snapshot.serial,
        definition_digest=compiled.definition_digest,
        source_digest=compiled.source_digest,
        policy_digest=around.policy_digest,
        engines=around.engines,
    )
    plan = Plan(
        id=around.plan_id or str(uuid.uuid4()),
        key=snapshot.key,
        compiled=compiled,
        options=options,
        bindings=bindings,
        changes=tuple(arrange(selected)),
        moves=tuple(Move(origins[c.address], c.address) for c in selected if c.address in origins),
        outputs=_outputs(compiled, snapshot, options, prospect, around.digest, selected),
        recorded_outputs=snapshot.outputs,
        diagnostics=compiled.warnings,
    )
    return replace(plan, digest=plan_digest(plan))


def _decide_all(
    compiled: Compiled,
    rows: Mapping[Address, ResourceRow],
    origins: Mapping[Address, Address],
    forced: frozenset[Address],
    prospect: Prospect,
    digest: Digest,
) -> None:
    imports = {item.address: item.physical_id for item in compiled.imports}
    for address, spec in compiled.graph.specs.items():
        case = Case(spec, rows.get(address), origins.get(address), address in forced, imports.get(address))
        prospect.changes[address] = decide(case, prospect, digest)
    _precede_dependents(prospect.changes)


def _precede_dependents(changes: dict[Address, Decided]) -> None:
    """Make all that a create-before-destroy resource depends on create-first too, where its name allows it.

    Otherwise the old one would have to go before its dependent is made anew, and could not, for that still uses it.
    Terraform does the same: https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle.
    """
    first = [address for address, change in changes.items() if change.spec.lifecycle.create_before_destroy]
    if not first or not any(isinstance(change, Replace) for change in changes.values()):
        return
    for address in closure(first, {address: change.spec.depends_on for address, change in changes.items()}):
        other = changes[address]
        if not isinstance(other, Replace) or other.order == "create_first":
            continue
        kind = find_kind(address)
        if may_create_first(other.spec, other.row, kind, other.fields):
            after = renamed(other.after, other.spec, other.row.generation + 1)
            changes[address] = replace(other, order="create_first", after=after)


def _left_behind(snapshot: Snapshot, origins: Mapping[Address, Address]) -> Iterator[Change]:
    """The removal of older generations, under the address that their resource moves to."""
    targets = {source: target for target, source in origins.items()}
    for row in snapshot.deposed:
        moved = replace(row, address=targets[row.address]) if row.address in targets else row
        yield remove(moved, deposed=True)


def _outputs(
    compiled: Compiled,
    snapshot: Snapshot,
    options: PlanOptions,
    prospect: Prospect,
    digest: Digest,
    selected: Sequence[Change],
) -> Mapping[str, dict[str, Value]]:
    """The component outputs after the plan; a component whose resource is left out keeps what is recorded of it."""
    partial = bool(options.targets or options.excludes)
    if options.destroy and not partial:
        return {}
    result: dict[str, dict[str, Value]] = {}
    chosen = {change.address for change in selected}
    touched = {change.address for change in selected if not isinstance(change, NoOp)}
    pending = {address for address, change in prospect.changes.items() if not isinstance(change, NoOp)} - chosen
    for component, values in compiled.outputs.items():
        used = {leaf.address for _, leaf in leaves(values) if isinstance(leaf, Reference)}
        recorded = snapshot.outputs.get(component, {})
        if options.destroy or (partial and used & pending):
            if recorded and not (options.destroy and used & touched):
                result[component] = recorded
            continue
        resolved = prospect.resolve(values)
        result[component] = {name: _kept(recorded.get(name), value, digest) for name, value in resolved.items()}
    return result


def _kept(recorded: Value, planned: Value, digest: Digest) -> Value:
    """``recorded`` when ``planned`` is the same: a secret is sealed in one and clear in the other."""
    return recorded if same(recorded, planned, digest) else planned


def _refuse_protected(changes: Sequence[Change], compiled: Compiled) -> None:
    problems = [_protected(change) for change in changes if _is_refused(change, compiled)]
    if problems:
        counts = Counter(problem.summary for problem in problems)
        raise PlanError(
            f"{len(counts)} protected resource{'s' if len(counts) > 1 else ''} would be deleted or replaced",
            code="plan.protected",
            diagnostics=problems,
            hint="set lifecycle.protect to false and apply that first, or leave these resources as they are",
        )


def _refuse_impossible(changes: Sequence[Change]) -> None:
    """Refuse updates that the cloud would refuse, all of them at once, before anything is touched."""
    problems = [
        Diagnostic(
            "error",
            "plan.refused_in_place",
            f"{change.address}: {fault.property} {fault.clause}",
            address=change.address,
            location=change.spec.location,
            hint=fault.hint or f"leave it as it is, or make it anew: --replace {change.address}",
        )
        for change in changes
        if isinstance(change, Update)
        for fault in refusals(find_kind(change.address), change.fields, change.before, change.after)
    ]
    if problems:
        raise PlanError(
            f"{len(problems)} change{'s' if len(problems) > 1 else ''} would be refused in place",
            code="plan.refused_in_place",
            diagnostics=problems,
            hint="nothing was changed",
        )


def _is_refused(change: Change, compiled: Compiled) -> bool:
    if isinstance(change, Delete):
        spec = compiled.graph.specs.get(change.address)
        protected = change.row.lifecycle.protect if spec is None else spec.lifecycle.protect
        return (protected or compiled.protected) and not change.deposed
    if isinstance(change, Replace):
        return change.spec.lifecycle.protect or compiled.protected
    if isinstance(change, Update) and (change.spec.lifecycle.protect or compiled.protected):
        return any(c.child.stateful and c.action in ("replace", "delete") for c in child_changes(change))
    return False


def _protected(change: Change) -> Diagnostic:
    verb = {"replace": "be replaced", "update": "lose data in a part of it"}.get(change.action, "be deleted")
    location = change.spec.location if isinstance(change, (Replace, Update)) else None
    causes = "; ".join(change.reasons) if not isinstance(change, (NoOp, Forget)) else ""
    return Diagnostic(
        "error",
        "plan.protected",
        f"{change.address} is protected and would {verb}",
        detail=causes,
        address=change.address,
        location=location,
    )
