"""Owns the asking of clouds for the ids that they made up, of things that an earlier creation may have made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pulumi

from flowyml_infra.apply.engines.pulumi.failures import explained
from flowyml_infra.apply.engines.pulumi.programs import finder_of, make_sought
from flowyml_infra.apply.engines.pulumi.registering import Registrar, place_of
from flowyml_infra.apply.engines.pulumi.urns import part_of, root_urn
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


_DONE: Final = "everything that was asked for is known"


class Missing(NamedTuple):
    """Something that may be there: its URN, type, inputs, creation id, and the URN of its provider."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    creation: str
    provider: str


def seek(workspace: Workspace, missing: Sequence[Missing]) -> dict[str, list[str]]:
    """The ids that each of ``missing`` may have, by URN; nothing for what is not there.

    Of a type that nobody can find there is no entry.

    Raises:
        EngineError: The cloud cannot be asked.
    """
    wanted = [item for item in missing if finder_of(item.type) is not None]
    found: dict[str, list[str]] = {}
    if not wanted:
        return found

    async def ask() -> None:
        registrar = Registrar(lambda: None, str, preview=True)
        for item in wanted:
            options = pulumi.InvokeOptions(provider=registrar.provider(*place_of(item.provider)))
            finder = finder_of(item.type)
            sought = make_sought(item.type, part_of(item.urn), item.creation, item.inputs)
            found[item.urn] = await finder(sought, options) if finder is not None else []
        # One that ended well would stand for a stack in which there is nothing.
        raise pulumi.RunError(_DONE)

    try:
        with explained():
            workspace.stack.preview(program=ask, target=[root_urn(workspace.name)], suppress_outputs=True)
    except EngineError:
        if len(found) < len(wanted):
            raise
    return found
