"""Owns the table of the kinds that this version has, and the looking up in it; a kind itself is a module in ``kinds``.

A new kind is one module there and one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import GraphError
from flowyml_infra.resources.kinds import local_directory, local_oci_registry, local_sqlite

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.resources.kind import Kind

_MODULES = (
    local_directory,
    local_oci_registry,
    local_sqlite,
)

KINDS: dict[str, Kind] = {module.KIND.id: module.KIND for module in _MODULES}
"""Kind by ``provider.name``."""


def kind(provider: str, name: str) -> Kind:
    """The kind ``provider.name``.

    Raises:
        GraphError: This version has none of that name; the hint names the closest, or those there are.
    """
    found = KINDS.get(f"{provider}.{name}")
    if found is None:
        raise unavailable(provider, name)
    return found


def find_kind(address: Address) -> Kind:
    """The kind of what is at ``address``.

    Raises:
        GraphError: This version has no such kind.
    """
    found = KINDS.get(address[: address.rindex(".")])
    if found is None:
        error = unavailable(address.provider, address.kind)
        error.address = address
        raise error
    return found


def unavailable(provider: str, name: str) -> GraphError:
    """The error that this version has no kind ``provider.name``."""
    wanted = f"{provider}.{name}"
    # Two kinds are taken for a slip of the pen only under one provider: aws.registry does not mean local.registry.
    hint = did_you_mean(wanted, (known for known in KINDS if known.startswith(f"{provider}.")))
    elsewhere = [known.provider for known in KINDS.values() if known.name == name]
    if hint is None and elsewhere:
        hint = f"{elsewhere[0]} has it: set `provider: {elsewhere[0]}` if that is meant"
    return GraphError(
        f"kind {wanted} is not available in this version",
        code="kind.unavailable",
        hint=hint or f"this version has {', '.join(sorted(KINDS))}",
    )
