"""Owns how pipeline runs are shown."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns, render
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.metadata.records import Metric, RunDetails, RunRecord, StepRecord

_TONES = {"succeeded": Tone.GOOD, "failed": Tone.ERROR, "interrupted": Tone.WARNING, "running": Tone.BOLD}


class RunsView(View):
    """Shows runs."""

    @abstractmethod
    def show(self, runs: Sequence[RunRecord]) -> None:
        """Show them."""


class RunsHuman(RunsView):
    """As a table."""

    def show(self, runs: Sequence[RunRecord]) -> None:
        """One line each."""
        if not runs:
            self.terminal.say("No runs are recorded.")
            return
        rows = [(run.id, run.pipeline, run.status, _clock(run.started_at), _seconds(run), run.who) for run in runs]
        for line in columns(rows, ("RUN", "PIPELINE", "STATUS", "STARTED (UTC)", "SECONDS", "WHO")):
            self.terminal.say(line)


class RunsJson(RunsView):
    """As a document."""

    def show(self, runs: Sequence[RunRecord]) -> None:
        """``{"runs"}``."""
        write_document(self.terminal, {"runs": [asdict(run) for run in runs]})


class RunView(View):
    """Shows one run."""

    @abstractmethod
    def show(self, details: RunDetails) -> None:
        """Show it."""


class RunHuman(RunView):
    """As text."""

    def show(self, details: RunDetails) -> None:
        """What it was, its steps, its metrics, its artifacts."""
        say, run = self.terminal.say, details.run
        status = self.terminal.paint(run.status, _TONES[run.status])
        say(f"{self.terminal.paint(run.id, Tone.BOLD)}  {printable(run.pipeline)}  {status}")
        serial = "" if run.binding.serial is None else f", serial {run.binding.serial}"
        say(f"  stack: {printable(run.binding.stack)}@{printable(run.binding.environment)}{serial}")
        say(f"  started: {_clock(run.started_at)} UTC by {printable(run.who)}, took {_seconds(run)} s")
        if run.error:
            say(f"  error: {one_line(run.error)}")
        for name, value in run.params.items():
            say(f"  parameter {printable(name)} = {render(value, short=True)}")
        say("  steps:")
        rows = [(step.name, step.status, f"{step.seconds:.3f}", _note(step)) for step in details.steps]
        for line in columns(rows, ("STEP", "STATUS", "SECONDS", "")):
            say(f"    {line}")
        for step in details.steps:
            if step.status == "failed" and step.error:
                say("\n".join([f"  what went wrong in {printable(step.name)}:", *_lines(step.error)]))
        if details.metrics:
            say("  metrics:")
            for metric in _latest(details.metrics):
                say(f"    {printable(metric.step)}.{printable(metric.name)} = {metric.value:g}")
        outputs = [(step.name, name, item) for step in details.steps for name, item in step.outputs.items()]
        if outputs:
            say("  artifacts:")
            for made_by, name, item in outputs:
                say(f"    {printable(made_by)}.{printable(name)}: {item.size:,} bytes, sha256 {item.digest[:12]}")


class RunJson(RunView):
    """As a document."""

    def show(self, details: RunDetails) -> None:
        """``{"run", "steps", "metrics"}``; a metric that is no number is null, as JSON has none such."""
        body = asdict(details)
        body["metrics"] = [
            {**metric, "value": metric["value"] if isfinite(metric["value"]) else None} for metric in body["metrics"]
        ]
        write_document(self.terminal, body)


def _note(step: StepRecord) -> str:
    if step.cached:
        return f"taken from run {step.cached_from}"
    if step.error and step.status != "failed":
        return one_line(step.error)
    return f"{step.attempts} attempts" if step.attempts > 1 else ""


def _lines(text: str) -> list[str]:
    return [f"    {printable(line)}" for line in text.splitlines()]


def _latest(metrics: Sequence[Metric]) -> list[Metric]:
    """The last value of each metric of each step."""
    return list({(metric.step, metric.name): metric for metric in metrics}.values())


def _clock(at: str) -> str:
    return at[:19].replace("T", " ")


def _seconds(run: RunRecord) -> str:
    if run.finished_at is None:
        return "-"
    began, ended = (datetime.fromisoformat(text) for text in (run.started_at, run.finished_at))
    return f"{(ended - began).total_seconds():.1f}"
