"""Owns what a resolution yields: the definition, and how it was come by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.definition.stack_definition import StackDefinition


@dataclass(frozen=True, slots=True)
class Step:
    """One place that was asked which stack to use.

    Attributes:
        place: The place: ``argument``, ``environment``, ``FLOWYML_STACK``, …
        answer: What it said, or None when it said nothing.
        why: A sentence for people.
    """

    place: str
    answer: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """A definition and how it was come by.

    Attributes:
        definition: The definition.
        environment: The environment's name.
        where: The source that gave the definition.
        steps: The places asked, in order; the last one answered.
        config: The project's flowyml.yaml, or its defaults.
        trail: The sources searched, in order, and what was done about remote ones.
    """

    definition: StackDefinition
    environment: str
    where: str
    steps: tuple[Step, ...]
    config: ProjectConfig
    trail: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedStack:
    """One line of the list of stacks.

    Attributes:
        name: Its name.
        source: Where it is found.
        version: Its version, or None.
        active: It is used when no stack is named.
    """

    name: str
    source: str
    version: str | None
    active: bool
