"""Owns the looking up of things in the world through the engine: they are put on record, and refreshed.

What the world does not have is dropped from the record by that, and so is what carries the mark of another creation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowyml_infra.apply.engines.pulumi.checkpoint import CREATION, Checkpoint
from flowyml_infra.apply.engines.pulumi.failures import explained
from flowyml_infra.apply.engines.pulumi.programs import mark_of, unmarked
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from flowyml_infra.apply.engines.pulumi.workspace import Workspace

    Record = Mapping[str, Any]


class LookedUp(NamedTuple):
    """The record after a look-up, and the URNs of what is there and belongs to something else."""

    record: Checkpoint
    foreign: frozenset[str]


def suspect(urn: str, type_: str, id_: str, inputs: Record, component: str, provider: str) -> dict[str, Any]:
    """The record of something that may be there.

    Args:
        urn: What it is called.
        type_: Its type.
        id_: The id that it would have.
        inputs: What it would be made of; nothing for what is taken as it is found.
        component: The URN of the component that it belongs to.
        provider: The reference to its provider.
    """
    # Some providers read a thing from what they know of it, not by its id. What marks it must come from the world.
    outputs = unmarked(type_, inputs) if inputs else {}
    return {
        "urn": urn,
        "custom": True,
        "id": id_,
        "type": type_,
        "inputs": dict(inputs),
        "outputs": outputs,
        "parent": component,
        "provider": provider,
    }


def look_up(
    workspace: Workspace,
    deployment: Record,
    suspects: Sequence[Record],
    others: Collection[str] = (),
    *,
    takes_over: bool = False,
) -> LookedUp:
    """Make ``deployment`` and those of ``suspects`` that are there and ours the record.

    Args:
        workspace: The stack.
        deployment: The record as it was exported.
        suspects: Records of what may be there, each with the id that it would have.
        others: URNs on record that are to be looked at again as well.
        takes_over: What carries no mark becomes ours.

    Raises:
        EngineError: The cloud cannot be asked; the record is ``deployment`` then.
    """
    workspace.replace({**deployment, "resources": [*(deployment.get("resources") or ()), *suspects]})
    urns = {str(item["urn"]) for item in suspects}
    try:
        with explained():
            workspace.stack.refresh(target=sorted(urns | set(others)), suppress_outputs=True)
    except EngineError:
        workspace.replace(deployment)
        raise
    refreshed = workspace.exported()
    resources = refreshed.get("resources") or []
    foreign = _foreign(resources, urns, takes_over=takes_over)
    if foreign:
        refreshed = {**refreshed, "resources": [item for item in resources if item["urn"] not in foreign]}
        workspace.replace(refreshed)
    return LookedUp(Checkpoint.of(refreshed), foreign)


def _foreign(resources: Iterable[Record], looked_up: Collection[str], *, takes_over: bool) -> frozenset[str]:
    creations = {item["urn"]: (item.get("inputs") or {}).get(CREATION) for item in resources}
    found = {item["urn"]: item for item in resources if item["urn"] in looked_up}
    marks = {urn: mark_of(item["type"], item.get("outputs") or {}) for urn, item in found.items()}
    parents = {urn: item.get("parent") for urn, item in found.items()}
    foreign = {
        urn
        for urn, mark in marks.items()
        if mark is not None and mark != creations.get(parents[urn]) and not (takes_over and not mark)
    }
    # What cannot be marked are settings of what can: of something foreign they are foreign too.
    others = {parents[urn] for urn in foreign}
    return frozenset(foreign | {urn for urn, mark in marks.items() if mark is None and parents[urn] in others})
