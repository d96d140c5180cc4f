"""Owns the putting of providers on Pulumi's record, for what is looked up before anything is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.apply.engines.pulumi.failures import explained
from flowyml_infra.apply.engines.pulumi.registering import Registrar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace


def provide(
    workspace: Workspace, record: Checkpoint, places: Mapping[str, tuple[str, str]], derive: Callable[[str], str]
) -> Checkpoint:
    """The record with the providers of ``places`` on it: cloud and place by the provider's URN.

    Raises:
        EngineError: A cloud does not let us in.
    """
    missing = {urn: place for urn, place in places.items() if urn not in record.resources}
    if not missing:
        return record

    async def register() -> None:
        registrar = Registrar(lambda: None, derive, preview=False)
        for cloud, place in missing.values():
            await registrar.provider(cloud, place).id.future()

    with explained():
        workspace.stack.up(program=register, target=sorted(missing), suppress_outputs=True)
    return workspace.checkpoint()
