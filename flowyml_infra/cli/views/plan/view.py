"""Owns the ways a plan can be shown: to people, to programs, in a pull request."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.cli.views.plan.picture import Picture


class Shown(NamedTuple):
    """A plan to be shown; each view asks only for the form that it needs.

    Attributes:
        picture: Makes what people see.
        document: Makes the contracted document.
        follow_up: What to do next, or empty.
        sentence: All there is to say to people, where one sentence is.
    """

    picture: Callable[[], Picture]
    document: Callable[[], Mapping[str, object]]
    follow_up: str = ""
    sentence: str | None = None


class PlanView(View):
    """Shows a plan."""

    @abstractmethod
    def show(self, shown: Shown) -> None:
        """Show it."""


class PlanHuman(PlanView):
    """As text on the terminal."""

    def show(self, shown: Shown) -> None:
        """Show blocks, verdict and summary, and what to do next."""
        session = self.session
        if shown.sentence is not None:
            session.terminal.say(shown.sentence)
            return
        from flowyml_infra.cli.views.plan.human import render_plan

        picture = shown.picture()
        session.terminal.say(render_plan(picture, session.terminal, verbose=session.options.verbose))
        if shown.follow_up and not picture.empty:
            session.advise(f"\n{shown.follow_up}")


class PlanJson(PlanView):
    """As the contracted document."""

    def show(self, shown: Shown) -> None:
        """Write the document."""
        from flowyml_infra.cli.views.document import write_document

        write_document(self.session.terminal, shown.document())


class PlanMarkdown(PlanView):
    """As Markdown for a pull request."""

    def show(self, shown: Shown) -> None:
        """Write the text."""
        from flowyml_infra.cli.views.plan.markdown import render_markdown

        self.session.terminal.say(render_markdown(shown.picture()))
