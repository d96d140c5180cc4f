"""Owns the comparison of the engine's own view with the plan, before anything is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pulumi.automation.errors import CommandError

from flowyml_infra.apply.engines.pulumi.failures import failure, messages_of
from flowyml_infra.apply.engines.pulumi.registering import Registrar
from flowyml_infra.apply.engines.pulumi.rollup import Rollup
from flowyml_infra.apply.engines.pulumi.urns import component_urn
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import EngineError, EngineRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flowyml_infra.apply.engine import Intent
    from flowyml_infra.apply.engines.pulumi.job import Job
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace

_LOSES: Final[Mapping[str, str]] = {
    "delete": "delete",
    "discard": "delete",
    **dict.fromkeys(
        ("replace", "create-replacement", "delete-replaced", "discard-replaced", "read-replacement"), "replace"
    ),
}
"""Operations by which the thing that was there is gone afterwards, and what they are for people; one replacement is
several."""


def foresee(
    workspace: Workspace, jobs: Sequence[tuple[Intent, Job]], targets: Sequence[str], derive: Callable[[str], str]
) -> Rollup:
    """Have the engine preview ``jobs`` and compare; returns what it would do. Passwords are made by ``derive``.

    Raises:
        EngineRefusedError: The engine would refuse something, or replace or delete what the plan does not; every such
            problem is in ``diagnostics``, and nothing was touched.
    """
    rollup = Rollup()
    raised: dict[Job, BaseException] = {}
    error: CommandError | None = None
    try:
        workspace.stack.preview(
            program=lambda: _register_all([job for _, job in jobs], derive, raised),
            target=list(targets),
            on_event=rollup.hear,
            suppress_outputs=True,
        )
    except CommandError as caught:
        error = caught
    problems: list[EngineError] = []
    for intent, job in jobs:
        urn = component_urn(workspace.name, job.type, job.name)
        told = rollup.messages(urn)
        if not told and job in raised and not rollup.failed:
            told = [f"{type(raised[job]).__name__}: {raised[job]}"]
        problems += [failure(job.address, told)] if told else _deviations(intent, job, rollup, urn)
    if not problems and error is not None:
        problems = [failure(None, rollup.other_messages() or messages_of(error))]
    if problems:
        refused = EngineRefusedError(
            f"{problems[0].message}; nothing was touched"
            if len(problems) == 1
            else "the engine refuses the plan; nothing was touched",
            code=problems[0].code,
            address=problems[0].address,
            hint=problems[0].hint,
            diagnostics=[_diagnostic(item) for item in problems] if len(problems) > 1 else (),
        )
        refused.transient = all(item.transient for item in problems)
        raise refused
    return rollup


def _diagnostic(error: EngineError) -> Diagnostic:
    return Diagnostic("error", error.code, error.message, error.detail or "", error.address, hint=error.hint)


def _register_all(jobs: Sequence[Job], derive: Callable[[str], str], raised: dict[Job, BaseException]) -> Any:  # noqa: ANN401 - a coroutine
    async def register() -> dict[str, Any]:
        import asyncio

        registrar = Registrar(lambda: None, derive, preview=True)
        answers = await asyncio.gather(*(registrar.register(job) for job in jobs), return_exceptions=True)
        pairs = zip(jobs, answers, strict=True)
        raised.update({job: answer for job, answer in pairs if isinstance(answer, BaseException)})
        if raised:
            raise next(iter(raised.values()))
        return {}

    return register()


def _deviations(intent: Intent, job: Job, rollup: Rollup, urn: str) -> Iterator[EngineError]:
    """What the engine would replace or delete though the plan does not."""
    if intent.action == "create":
        return
    kept = {child.facts.token: child.name for child in job.kind.children if child.primary or child.stateful}
    lost = [
        (_LOSES[step.operation], kept[step.type])
        for step in rollup.steps(urn)
        if step.type in kept and step.operation in _LOSES
    ]
    for verb, part in dict.fromkeys(lost):
        yield EngineError(
            f"the engine would {verb} the {part} of {job.address}, which the plan does not",
            code="engine.deviates",
            address=job.address,
            hint="`flowyml-infra plan --replace` plans that on purpose; please report the difference",
        )
