"""Owns the course of an apply: lease, last checks, operation, steps, outputs, end; not what a step does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

from flowyml_infra.apply.bench import Bench
from flowyml_infra.apply.engine import EngineContext
from flowyml_infra.apply.executor import Executor, Ledger
from flowyml_infra.apply.intents import prepare
from flowyml_infra.apply.result import ApplyResult, Failed
from flowyml_infra.apply.transition import rewritten
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import (
    ApplyError,
    ApplyInterruptedError,
    EngineUnavailableError,
    PartialApplyError,
    StateConflictError,
    StateError,
)
from flowyml_infra.plan.changes import Forget, NoOp
from flowyml_infra.plan.moves import follow_moves
from flowyml_infra.plan.refreshed import overlay_snapshot
from flowyml_infra.plan.steps import split
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.state.operation import check_unchanged
from flowyml_infra.state.store import DropRow, MoveRow, OperationStart, PutOutputs, PutRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import Engine
    from flowyml_infra.apply.result import ApplyEvent, ApplyOutcome
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.plan.planner import Surroundings
    from flowyml_infra.policy.gate import ApprovedPlan
    from flowyml_infra.resources.kind import EngineName
    from flowyml_infra.resources.values import Value
    from flowyml_infra.state.row import ResourceRow
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.store import Lease, Operation, StateStore, Write


def _ignore(event: ApplyEvent) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What an apply works with.

    Attributes:
        store: The state.
        engines: Engine by name.
        root: The project's folder.
        around: Sensitive variables, other stacks' outputs, the keyed digest.
        who: The acting person or service.
        recheck: Called under the lease, before anything is touched; raises when the plan's source or policies are no
            longer those it was approved with.
        parallelism: How many engine calls may run at once.
        progress: Told of every start and end.
        stop: Once set, nothing more is started.
    """

    store: StateStore
    engines: Mapping[EngineName, Engine]
    root: Path
    around: Surroundings
    who: str
    recheck: Callable[[], None]
    parallelism: int = 10
    progress: Callable[[ApplyEvent], None] = _ignore
    stop: Event = field(default_factory=Event)
    saved: bool = False

    def let_go(self, lease: Lease) -> None:
        """Close the engines, and give back the lease whatever becomes of that."""
        try:
            for engine in self.engines.values():
                engine.close()
        finally:
            self.store.release(lease)


def carry_out(approved: ApprovedPlan, place: Workplace) -> ApplyResult:
    """Apply ``approved``.

    Raises:
        PolicyDeniedError: The approval is not the gate's.
        EngineUnavailableError: Nothing here makes one of the kinds; nothing was touched.
        StateLockedError: Someone else holds the lease.
        StalePlanError: State, policy or source are not those of the plan, or the plan was used before.
        PartialApplyError: Not every change could be carried out, or the state failed on the way; ``result`` says which.
        ApplyInterruptedError: ``place.stop`` was set, or Ctrl-C pressed; ``result`` says how far it went.
        StateError: The state could not be read or written before anything was done.
    """
    approved.verify()
    plan = approved.plan
    if not plan.has_writes and not place.saved:
        return _nothing_to_do(approved, place)
    _check_engines(plan, place)
    began = time.monotonic()
    kind = "destroy" if plan.options.destroy else "apply"
    lease = place.store.acquire(plan.key, kind)
    try:
        place.recheck()
        snapshot = place.store.snapshot(plan.key)
        planned = (plan.bindings.lineage, plan.bindings.serial)
        # Said before anything is made of the two together, which fit no more; held again when the operation starts.
        check_unchanged(plan.key, (snapshot.lineage or planned[0], snapshot.serial), planned)
        bench = _bench(approved, place, lease)
        bench.recall(_rows_after_moves(plan, snapshot))
        prepare(plan, bench, place.engines)
        operation = place.store.start(plan.key, lease, _start(approved, place), _event("ApplyStarted", approved))
        executor = Executor(operation, bench, parallelism=place.parallelism, progress=place.progress, stop=place.stop)
        try:
            first = _first_writes(plan, snapshot)
            if first:
                operation.write(first)
            ledger = executor.run(split(plan.changes))
            result = _end(approved, operation, bench, ledger, snapshot, began)
        except StateError as error:
            raise _cut_off(plan, operation, executor.cut_off(), error, began) from error
    finally:
        place.let_go(lease)
    return _judged(result, destroys=approved.plan.options.destroy)


def _check_engines(plan: Plan, place: Workplace) -> None:
    """Refuse, before anything is touched, what no engine here makes."""
    for change in plan.changes:
        engine = find_kind(change.address).engine
        if engine not in place.engines and not isinstance(change, (Forget, NoOp)):
            raise EngineUnavailableError(
                f"{change.address} takes the engine {engine}, which this version does not have yet",
                address=change.address,
                hint="plan it, and apply it with a version that has the engine; nothing was touched",
            )


def _nothing_to_do(approved: ApprovedPlan, place: Workplace) -> ApplyResult:
    plan = approved.plan
    place.store.append_events([_event(_done_name(plan), approved, result="succeeded", changes=0)])
    bindings = plan.bindings
    return ApplyResult(plan.key, bindings.lineage, bindings.serial, "", "succeeded", outputs=plan.recorded_outputs)


def _start(approved: ApprovedPlan, place: Workplace) -> OperationStart:
    plan = approved.plan
    return OperationStart(
        kind="destroy" if plan.options.destroy else "apply",
        lineage=plan.bindings.lineage,
        serial=plan.bindings.serial,
        who=place.who,
        plan_id=plan.id,
        plan_digest=plan.digest,
        definition_digest=plan.bindings.definition_digest,
        policy_digest=approved.policy_digest,
        definition=None if plan.options.destroy else plan.compiled,
    )


def _event(name: str, approved: ApprovedPlan, **data: object) -> AuditEvent:
    plan = approved.plan
    facts = {
        "plan_digest": plan.digest,
        "policy_digest": approved.policy_digest,
        "definition_digest": plan.bindings.definition_digest,
        "decision": approved.decision.outcome,
        "waivers": [
            {"rule": finding.rule, "address": finding.address, "waived_by": finding.waived_by}
            for finding in approved.decision.findings
            if finding.waived_by is not None
        ],
        **data,
    }
    return AuditEvent(name, plan.key.stack, plan.key.environment, facts)


def _bench(approved: ApprovedPlan, place: Workplace, lease: Lease) -> Bench:
    plan = approved.plan

    def alive() -> None:
        if not place.store.alive(lease):
            raise StateConflictError(
                f"the lease of {plan.key} was lost, so nothing more is started",
                hint="`flowyml-infra plan` shows how far it went",
            )

    context = EngineContext(place.root, plan.key, alive, plan.bindings.lineage)
    specs, guard = plan.compiled.graph.specs, approved.guard()
    return Bench(context, place.engines, place.around, place.store.sealer, plan.bindings.lineage, specs, guard)


def _first_writes(plan: Plan, snapshot: Snapshot) -> list[Write]:
    """What is recorded before anything is done: what a look at the world found, new addresses, new declarations."""
    chosen = {change.address for change in plan.changes}
    chosen |= {move.source for move in plan.moves if move.target in chosen}
    partial = bool(plan.options.targets or plan.options.excludes)
    refreshed = plan.refreshed
    writes: list[Write] = [
        DropRow(row.address, row.generation) for row in refreshed.gone if row.address in chosen or not partial
    ]
    writes.extend(PutRow(row) for row in refreshed.changed if row.address in chosen or not partial)
    writes.extend(MoveRow(move.source, move.target) for move in plan.moves)
    if plan.moves:
        writes.extend(PutRow(row) for row in _following(plan, snapshot))
    writes.extend(PutRow(rewritten(c)) for c in plan.changes if isinstance(c, NoOp) and c.rewrite)
    return writes


def _following(plan: Plan, snapshot: Snapshot) -> list[ResourceRow]:
    """The rows that keep their address and were made after something that moves."""
    rows = overlay_snapshot(snapshot, plan.refreshed).rows
    moved = _rows_after_moves(plan, snapshot)
    return [row for address, row in moved.items() if address in rows and row != rows[address]]


def _rows_after_moves(plan: Plan, snapshot: Snapshot) -> Mapping[Address, ResourceRow]:
    """What is recorded, with what a look at the world found, under the addresses that it has from now on."""
    made_of = replace(plan.compiled, moved=plan.moves)
    moved, _ = follow_moves(made_of, overlay_snapshot(snapshot, plan.refreshed).rows)
    return moved


def _cut_off(plan: Plan, operation: Operation, ledger: Ledger, error: StateError, began: float) -> PartialApplyError:
    """The error of an apply in whose middle the state failed: what is recorded stands, nothing more was started."""
    left = len(ledger.failed) + len(ledger.not_started)
    partial = PartialApplyError(
        f"the apply was cut off: {error.message}",
        diagnostics=[
            Diagnostic("error", error.code, error.message, error.detail or "", error.address, hint=error.hint)
        ],
        hint="mend the cause; what was under way is looked up by the next apply",
    )
    partial.result = _result(plan, operation, "partial", ledger, {}, began)
    partial.detail = f"{len(ledger.applied)} changes are recorded as done, {left} are not"
    return partial


def _end(
    approved: ApprovedPlan, operation: Operation, bench: Bench, ledger: Ledger, snapshot: Snapshot, began: float
) -> ApplyResult:
    plan = approved.plan
    whole = not (ledger.failed or ledger.not_started or ledger.interrupted)
    outcome: ApplyOutcome = "succeeded"
    if ledger.interrupted:
        outcome = "interrupted"
    elif not whole:
        outcome = "partial" if ledger.touched else "failed"
    outputs = _outputs(plan, bench, whole=whole)
    changed = outputs != dict(snapshot.outputs)
    event = _event(
        _done_name(plan) if whole else "ApplyStopped",
        approved,
        result=outcome,
        changes=len(ledger.applied),
        failed=[item.address for item in ledger.failed],
    )
    operation.finish(outcome, [PutOutputs(outputs)] if changed else [], events=[event])
    return _result(plan, operation, outcome, ledger, outputs, began)


def _outputs(plan: Plan, bench: Bench, *, whole: bool) -> dict[str, dict[str, Value]]:
    """What pipelines are bound to from now on: the outputs of what is there."""
    options = plan.options
    if options.destroy and whole and not options.targets and not options.excludes:
        return {}
    wanted = plan.compiled.outputs
    if options.targets or options.excludes:
        # What the plan leaves out is not pointed to, unless it was before.
        wanted = {component: values for component, values in wanted.items() if component in plan.outputs}
    return bench.component_outputs(wanted)


def _result(
    plan: Plan,
    operation: Operation,
    outcome: ApplyOutcome,
    ledger: Ledger,
    outputs: dict[str, dict[str, Value]],
    began: float,
) -> ApplyResult:
    return ApplyResult(
        plan.key,
        plan.bindings.lineage,
        operation.serial,
        operation.id,
        outcome,
        tuple(ledger.applied),
        tuple(ledger.failed),
        tuple(ledger.not_started),
        outputs,
        time.monotonic() - began,
    )


def _done_name(plan: Plan) -> str:
    return "StackDestroyed" if plan.options.destroy else "StackApplied"


def _judged(result: ApplyResult, *, destroys: bool) -> ApplyResult:
    """``result`` when everything was carried out.

    Raises:
        PartialApplyError: Something was not.
        ApplyInterruptedError: The user stopped it.
    """
    if result.result == "succeeded":
        return result
    done, left = len(result.applied), len(result.failed) + len(result.not_started)
    command = f"`flowyml-infra {'destroy' if destroys else 'apply'}`"
    error: ApplyError
    if result.result == "interrupted":
        error = ApplyInterruptedError(
            f"stopped after {done} of {done + left} changes; each of them is recorded",
            hint=f"{command} goes on from there",
        )
    else:
        problems = [_problem(item) for item in result.failed]
        error = PartialApplyError(
            f"{done} of {done + left} changes were applied; {len(result.failed)} failed, "
            f"{len(result.not_started)} were not started",
            diagnostics=problems,
            hint=f"mend the cause, then {command} goes on from there",
        )
    error.result = result
    raise error


def _problem(item: Failed) -> Diagnostic:
    error = item.error
    return Diagnostic("error", error.code, error.message, error.detail or "", item.address, hint=error.hint)
