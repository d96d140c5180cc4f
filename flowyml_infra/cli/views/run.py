"""Owns how the result of a pipeline run is shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from flowyml_infra.runtime.result import PipelineResult, StepResult


class ResultView(View):
    """Shows how a run ended."""

    @abstractmethod
    def show(self, result: PipelineResult) -> None:
        """Show it."""


class ResultHuman(ResultView):
    """As text."""

    def show(self, result: PipelineResult) -> None:
        """The run, its steps, the metrics, and what went wrong."""
        say, stack = self.terminal.say, result.stack
        serial = "" if stack.serial is None else f", serial {stack.serial}"
        say(f"Run {result.run_id} of {printable(result.pipeline)} on {stack.name}@{stack.environment}{serial}")
        rows = [(step.name, step.status, f"{step.seconds:.3f}", _note(step)) for step in result.steps.values()]
        for line in columns(rows, ("STEP", "STATUS", "SECONDS", "")):
            say(f"  {line}")
        metrics = [
            f"  {printable(step.name)}.{printable(name)} = {value:g}"
            for step in result.steps.values()
            for name, value in step.metrics.items()
        ]
        if metrics:
            say("\n".join(["Metrics:", *metrics]))
        for step in result.steps.values():
            if step.exception is not None:
                say("\n".join([f"What went wrong in {printable(step.name)}:", *_trace(step, result)]))
        tone = Tone.GOOD if result.success else Tone.ERROR
        say(f"{self.terminal.paint(f'{result.status.capitalize()}:', tone)} {result.seconds:.1f} s.")
        self.session.advise(f"More of it: flowyml-infra runs show {result.run_id}")


class ResultJson(ResultView):
    """As a document."""

    def show(self, result: PipelineResult) -> None:
        """``{"run", "steps"}``."""
        stack = result.stack
        write_document(
            self.terminal,
            {
                "run": {
                    "id": result.run_id,
                    "pipeline": result.pipeline,
                    "status": result.status,
                    "stack": stack.name,
                    "environment": stack.environment,
                    "serial": stack.serial,
                    "seconds": round(result.seconds, 3),
                },
                "steps": [step.to_json() for step in result.steps.values()],
            },
        )


def _trace(step: StepResult, result: PipelineResult) -> list[str]:
    """The error and the places in the pipeline's own code that it came through, without secrets."""
    from flowyml_infra.runtime.failure import describe

    text = describe(step.exception, result.stack.secrets()) if step.exception else ""
    return [f"  {printable(line)}" for line in text.splitlines()]


def _note(step: StepResult) -> str:
    if step.cached:
        return "cached"
    if step.error:
        return one_line(step.error) if step.status == "skipped" else ""
    return f"{step.attempts} attempts" if step.attempts > 1 else ""
