"""Owns which steps of a run may begin: those whose needs have succeeded. It carries out nothing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.runtime.wiring import Node


class Schedule:
    """The steps that are left, and those that may begin, in the order of ``nodes``.

    Attributes:
        ready: The names of the steps that may begin; whoever begins one takes it out.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._waiting = {node.name: len(node.needs) for node in nodes}
        self._dependents: dict[str, list[str]] = {}
        for node in nodes:
            for need in node.needs:
                self._dependents.setdefault(need, []).append(node.name)
        self.ready = deque(node.name for node in nodes if not node.needs)

    def succeed(self, name: str) -> None:
        """Let those begin that waited for nothing but ``name``."""
        for dependent in self._dependents.get(name, ()):
            self._waiting[dependent] -= 1
            if self._waiting[dependent] == 0:
                self.ready.append(dependent)

    def fail(self, name: str) -> list[tuple[str, str]]:
        """Give up everything that depends on ``name``: each step's name and the need that it lacks, in order."""
        given_up: list[tuple[str, str]] = []
        failed = deque([name])
        while failed:
            need = failed.popleft()
            for dependent in self._dependents.get(need, ()):
                # Below zero it never becomes ready, and is not given up twice.
                if self._waiting[dependent] > 0:
                    self._waiting[dependent] = -len(self._waiting)
                    given_up.append((dependent, need))
                    failed.append(dependent)
        return given_up
