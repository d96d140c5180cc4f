"""Owns what a caller holds after planning: the plan, what policy says about it, and how both are shown and saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import PartStep
    from flowyml_infra.plan.changes import Change, Summary
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.project.request import Request
    from flowyml_infra.project.surroundings import Outside
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and its judgement.

    Attributes:
        plan: The plan.
        decision: What the policies in force say about it.
        request: What it was asked for by.
        outside: Where its values from outside come from.
        saved_in: The file it was read from, or None.
        preview: What the engines would do with the parts of each resource, where they were asked.
    """

    plan: Plan
    decision: Decision
    request: Request
    outside: Outside
    saved_in: Path | None = None
    preview: Mapping[Address, Sequence[PartStep]] | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, in order."""
        return self.plan.changes

    @property
    def summary(self) -> Summary:
        """The number of changes by action."""
        return self.plan.summary

    @property
    def policy(self) -> Decision:
        """What the policies say."""
        return self.decision

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.plan.empty

    def to_json(self) -> dict[str, Json]:
        """The contracted plan document."""
        from flowyml_infra.plan.document import plan_document

        document = plan_document(self.plan, self.decision.to_json(), self.decision.cost)
        if self.request.rollback is not None:
            document["rollback"] = dict(self.request.rollback._asdict())
        return document if self.preview is None else {**document, "preview": _preview_document(self.preview)}

    def save(self, path: str | Path) -> Path:
        """Write a saved plan to ``path``, readable by its owner alone, and return the path.

        Raises:
            OSError: The file cannot be written.
        """
        from pathlib import Path as FilePath

        from flowyml_infra.project.saving import write_plan

        target = FilePath(path)
        write_plan(self, target)
        return target


def _preview_document(preview: Mapping[Address, Sequence[PartStep]]) -> dict[str, Json]:
    return {
        str(address): [
            {"operation": step.operation, "type": step.type, "name": step.name, "changed": list(step.changed)}
            for step in steps
        ]
        for address, steps in preview.items()
    }
