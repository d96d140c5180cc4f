"""Owns how what concerns the state database as a whole is shown."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence


class GrantsView(View):
    """Shows the statements that grant rights."""

    @abstractmethod
    def show(self, statements: Sequence[str]) -> None:
        """Show them."""


class GrantsHuman(GrantsView):
    """As a script."""

    def show(self, statements: Sequence[str]) -> None:
        """One line each."""
        for statement in statements:
            self.terminal.say(statement)


class GrantsJson(GrantsView):
    """As a document."""

    def show(self, statements: Sequence[str]) -> None:
        """``{"statements"}``."""
        write_document(self.terminal, {"statements": list(statements)})
