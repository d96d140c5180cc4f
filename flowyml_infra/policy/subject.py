"""Owns what policies judge: one stack in one environment, its image, its planned changes and the facts about them.

Everything a rule may look at is in here; a rule that reads anything else could not be replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from flowyml_infra.plan.changes import Create, Delete, Forget, Import, NoOp, Replace, Update
from flowyml_infra.resolution.builtin import BUILTIN_SOURCE, BUILTIN_STACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Action, Change
    from flowyml_infra.plan.plan import Plan
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.values import Value


@dataclass(frozen=True, slots=True)
class Facts:
    """What collectors found out about the world before the evaluation.

    Attributes:
        image_labels: The labels of images by reference, as the definition writes it. An image that is not in here was
            not looked at, which is different from one without labels.
    """

    image_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


NO_FACTS = Facts()
"""Nothing was collected."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One change that would be made; unchanged resources are not listed.

    Attributes:
        address: Where.
        action: What would be done.
        after: The properties afterwards, possibly with unknowns and secrets; empty when nothing is left.
    """

    address: Address
    action: Action
    after: Mapping[str, Value]

    @property
    def kind(self) -> str:
        """``provider.kind``, as in the catalogue."""
        return f"{self.address.provider}.{self.address.kind}"


@dataclass(frozen=True, slots=True)
class PolicySubject:
    """What is judged.

    Attributes:
        stack: The stack's name.
        environment: The environment's name.
        labels: ``metadata.labels``.
        image: The image that steps would run in, or None.
        changes: What an apply would do; empty for a pipeline run.
        image_labels: The labels of ``image``; None when they were not collected.
        destroys: Everything would be removed, so nothing would run afterwards.
        builtin: The stack is the built-in one, which nobody declared.
    """

    stack: str
    environment: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None
    changes: tuple[PlannedChange, ...] = ()
    image_labels: Mapping[str, str] | None = None
    destroys: bool = False
    builtin: bool = False


def subject_of_plan(plan: Plan, facts: Facts = NO_FACTS) -> PolicySubject:
    """What a policy judges when ``plan`` is to be applied."""
    compiled = plan.compiled
    return PolicySubject(
        stack=compiled.name,
        environment=compiled.environment,
        labels=compiled.labels,
        image=compiled.image,
        changes=tuple(planned for change in plan.changes if (planned := _planned(change)) is not None),
        image_labels=_labels(compiled.image, facts),
        destroys=plan.options.destroy,
        builtin=_is_builtin(compiled),
    )


def subject_of_run(compiled: Compiled, image: str | None = None, facts: Facts = NO_FACTS) -> PolicySubject:
    """What a policy judges before a pipeline runs on ``compiled``, in ``image`` when that overrides the stack's."""
    effective = compiled.image if image is None else image
    return PolicySubject(
        stack=compiled.name,
        environment=compiled.environment,
        labels=compiled.labels,
        image=effective,
        image_labels=_labels(effective, facts),
        builtin=_is_builtin(compiled),
    )


def _labels(image: str | None, facts: Facts) -> Mapping[str, str] | None:
    return None if image is None else facts.image_labels.get(image)


def _is_builtin(compiled: Compiled) -> bool:
    return (compiled.source, compiled.name, compiled.provider) == (BUILTIN_SOURCE, BUILTIN_STACK, "local")


def _planned(change: Change) -> PlannedChange | None:
    match change:
        case NoOp():
            return None
        case Create() | Update() | Replace() | Import():
            return PlannedChange(change.address, change.action, change.after)
        case Delete() | Forget():
            return PlannedChange(change.address, change.action, {})
        case _:
            assert_never(change)
