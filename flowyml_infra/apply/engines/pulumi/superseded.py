"""Owns what the engine still has to remove of parts that it made anew: each gets a name by which it can be removed.

The engine would remove it itself, but only at the end of a program that ends well, and ours does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def set_apart(workspace: Workspace, components: Collection[str]) -> tuple[Checkpoint, dict[str, set[str]]]:
    """Make parts of their own of what was superseded in ``components``, so that it can be removed like any other part.

    Args:
        workspace: The stack; nothing is under way on it.
        components: The URNs of components.

    Returns:
        The new record, and the URNs of the parts by the component they belong to.

    Raises:
        EngineError: The record cannot be read or written.
    """
    deployment = workspace.exported()
    resources = list(deployment.get("resources") or ())
    taken = {item["urn"] for item in resources}
    names: dict[str, str] = {}
    found: dict[str, set[str]] = {}
    for index, item in enumerate(resources):
        if item.get("delete") and item.get("parent") in components:
            urn = _free(item["urn"], taken)
            # What it stands on is before it in the record, superseded as well or still in use.
            resources[index] = _named(item, urn, names)
            names[item["urn"]] = urn
            taken.add(urn)
            found.setdefault(item["parent"], set()).add(urn)
    if found:
        deployment = {**deployment, "resources": resources}
        workspace.replace(deployment)
    return Checkpoint.of(deployment), found


def _named(item: Mapping[str, Any], urn: str, names: Mapping[str, str]) -> dict[str, Any]:
    named = {name: value for name, value in item.items() if name != "delete"} | {"urn": urn}
    if item.get("dependencies"):
        named["dependencies"] = [names.get(on, on) for on in item["dependencies"]]
    if item.get("propertyDependencies"):
        by_input = item["propertyDependencies"].items()
        named["propertyDependencies"] = {name: [names.get(on, on) for on in ons or ()] for name, ons in by_input}
    return named


def _free(urn: str, taken: Collection[str]) -> str:
    number = 1
    while f"{urn}-superseded-{number}" in taken:
        number += 1
    return f"{urn}-superseded-{number}"
