"""Owns which orchestrators there are by name, and which one a run gets; a new one is one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import UsageError
from flowyml_infra.runtime.executors.catalogue import executor_named
from flowyml_infra.runtime.executors.local import LocalExecutor
from flowyml_infra.runtime.orchestrators.local import LocalOrchestrator
from flowyml_infra.runtime.unavailable import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.runtime.binding import BoundStack
    from flowyml_infra.runtime.executors.executor import Executor
    from flowyml_infra.runtime.orchestrators.orchestrator import Orchestrator

ORCHESTRATORS: Final[Mapping[str, Callable[[Executor], Orchestrator]]] = {"local": LocalOrchestrator}
"""By name: what makes an orchestrator of the stack's executor."""


def choose_orchestrator(given: Orchestrator | str | None, stack: object, bound: BoundStack) -> Orchestrator:
    """The orchestrator of a run: the one ``given``, else the stack object's own, else the one that the stack names.

    Raises:
        EngineUnavailableError: The one that was chosen cannot be used from here; no other one is tried.
        UsageError: What was given is no orchestrator.
    """
    own = None if isinstance(stack, str) else getattr(stack, "orchestrator", None)
    chosen = given if given is not None else own
    if chosen is None or isinstance(chosen, str):
        name = chosen or bound.orchestrator
        if name not in ORCHESTRATORS:
            raise unknown("orchestrator", name)
        chosen = ORCHESTRATORS[name](executor_named(bound.executor) if given is None else LocalExecutor())
    elif not all(hasattr(type(chosen), part) for part in ("check", "run")):
        raise UsageError(
            f"a {type(chosen).__name__} is no orchestrator",
            code="pipeline.orchestrator",
            hint="give an object with name, executor, check() and run(course), as runtime.orchestrators has them",
        )
    chosen.check()
    return chosen
