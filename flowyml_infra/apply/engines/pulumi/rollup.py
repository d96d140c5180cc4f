"""Owns the rolling up of the engine's events to the components they belong to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi.automation import EngineEvent


class StepSeen(NamedTuple):
    """One step of the engine.

    Attributes:
        urn: What it is about.
        type: The type of that.
        operation: Such as ``delete-replaced``.
        inputs: What it would be made of.
        changed: The names of the inputs that change.
    """

    urn: str
    type: str
    operation: str
    inputs: Mapping[str, Any]
    changed: tuple[str, ...] = ()


class Rollup:
    """Hears the events of one run; may be asked from other threads while it runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parents: dict[str, str] = {}
        self._steps: dict[str, list[StepSeen]] = {}
        self._messages: list[tuple[str, str]] = []
        self.failed: set[str] = set()
        """The URNs of things whose step failed."""

    def hear(self, event: EngineEvent) -> None:
        """Note one event."""
        with self._lock:
            if event.resource_pre_event is not None:
                self._note(event.resource_pre_event.metadata)
            elif event.res_op_failed_event is not None:
                self.failed.add(event.res_op_failed_event.metadata.urn)
            elif event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
                found = event.diagnostic_event
                self._messages.append((found.urn or "", _plain(found.message)))

    def _note(self, metadata: Any) -> None:  # noqa: ANN401 - the SDK's StepEventMetadata
        for state in (metadata.new, metadata.old):
            if state is not None and state.parent:
                self._parents[metadata.urn] = state.parent
        operation = str(getattr(metadata.op, "value", metadata.op))
        inputs = dict(metadata.new.inputs or {}) if metadata.new is not None else {}
        changed = tuple(sorted(metadata.diffs or ()))
        step = StepSeen(metadata.urn, metadata.type, operation, inputs, changed)
        self._steps.setdefault(metadata.urn, []).append(step)

    def steps(self, component: str) -> list[StepSeen]:
        """The steps of the component and of what belongs to it."""
        with self._lock:
            return [step for urn, steps in self._steps.items() if self._belongs(urn, component) for step in steps]

    def messages(self, component: str) -> list[str]:
        """The errors that are about the component or what belongs to it."""
        with self._lock:
            return [text for urn, text in self._messages if urn and self._belongs(urn, component)]

    def other_messages(self) -> list[str]:
        """The errors that are about nothing in particular."""
        with self._lock:
            return [text for urn, text in self._messages if not urn or "pulumi:pulumi:Stack" in urn]

    def _belongs(self, urn: str, component: str) -> bool:
        current: str | None = urn
        while current is not None:
            if current == component:
                return True
            current = self._parents.get(current)
        return False


def _plain(text: str) -> str:
    """``text`` without the engine's colour marks."""
    import re

    return re.sub(r"<\{%[^%]*%\}>", "", text).strip()
