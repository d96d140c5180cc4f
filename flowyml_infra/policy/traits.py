"""Owns what the properties of kinds mean to policies: which of them open a resource, size it, or keep its data."""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.places.accelerators import accelerators_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.subject import PlannedChange
    from flowyml_infra.resources.values import Value

MACHINES: Final = ("machine_type", "system_machine_type", "size")
"""Machine types and the sizes of database servers; a ``size`` that is a number is a disk."""
NODES: Final = ("max_nodes", "min_nodes", "system_nodes", "replicas")
DISKS: Final = ("disk_size", "storage", "max_storage", "size")
"""In GiB; a ``size`` that is a text is a machine."""
KEYS: Final = ("kms_key", "disk_encryption_set")
OPEN: Final = ("public_access", "anonymous_pull", "public_ips")
"""Flags that let in whoever comes."""
WAYS_IN: Final[dict[str, object]] = {"public_access": True, "public_network": True, "public_ips": True}
WAYS_OUT: Final[dict[str, object]] = {"internet": True, "outbound": "internet"}
ADDRESSES: Final = ("allowed_addresses",)
PERIODS: Final = (
    "backup_days",
    "soft_delete_days",
    "recovery_window",
    "deletion_window",
    "log_days",
    "expire_after_days",
    "noncurrent_expire_after_days",
    "keep_untagged_days",
)
"""Properties that count days for which something is kept."""

_GROUPS: Final = (("machine_type", "max_nodes"), ("system_machine_type", "system_nodes"))
"""Machines, and how many of them there can be at once."""
COUNTED: Final = ("machine_type", "max_nodes", "system_machine_type", "system_nodes", "gpu", "gpu_count")
"""What the number of accelerators depends on."""
_WIDE: Final = 2**16
_EQUIPPED: Final = {
    "aws": re.compile(r"(p|g|trn|inf|dl|f|vt)\d"),
    "gcp": re.compile(r"(a[2-9]|g[2-9]|ct\d)"),
    "azure": re.compile(r"Standard_N", re.IGNORECASE),
}
"""Names of machine types that come with accelerators, by provider."""


def named(change: PlannedChange, names: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    """Those of ``names`` that the kind of ``change`` has as a property of the right sort, with their values."""
    after = change.after
    for name, default in _properties(change.kind, names):
        # What is recorded of an older version may lack a property, which then has its default.
        yield name, after.get(name, default)


@cache
def _properties(kind_id: str, names: tuple[str, ...]) -> tuple[tuple[str, Value], ...]:
    """Those of ``names`` that the kind has, each with its default."""
    provider, _, name = kind_id.partition(".")
    found = [item for item in map(kind(provider, name).property, names) if item is not None]
    sorts = {MACHINES: "string", DISKS: "integer"}
    wanted = sorts.get(names)
    return tuple((item.name, cast("Value", item.default)) for item in found if wanted in (None, item.type))


def is_wide(text: str) -> bool:
    """Whether ``text``, an address, a network or FIRST-LAST, covers more than anybody's own addresses."""
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
            return int(last) - int(first) >= _WIDE
        return ipaddress.ip_network(text.strip(), strict=False).num_addresses >= _WIDE
    except ValueError:
        return True


def accelerators(change: PlannedChange) -> int | None:
    """How many accelerators there can be at once; None when a machine has some and nobody knows how many."""
    if change.kind == "kubernetes.quota":
        limit = change.after.get("gpu")
        return limit if isinstance(limit, int) else 0
    total = 0
    for group in _GROUPS:
        values = dict(named(change, group))
        machine, nodes = (values.get(name) for name in group)
        if isinstance(machine, str):
            each = _each(change, machine)
            if each is None:
                return None
            total += each * (nodes if isinstance(nodes, int) else 1)
    return total


def _each(change: PlannedChange, machine: str) -> int | None:
    provider = change.address.provider
    built_in = accelerators_of(provider, machine)
    if built_in is not None:
        return built_in.number
    attached = change.after.get("gpu_count")
    if change.after.get("gpu") and isinstance(attached, int):
        return attached
    return None if _EQUIPPED[provider].match(machine) else 0
