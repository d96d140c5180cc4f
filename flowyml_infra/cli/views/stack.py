"""Owns how stacks and their definitions are shown."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, printable
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.values import columns, flatten, render
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.resolution.registered import RegisteredStack
    from flowyml_infra.resolution.resolved import ListedStack, Resolution
    from flowyml_infra.resources.compiled import Compiled


class StacksView(View):
    """Shows stacks."""

    @abstractmethod
    def show(self, stacks: Sequence[ListedStack]) -> None:
        """Show them."""


class StacksHuman(StacksView):
    """As a table."""

    def show(self, stacks: Sequence[ListedStack]) -> None:
        """One line each, the active one marked."""
        rows = [("*" if item.active else " ", item.name, item.version or "-", item.source) for item in stacks]
        for line in columns(rows, (" ", "NAME", "VERSION", "SOURCE")):
            self.terminal.say(line)


class StacksJson(StacksView):
    """As a document."""

    def show(self, stacks: Sequence[ListedStack]) -> None:
        """``{"stacks"}``."""
        listed = [
            {"name": item.name, "version": item.version, "source": item.source, "active": item.active}
            for item in stacks
        ]
        write_document(self.terminal, {"stacks": listed})


class StackView(View):
    """Shows one definition."""

    @abstractmethod
    def show(self, compiled: Compiled, found: Resolution) -> None:
        """Show it, and how it was found."""


class StackHuman(StackView):
    """As text."""

    def show(self, compiled: Compiled, found: Resolution) -> None:
        """Facts, why this one, its resources, the definition."""
        say = self.terminal.say
        version = f" {compiled.version}" if compiled.version else ""
        say(self.terminal.paint(printable(f"{compiled.name}{version}"), Tone.BOLD))
        say(f"  source: {printable(compiled.source)}")
        say(f"  used because: {printable(found.steps[-1].why)}")
        say(f"  environment: {compiled.environment}{' (protected)' if compiled.protected else ''}")
        say(f"  provider: {compiled.provider}")
        for label, text in compiled.labels.items():
            say(f"  label {printable(label)}: {printable(text)}")
        say("  resources:")
        for address, spec in compiled.graph.specs.items():
            after = spec.depends_on
            say(f"    {address}{' after ' + ', '.join(after) if after else ''}")
        say("  definition:")
        for path, value in flatten(json.loads(json.dumps(compiled.document)), ""):
            say(f"    {printable(path)} = {render(value)}")


class StackJson(StackView):
    """As a document."""

    def show(self, compiled: Compiled, found: Resolution) -> None:
        """``{"stack", "definition", "resources", "resolution"}``."""
        write_document(
            self.terminal,
            {
                "stack": {
                    "name": compiled.name,
                    "version": compiled.version,
                    "environment": compiled.environment,
                    "provider": compiled.provider,
                    "labels": dict(compiled.labels),
                    "source": compiled.source,
                    "digest": compiled.definition_digest,
                    "protected": compiled.protected,
                },
                "definition": compiled.document,
                "resources": list(compiled.graph.specs),
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
