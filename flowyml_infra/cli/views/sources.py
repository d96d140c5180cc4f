"""Owns how the way to a definition is shown: why it is meant, what is pinned, and how two of them differ."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.failure import diagnostics_of
from flowyml_infra.cli.views.plan.blocks import block_lines
from flowyml_infra.cli.views.plan.picture import block_of
from flowyml_infra.cli.views.values import flatten, render
from flowyml_infra.cli.views.view import View
from flowyml_infra.plan.document import change_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.definition.project_config import Environment
    from flowyml_infra.project.comparison import Comparison, Difference
    from flowyml_infra.resolution.lockfile import Pin
    from flowyml_infra.resolution.resolved import Resolution, Step
    from flowyml_infra.resolution.shared_files import SharedFile
    from flowyml_infra.resolution.updating import Updated


class ExplainedView(View):
    """Shows how a definition was come by."""

    @abstractmethod
    def show(self, found: Resolution, shared: Sequence[SharedFile]) -> None:
        """Show it, and the policies from elsewhere that judge it."""


class ExplainedHuman(ExplainedView):
    """As text."""

    def show(self, found: Resolution, shared: Sequence[SharedFile]) -> None:
        """The places asked, the sources searched, the policies, the environment."""
        say, definition = self.terminal.say, found.definition
        version = f" {definition.version}" if definition.version else ""
        say(self.terminal.paint(printable(f"{definition.name}{version}"), Tone.BOLD))
        say(f"  from: {printable(definition.source)}")
        say("  which stack:")
        for line in _step_lines(found.steps):
            say(line)
        if found.trail:
            say("  where it is:")
        for line in _step_lines(found.trail):
            say(line)
        if shared:
            say("  policies from elsewhere:")
        for item in shared:
            say(f"    {printable(item.source)}: {_pin_text(item.pin)}")
        environment = found.config.environment(found.environment)
        protected = ", protected" if environment.protect else ""
        say(f"  environment: {printable(found.environment)}{protected}")
        for path, value in flatten(dict(environment.overrides), ""):
            if path:
                say(f"    {printable(path)} = {render(value)}")
        for warning in definition.warnings:
            say(self.terminal.paint(f"  Warning: {one_line(warning.summary)}", Tone.WARNING))


class ExplainedJson(ExplainedView):
    """As a document."""

    def show(self, found: Resolution, shared: Sequence[SharedFile]) -> None:
        """``{"stack", "resolution", "sources", "policies", "environment", "diagnostics"}``."""
        definition = found.definition
        write_document(
            self.terminal,
            {
                "stack": {
                    "name": definition.name,
                    "version": definition.version,
                    "source": definition.source,
                    "digest": definition.digest,
                },
                "resolution": [_step_document(step) for step in found.steps],
                "sources": [_step_document(step) for step in found.trail],
                "policies": [shared_document(item) for item in shared],
                "environment": _environment_document(found.config.environment(found.environment)),
                "diagnostics": [warning.to_json() for warning in definition.warnings],
            },
        )


class UpdatedView(View):
    """Says what became of pins."""

    @abstractmethod
    def show(self, updated: Sequence[Updated]) -> None:
        """Say it."""


class UpdatedHuman(UpdatedView):
    """As text."""

    def show(self, updated: Sequence[Updated]) -> None:
        """One block for each source."""
        if not updated:
            self.terminal.say("No remote source is used here, so there is nothing to pin.")
        for item in updated:
            self.terminal.say(f"{self.terminal.paint(printable(item.source), Tone.BOLD)}: {self._outcome(item)}")
            if item.changed:
                self.terminal.say(f"    was {_pin_text(item.before)}")
                self.terminal.say(f"    is  {_pin_text(item.after)}")
        if any(item.changed for item in updated):
            self.session.advise("flowyml.lock was written; put it under version control with the rest.")

    def _outcome(self, item: Updated) -> str:
        if item.problem is not None:
            return self.terminal.paint(f"stays as it was: {one_line(item.problem.message)}", Tone.ERROR)
        if not item.changed:
            return "unchanged"
        return "not used any more" if item.after is None else "pinned" if item.before is None else "updated"


class UpdatedJson(UpdatedView):
    """As a document."""

    def show(self, updated: Sequence[Updated]) -> None:
        """``{"sources", "diagnostics"}``."""
        problems = [item.problem for item in updated if item.problem is not None]
        write_document(
            self.terminal,
            {
                "sources": [
                    {
                        "source": item.source,
                        "changed": item.changed,
                        "before": None if item.before is None else item.before.to_json(),
                        "after": None if item.after is None else item.after.to_json(),
                    }
                    for item in updated
                ],
                "diagnostics": [one.to_json() for problem in problems for one in diagnostics_of(problem)],
            },
        )


class ComparedView(View):
    """Shows two definitions beside each other."""

    @abstractmethod
    def show(self, compared: Comparison) -> None:
        """Show them."""


class ComparedHuman(ComparedView):
    """As text."""

    def show(self, compared: Comparison) -> None:
        """What is written differently, then what would happen to resources."""
        say, paint = self.terminal.say, self.terminal.paint
        say(paint(f"--- {_title(compared.old)}", Tone.REMOVE))
        say(paint(f"+++ {_title(compared.new)}", Tone.ADD))
        if compared.same:
            say("They say the same.")
            return
        for item in compared.differences:
            say(f"  {_difference_text(item)}")
        if compared.problem is not None:
            say("\nWhat this would do to resources cannot be told:")
            for problem in diagnostics_of(compared.problem):
                say(f"  ! {one_line(problem.summary)}")
            return
        say(
            "\nGoing from one to the other would do this to resources:"
            if compared.changes
            else "\nNo resource changes."
        )
        for change in compared.changes:
            block = block_of(change_document(change))
            say("\n".join(block_lines(block, self.terminal, verbose=self.session.options.verbose)))
        if compared.changes:
            self.session.advise("`flowyml-infra plan` compares with what is recorded, and that is what counts.")


class ComparedJson(ComparedView):
    """As a document."""

    def show(self, compared: Comparison) -> None:
        """``{"old", "new", "differences", "changes", "diagnostics"}``; changes are as in a plan."""
        problem = compared.problem
        write_document(
            self.terminal,
            {
                "old": _side_document(compared.old),
                "new": _side_document(compared.new),
                "differences": [
                    {"path": item.path, "before": item.before, "after": item.after} for item in compared.differences
                ],
                "changes": [change_document(change) for change in compared.changes],
                "diagnostics": [] if problem is None else [item.to_json() for item in diagnostics_of(problem)],
            },
        )


def shared_document(item: SharedFile) -> Mapping[str, object]:
    """A policy from elsewhere: ``{"source"}`` and its pin as flowyml.lock has it."""
    return {"source": item.source, **item.pin.to_json()}


def _step_lines(steps: Sequence[Step]) -> list[str]:
    return [f"    {printable(step.place)}: {printable(step.answer or '-')} ({one_line(step.why)})" for step in steps]


def _step_document(step: Step) -> Mapping[str, object]:
    return {"place": step.place, "answer": step.answer, "why": step.why}


def _environment_document(environment: Environment) -> Mapping[str, object]:
    return {"name": environment.name, "protect": environment.protect, "overrides": dict(environment.overrides)}


def _pin_text(pin: Pin | None) -> str:
    return "-" if pin is None else printable(str(pin))


def _title(found: Resolution) -> str:
    definition = found.definition
    return printable(f"{definition.name} {definition.version or '(no version)'}  {definition.source}")


def _difference_text(item: Difference) -> str:
    path = printable(item.path)
    if item.before is None:
        return f"+ {path} = {render(item.after)}"
    if item.after is None:
        return f"- {path} = {render(item.before)}"
    return f"~ {path} = {render(item.before)} -> {render(item.after)}"


def _side_document(found: Resolution) -> Mapping[str, object]:
    definition = found.definition
    return {
        "name": definition.name,
        "version": definition.version,
        "source": definition.source,
        "digest": definition.digest,
    }
