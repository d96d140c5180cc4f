"""Owns how stacks and their definitions are shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns, flatten, render
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.diagnostics import Diagnostic
    from flowyml_infra.resolution.registered import RegisteredStack
    from flowyml_infra.resolution.resolved import ListedStack, Resolution


class StacksView(View):
    """Shows stacks."""

    @abstractmethod
    def show(self, stacks: Sequence[ListedStack], remarks: Sequence[str]) -> None:
        """Show them, and what could not be searched for more."""


class StacksHuman(StacksView):
    """As a table."""

    def show(self, stacks: Sequence[ListedStack], remarks: Sequence[str]) -> None:
        """One line each, the active one marked."""
        rows = [("*" if item.active else " ", item.name, item.version or "-", item.source) for item in stacks]
        for line in columns(rows, (" ", "NAME", "VERSION", "SOURCE")):
            self.terminal.say(line)
        for remark in remarks:
            self.terminal.note(self.terminal.paint(f"Warning: {one_line(remark)}", Tone.WARNING))


class StacksJson(StacksView):
    """As a document."""

    def show(self, stacks: Sequence[ListedStack], remarks: Sequence[str]) -> None:
        """``{"stacks", "remarks"}``."""
        listed = [
            {"name": item.name, "version": item.version, "source": item.source, "active": item.active}
            for item in stacks
        ]
        write_document(self.terminal, {"stacks": listed, "remarks": list(remarks)})


class StackView(View):
    """Shows one definition."""

    @abstractmethod
    def show(self, found: Resolution, resources: Sequence[Address], problems: Sequence[Diagnostic]) -> None:
        """Show it, how it was found, its resources in order, and why there are none if there are problems."""


class StackHuman(StackView):
    """As text."""

    def show(self, found: Resolution, resources: Sequence[Address], problems: Sequence[Diagnostic]) -> None:
        """Facts, why this one, its resources, the definition."""
        say, definition = self.terminal.say, found.definition
        version = f" {definition.version}" if definition.version else ""
        say(self.terminal.paint(printable(f"{definition.name}{version}"), Tone.BOLD))
        say(f"  source: {printable(definition.source)}")
        say(f"  used because: {printable(found.steps[-1].why)}")
        say(f"  environment: {printable(found.environment)}")
        say("  resources:")
        for line in [*resources, *(f"! {one_line(problem.summary)}" for problem in problems)]:
            say(f"    {line}")
        say("  definition:")
        for path, value in flatten(definition.document, ""):
            say(f"    {printable(path)} = {render(value)}")


class StackJson(StackView):
    """As a document."""

    def show(self, found: Resolution, resources: Sequence[Address], problems: Sequence[Diagnostic]) -> None:
        """``{"stack", "definition", "resources", "diagnostics", "resolution"}``."""
        definition = found.definition
        write_document(
            self.terminal,
            {
                "stack": {
                    "name": definition.name,
                    "version": definition.version,
                    "environment": found.environment,
                    "source": definition.source,
                    "digest": definition.digest,
                },
                "definition": definition.document,
                "resources": list(resources),
                "diagnostics": [problem.to_json() for problem in problems],
                "resolution": [{"place": step.place, "answer": step.answer, "why": step.why} for step in found.steps],
            },
        )


class RegisteredView(View):
    """Says that a definition was registered."""

    @abstractmethod
    def show(self, stack: RegisteredStack) -> None:
        """Say it."""


class RegisteredHuman(RegisteredView):
    """As a sentence."""

    def show(self, stack: RegisteredStack) -> None:
        """Which, and that nothing is provisioned yet."""
        version = f" {stack.version}" if stack.version else ""
        self.terminal.say(printable(f"Registered {stack.name}{version} from {stack.source}."))
        self.session.advise(f"This provisions nothing. To do that: flowyml-infra apply {stack.name}")


class RegisteredJson(RegisteredView):
    """As a document."""

    def show(self, stack: RegisteredStack) -> None:
        """``{"registered"}``."""
        facts = {"name": stack.name, "version": stack.version, "source": stack.source, "digest": stack.digest}
        write_document(self.terminal, {"registered": facts})


class UsedView(View):
    """Says which stack is the active one now."""

    @abstractmethod
    def show(self, name: str) -> None:
        """Say it."""


class UsedHuman(UsedView):
    """As a sentence."""

    def show(self, name: str) -> None:
        """The sentence."""
        self.terminal.say(f"{printable(name)} is the active stack of this project now.")


class UsedJson(UsedView):
    """As a document."""

    def show(self, name: str) -> None:
        """``{"active_stack"}``."""
        write_document(self.terminal, {"active_stack": name})
