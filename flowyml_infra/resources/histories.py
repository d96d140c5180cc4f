"""Owns what a definition says about addresses over time: what moved, what is taken over, what is no longer declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.resources.compiled import Adoption, Move, Removal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resources.problems import Path
    from flowyml_infra.resources.scope import Scope
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True, slots=True)
class Histories:
    """``spec.moved``, ``spec.imports`` and ``spec.removed`` of one definition."""

    moved: tuple[Move, ...]
    imports: tuple[Adoption, ...]
    removed: tuple[Removal, ...]

    @classmethod
    def of(cls, definition: StackDefinition, scope: Scope) -> Histories:
        """Read them; an import of nothing declared, and a removal of what is, are problems."""
        return cls(
            tuple(Move(Address(str(e["from"])), Address(str(e["to"]))) for _, e in _entries(definition, "moved")),
            tuple(_imports(definition, scope)),
            tuple(_removals(definition, scope)),
        )


def _imports(definition: StackDefinition, scope: Scope) -> Iterator[Adoption]:
    for path, entry in _entries(definition, "imports"):
        address, id_ = Address(str(entry["to"])), str(entry["id"])
        if address not in scope.kinds:
            hint = did_you_mean(address, scope.kinds) or "declare it under spec.resources"
            summary = f"{address} is to be imported, but is not declared"
            scope.problems.add("graph.dangling", (*path, "to"), summary, hint, address=address)
        elif "$" in id_:
            hint = "write the id out"
            summary = f"the id to import at {address} holds a reference"
            scope.problems.add("definition.value", (*path, "id"), summary, hint, address=address)
        else:
            yield Adoption(address, id_)


def _removals(definition: StackDefinition, scope: Scope) -> Iterator[Removal]:
    for path, entry in _entries(definition, "removed"):
        address = Address(str(entry["from"]))
        if address in scope.kinds:
            hint = "remove the declaration, or this entry"
            summary = f"{address} is said to be removed, but is still declared"
            scope.problems.add("graph.duplicate", (*path, "from"), summary, hint, address=address)
        else:
            yield Removal(address, entry.get("destroy") is not False)


def _entries(definition: StackDefinition, name: str) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    spec = definition.document["spec"]
    section = spec.get(name) if isinstance(spec, dict) else None
    for index, entry in enumerate(section if isinstance(section, list) else []):
        if isinstance(entry, dict):
            yield ("spec", name, index), entry
