"""Owns the stacks of a project as a whole: which there are, and the order that their references ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.errors import GraphError, InfraError
from flowyml_infra.resolution.builtin import BUILTIN_SOURCE
from flowyml_infra.resources.values import StackReference, leaves

if TYPE_CHECKING:
    from flowyml_infra.project.facade import Project
    from flowyml_infra.resources.compiled import Compiled


@dataclass(frozen=True, slots=True)
class Member:
    """One stack of a project.

    Attributes:
        name: Its name.
        needs: The other stacks of the project whose outputs it refers to.
        error: What is wrong with its definition, or None.
    """

    name: str
    needs: frozenset[str] = frozenset()
    error: InfraError | None = None


def members(project: Project, env: str | None = None) -> list[Member]:
    """Every stack that the project declares or registered, each after those it needs, otherwise by name.

    Raises:
        GraphError: Stacks need each other in a circle.
    """
    found: dict[str, Member] = {}
    # A registry may hold stacks by the hundred that are not this project's to apply.
    for listed in project.resolver().list_with_remarks(remote=False)[0]:
        try:
            compiled = project.compile(listed.name, env, force_env=env is not None)
        except InfraError as error:
            found[listed.name] = Member(listed.name, error=error)
            continue
        if compiled.source != BUILTIN_SOURCE:
            found[listed.name] = Member(listed.name, _needs(compiled))
    return _ordered(found)


def _needs(compiled: Compiled) -> frozenset[str]:
    values = [*(spec.properties for spec in compiled.graph.specs.values()), *compiled.outputs.values()]
    found = (leaf for value in values for _, leaf in leaves(value))
    return frozenset(leaf.stack for leaf in found if isinstance(leaf, StackReference)) - {compiled.name}


def _ordered(found: dict[str, Member]) -> list[Member]:
    waiting = dict(sorted(found.items()))
    order: list[Member] = []
    while waiting:
        ready = next((item for item in waiting.values() if waiting.keys().isdisjoint(item.needs)), None)
        if ready is None:
            raise GraphError(
                f"the stacks {', '.join(waiting)} need each other's outputs in a circle",
                code="graph.cycle",
                hint="write one of the values out",
            )
        order.append(waiting.pop(ready.name))
    return order
