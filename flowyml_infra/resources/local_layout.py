"""Owns how the places of local resources lie to each other: what contains what, and what is in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resources.local_paths import enclosing_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.resources.declarations import Declaration
    from flowyml_infra.resources.problems import Problems
    from flowyml_infra.resources.values import Value

_FILES = frozenset({"sqlite"})


def enclosures(
    resources: Iterable[tuple[Declaration, Mapping[str, Value]]], problems: Problems
) -> dict[Address, Address]:
    """The resource whose folder each local resource is in, where there is one: it has to be made first.

    Two resources in one place, and a resource inside of a file, are problems.
    """
    places: dict[str, Declaration] = {}
    for declaration, properties in resources:
        path = properties.get("path")
        if declaration.kind.provider != "local" or not isinstance(path, str):
            continue
        other = places.setdefault(path, declaration)
        if other is not declaration:
            problems.add(
                "graph.same_place",
                declaration.place("path"),
                f"{declaration.address} is at {path}, where {other.address} is too",
                "give one of them another path",
                address=declaration.address,
            )
    return _edges(places, problems)


def _edges(places: Mapping[str, Declaration], problems: Problems) -> dict[Address, Address]:
    edges: dict[Address, Address] = {}
    for path, declaration in places.items():
        around = next((places[folder] for folder in enclosing_paths(path) if folder in places), None)
        if around is None:
            continue
        if around.kind.name in _FILES:
            summary = f"{declaration.address} is at {path}, inside of {around.address}, which is a file"
            hint = "choose a path outside of it"
            problems.add("graph.same_place", declaration.place("path"), summary, hint, address=declaration.address)
        edges[declaration.address] = around.address
    return edges
