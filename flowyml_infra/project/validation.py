"""Owns the check of a definition for problems, all at once, without planning it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import InfraError

if TYPE_CHECKING:
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.compiled import Compiled


def validate(project: Project, stack: str | None, env: str | None) -> tuple[Diagnostic, ...]:
    """Every problem on the way from ``stack`` and ``env`` to a graph; warnings alone when it is sound."""
    try:
        compiled = project.compile(stack, env)
    except InfraError as error:
        problems = tuple(map(_softened, error.diagnostics)) or (_as_diagnostic(error),)
        _record(project, stack or "", env, problems)
        return problems
    gaps = (replace(gap, severity="warning") for gap in compiled.gaps)
    problems = (*compiled.warnings, *gaps, *_policy_problems(project, compiled))
    _record(project, compiled.name, compiled.environment, problems)
    return problems


def _policy_problems(project: Project, compiled: Compiled) -> tuple[Diagnostic, ...]:
    """What is wrong with the policies that count for ``compiled``."""
    from flowyml_infra.project.policies import gate_of

    try:
        gate_of(project, compiled)
    except InfraError as error:
        return tuple(error.diagnostics) or (_as_diagnostic(error),)
    return ()


def _softened(problem: Diagnostic) -> Diagnostic:
    """A definition is valid although this version cannot provision a kind that it needs; planning it is an error."""
    return replace(problem, severity="warning") if problem.code == "kind.unavailable" else problem


def _as_diagnostic(error: InfraError) -> Diagnostic:
    return Diagnostic("error", error.code, error.message, error.detail or "", error.address, hint=error.hint)


def _record(project: Project, stack: str, environment: str | None, problems: tuple[Diagnostic, ...]) -> None:
    errors = sum(problem.severity == "error" for problem in problems)
    data = {"valid": not errors, "errors": errors, "warnings": len(problems) - errors}
    project.note_events(AuditEvent("StackValidated", stack, environment, data))
