"""Owns what one invocation works with: its global options, its terminal and the project it is about."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.cli.arguments.options import GlobalOptions
    from flowyml_infra.cli.terminal import Terminal
    from flowyml_infra.project import Project

V = TypeVar("V")


class Session:
    """One invocation.

    Attributes:
        options: The global options.
        terminal: Where it talks.
    """

    def __init__(self, options: GlobalOptions, terminal: Terminal) -> None:
        self.options = options
        self.terminal = terminal

    @cached_property
    def project(self) -> Project:
        """The project that ``--project``, or the current folder, is in.

        Raises:
            InfraError: There is none, or its flowyml.yaml cannot be read.
        """
        from flowyml_infra.project import Project

        return Project.open(self.options.project, state_url=self.options.state)

    def close(self) -> None:
        """End the work with the project, if there was any. Trouble with its audit log is said, and is no failure."""
        if "project" in vars(self):
            for problem in self.project.close():
                self.terminal.note(f"Warning: {problem}")

    def view(self, human: Callable[[Session], V], json: Callable[[Session], V]) -> V:
        """The view that was asked for: for people, or as JSON."""
        return (json if self.options.json else human)(self)

    def advise(self, text: str) -> None:
        """Say what could be done next; not with ``-q`` or ``--json``."""
        if not self.options.quiet and not self.options.json:
            self.terminal.say(text)

    def progress(self, text: str) -> None:
        """Say how far it is: on standard output, or beside the document with ``--json``; not with ``-q``."""
        if self.options.quiet:
            return
        if self.options.json:
            self.terminal.note(text)
        else:
            self.terminal.say(text)
            self.terminal.out.flush()

    def confirm(self, question: str) -> None:
        """Ask the person to go on.

        Raises:
            UsageError: The answer was no, or there is nobody to ask.
        """
        from flowyml_infra.errors import UsageError

        if self.options.json or not self.terminal.interactive:
            raise UsageError(
                "there is nobody to ask whether to go on, so nothing was changed",
                code="usage.approval",
                hint="give --auto-approve",
            )
        try:
            answer = self.terminal.ask(f"{question} Only 'yes' goes on: ")
        except KeyboardInterrupt:
            self.terminal.note("")
            raise
        if answer != "yes":
            raise UsageError("not approved, so nothing was changed", code="usage.declined")

    def selectors(self, stack: str | None = None) -> str:
        """The words that make a following command mean the same project, stack and environment, with a space before."""
        from shlex import quote

        words = [quote(stack)] if stack else []
        for flag, value in (
            ("--env", self.options.env),
            ("--project", self.options.project),
            ("--state", self.options.state),
        ):
            if value:
                words += [flag, quote(value)]
        return "".join(f" {word}" for word in words)
