"""Owns what every view holds: the invocation it speaks for, and its terminal."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class View(ABC):  # noqa: B024 -- the interfaces below it have the abstract methods
    """One way of showing what a command found; each command has an interface below this, and a view per form."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.terminal = session.terminal
