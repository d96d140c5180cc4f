"""Owns one thing that is asked of the engine, and the answer to it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import Made
    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.values import Value


@dataclass(eq=False, slots=True)
class Job:
    """A resource that is to be as it is described.

    Attributes:
        address: Its address.
        kind: Its kind.
        name: What the engine calls its component.
        creation_id: What marks it.
        values: Its properties; in a preview some are unknown.
        provider: The URN of the provider that makes it.
        answer: Gets what was made, or the failure.
    """

    address: Address
    kind: Kind
    name: str
    creation_id: str
    values: Mapping[str, Value]
    provider: str
    answer: Future[Made] = field(default_factory=Future)

    @property
    def type(self) -> str:
        """The type of its component."""
        return component_type(self.kind)


def component_type(kind: Kind) -> str:
    """The type of the component that stands for a resource of ``kind``."""
    return f"flowyml:{kind.provider}:{kind.name}"


@dataclass(eq=False, slots=True)
class Removal:
    """A resource, or a part of one, that is to be gone.

    Attributes:
        address: Its address.
        urns: What has to be off the record afterwards: its component, or parts that it has no more.
        targets: What the engine may touch for that.
        component: The component whose superseded parts are to be gone as well, or None.
        answer: Gets None once it is gone, or the failure.
    """

    address: Address
    urns: set[str]
    targets: set[str]
    component: str | None = None
    answer: Future[None] = field(default_factory=Future)
