"""Owns what every view holds: the invocation it speaks for, and its terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class View:
    """One way of showing what a command found."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.terminal = session.terminal
