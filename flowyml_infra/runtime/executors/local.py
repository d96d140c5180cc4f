"""Owns carrying out steps in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.runtime.attempt import attempt, call_within

if TYPE_CHECKING:
    from flowyml_infra.runtime.executors.executor import Task


class LocalExecutor:
    """Calls the function here; what a step asks for in ``resources`` is recorded and not enforced."""

    name = "local"

    def check(self) -> None:
        """This process is always there."""

    def execute(self, task: Task) -> object:
        """See :class:`flowyml_infra.runtime.executors.executor.Executor`."""
        options = task.options
        seconds = options.timeout

        def one(number: int) -> object:
            if seconds is None:
                return task.call(number)
            return call_within(lambda: task.call(number), seconds, f"the step {task.step!r}")

        return attempt(one, retries=options.retries, delay=options.retry_delay, stop=task.stop)
