"""Owns the table of the kinds that this version has, and the looking up in it; a kind itself is a module in ``kinds``.

A new kind is one module there and one name here. A kind is loaded when it is first looked up.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import GraphError

if TYPE_CHECKING:
    from flowyml_infra.address import Address
    from flowyml_infra.resources.kind import Kind

NAMES: dict[str, tuple[str, ...]] = {
    "local": ("directory", "oci_registry", "sqlite"),
    "aws": (
        "batch_queue",
        "bucket",
        "cluster",
        "database",
        "identity",
        "key",
        "network",
        "node_group",
        "registry",
        "secret",
    ),
    "gcp": (
        "bucket",
        "cluster",
        "database",
        "identity",
        "key",
        "network",
        "node_pool",
        "registry",
        "secret",
        "vertex",
    ),
    "azure": (
        "cluster",
        "database",
        "identity",
        "ml_compute",
        "ml_workspace",
        "network",
        "node_pool",
        "registry",
        "resource_group",
        "secret",
        "storage",
        "vault",
    ),
    "kubernetes": (
        "database",
        "mlflow",
        "namespace",
        "network_policy",
        "object_store",
        "quota",
        "registry_secret",
        "secret",
        "service_account",
        "volume",
    ),
}
"""The names of the kinds by provider."""

KINDS: dict[str, Kind] = {}
"""The kinds loaded so far, by ``provider.name``."""


def kind(provider: str, name: str) -> Kind:
    """The kind ``provider.name``.

    Raises:
        GraphError: This version has none of that name; the hint names the closest, or those there are.
    """
    found = KINDS.get(f"{provider}.{name}") or _load(provider, name)
    if found is None:
        raise unavailable(provider, name)
    return found


def find_kind(address: Address) -> Kind:
    """The kind of what is at ``address``.

    Raises:
        GraphError: This version has no such kind.
    """
    found = KINDS.get(address[: address.rindex(".")]) or _load(address.provider, address.kind)
    if found is None:
        error = unavailable(address.provider, address.kind)
        error.address = address
        raise error
    return found


def every_kind() -> list[Kind]:
    """Every kind, loaded, by provider and name."""
    return [kind(provider, name) for provider, names in NAMES.items() for name in names]


def kind_ids() -> list[str]:
    """``provider.name`` of every kind, sorted."""
    return sorted({f"{provider}.{name}" for provider, names in NAMES.items() for name in names} | set(KINDS))


def unavailable(provider: str, name: str) -> GraphError:
    """The error that this version has no kind ``provider.name``."""
    wanted, known = f"{provider}.{name}", kind_ids()
    # Two kinds are taken for a slip of the pen only under one provider: aws.registry does not mean local.registry.
    same = [item for item in known if item.startswith(f"{provider}.")]
    # The provider is left out of the comparison: it would make all its kinds look alike.
    hint = did_you_mean(name, (item.partition(".")[2] for item in same))
    if hint is not None:
        hint = hint.replace("'", f"'{provider}.", 1)
    elsewhere = [item.partition(".")[0] for item in known if item.partition(".")[2] == name]
    if hint is None and elsewhere and same:
        hint = f"{elsewhere[0]} has it: set `provider: {elsewhere[0]}` if that is meant"
    return GraphError(
        f"kind {wanted} is not available in this version",
        code="kind.unavailable",
        hint=hint or f"this version has {', '.join(same or known)}",
    )


def _load(provider: str, name: str) -> Kind | None:
    if name not in NAMES.get(provider, ()):
        return None
    module = import_module(f"flowyml_infra.resources.kinds.{provider}.{name}")
    found: Kind = module.KIND
    KINDS[found.id] = found
    return found
