"""Owns carrying out a run in this process: independent steps at the same time, in threads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowyml_infra.errors import UsageError
from flowyml_infra.runtime.executors.local import LocalExecutor
from flowyml_infra.runtime.orchestrators.crew import Crew
from flowyml_infra.runtime.orchestrators.schedule import Schedule

if TYPE_CHECKING:
    from flowyml_infra.runtime.course import Course
    from flowyml_infra.runtime.executors.executor import Executor
    from flowyml_infra.runtime.result import StepResult


class LocalOrchestrator:
    """Carries out steps as soon as what they need has succeeded; the failure of one skips only what depends on it.

    A step that nothing else runs beside is carried out in the calling thread.

    Args:
        executor: What carries out single steps; by default this process.
        max_parallel: How many steps may run at once; by default four more than there are processors, at most 32.
    """

    name = "local"

    def __init__(self, executor: Executor | None = None, *, max_parallel: int | None = None) -> None:
        if max_parallel is not None and max_parallel < 1:
            raise UsageError(f"max_parallel={max_parallel} would run nothing", code="pipeline.orchestrator")
        self.executor: Executor = executor or LocalExecutor()
        self.max_parallel = max_parallel or min(32, (os.cpu_count() or 1) + 4)

    def check(self) -> None:
        """See :class:`flowyml_infra.runtime.orchestrators.orchestrator.Orchestrator`."""
        self.executor.check()

    def run(self, course: Course) -> None:
        """See :class:`flowyml_infra.runtime.orchestrators.orchestrator.Orchestrator`."""
        schedule = Schedule(course.nodes)
        crew = Crew(course.perform, self.max_parallel)
        ready = schedule.ready
        try:
            while ready or crew.busy:
                if crew.busy == 0 and (len(ready) == 1 or self.max_parallel == 1):
                    name = ready.popleft()
                    _settle(course, schedule, course.perform(name))
                    continue
                while ready and not crew.full:
                    crew.start(ready.popleft())
                _settle(course, schedule, crew.wait()[1])
        finally:
            crew.dismiss()


def _settle(course: Course, schedule: Schedule, result: StepResult) -> None:
    if result.status == "succeeded":
        schedule.succeed(result.name)
        return
    for name, need in schedule.fail(result.name):
        course.skip(name, need)
