"""Owns the binding of a pipeline run to its stack: resolved, let through by policy, applied, and its outputs read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import OutputError
from flowyml_infra.outputs.contracts import StackOutputs
from flowyml_infra.policy.gate import checked_facts, require_allowed
from flowyml_infra.project.facade import Project
from flowyml_infra.project.outputs import applied, apply_command, opened_outputs
from flowyml_infra.project.policies import gate_of, run_facts
from flowyml_infra.resolution.builtin import BUILTIN_SOURCE, BUILTIN_STACK
from flowyml_infra.runtime.binding import BoundStack, outputs_digest
from flowyml_infra.runtime.metadata.access import metadata_access
from flowyml_infra.state.key import DeploymentKey

if TYPE_CHECKING:
    from pathlib import Path

    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.resolution.resolver import StackArgument
    from flowyml_infra.resources.compiled import Compiled


def bind_stack(
    stack: StackArgument,
    env: str | None,
    *,
    project_root: str | Path | None = None,
    image: str | None = None,
    force_env: bool = False,
) -> BoundStack:
    """Bind a run to ``stack``; see ``runtime.binding.StackBinder``.

    Raises:
        ResolutionError: ``stack`` or ``env`` leads nowhere.
        PolicyDeniedError: The policies do not let the run through.
        OutputError: The stack is not applied; the hint is the command that applies it. Or a secret cannot be read.
    """
    with Project.open(project_root) as project:
        compiled = project.compile(stack, env, force_env=force_env)
        decision = _admit(project, compiled, image)
        if _needs_no_apply(project, compiled, stack):
            return _unapplied(project, compiled, decision)
        return _applied(project, compiled, decision)


def _admit(project: Project, compiled: Compiled, image: str | None) -> Decision:
    """Pass the policy gate; the check is on record, whatever it says."""
    gate = gate_of(project, compiled)
    known = run_facts(project, gate, compiled, image)
    decision = gate.check_run(compiled, image=image, facts=known)
    facts = {**checked_facts(decision), "gate": "run", "image": compiled.image if image is None else image}
    project.append_events(AuditEvent("PolicyChecked", compiled.name, compiled.environment, facts))
    return require_allowed(decision, f"the run on {_key(compiled)}")


def _needs_no_apply(project: Project, compiled: Compiled, stack: StackArgument) -> bool:
    """Whether a local stack may be used as it is: the built-in one, or one given as an object, that is not applied."""
    given = stack is not None and not isinstance(stack, (str, os.PathLike))
    builtin = compiled.name == BUILTIN_STACK and compiled.source == BUILTIN_SOURCE
    if compiled.provider != "local" or not (given or builtin):
        return False
    return not project.reader().snapshot(_key(compiled)).outputs


def _unapplied(project: Project, compiled: Compiled, decision: Decision) -> BoundStack:
    """The stack at the places its definition names; the run makes them when it first writes there."""
    places = {
        component: (project.root / str(spec.properties["path"])).resolve()
        for component in ("artifact_store", "metadata_store")
        for spec in compiled.graph.specs.values()
        if spec.component == component
    }
    missing = [component for component in ("artifact_store", "metadata_store") if component not in places]
    if missing:
        raise OutputError(
            f"the stack {compiled.name} has no {' and no '.join(missing)}, so a pipeline cannot run on it",
            hint="declare both under spec.storage",
        )
    return BoundStack(
        name=compiled.name,
        environment=compiled.environment,
        artifact_store_uri=places["artifact_store"].as_uri(),
        metadata_store_uri=f"sqlite:///{places['metadata_store']}",
        policy_digest=decision.policy_digest,
    )


def _applied(project: Project, compiled: Compiled, decision: Decision) -> BoundStack:
    snapshot = applied(project, _key(compiled))
    outputs = StackOutputs.of(opened_outputs(project, snapshot))
    missing = [
        name for name in ("artifact_store", "metadata_store") if name not in outputs and name in compiled.outputs
    ]
    if missing:
        raise OutputError(
            f"the {' and the '.join(missing)} of {_key(compiled)} {'is' if len(missing) == 1 else 'are'} not applied",
            code="output.not_applied",
            hint=f"run `{apply_command(_key(compiled))}`",
        )
    backend = outputs.compute.backend if "compute" in outputs else "local"
    access = metadata_access(outputs.metadata_store)
    return BoundStack(
        name=compiled.name,
        environment=compiled.environment,
        artifact_store_uri=outputs.artifact_store.uri,
        metadata_store_uri=access.uri,
        metadata_password=access.password,
        orchestrator=backend,
        executor=backend,
        outputs=outputs,
        lineage=snapshot.lineage,
        serial=snapshot.serial,
        plan_digest=snapshot.plan_digest,
        output_digest=outputs_digest(outputs),
        policy_digest=decision.policy_digest,
    )


def _key(compiled: Compiled) -> DeploymentKey:
    return DeploymentKey(compiled.name, compiled.environment)
