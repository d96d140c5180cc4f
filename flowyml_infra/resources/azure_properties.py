"""Owns what kinds on Azure have in common: where they are, the lock that keeps them, keys and sizes of machines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import (
    component_output,
    matching,
    one_of,
    place_property,
    protection_property,
    text,
)
from flowyml_infra.resources.derivation import FromKind, FromLocation
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.kind import Fault
from flowyml_infra.resources.places.azure import REGIONS, region_name
from flowyml_infra.resources.places.azure_machines import machine_doubt, machine_name, machine_problem
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import Transition, changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from flowyml_infra.resources.property import Doubt
    from flowyml_infra.resources.values import Json, Value

_KEY = matching(
    r"https://[\w-]+\.(vault|managedhsm)\.[\w.]+/keys/[\w-]+(/\w+)?", "it reads https://VAULT.vault.azure.net/keys/NAME"
)


def region_property(*children: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """The property that says which region ``children`` are in; ``West Europe`` and ``westeurope`` are one."""
    item = place_property(
        "region",
        "The region, for example westeurope.",
        feeds=tuple(f"{child}.location" for child in children),
        normalise=lambda value: region_name(str(value)),
        **rest,
    )
    return replace(item, doubt=_region_doubt)


def subscription_property(primary: str, *feeds: str) -> Property:
    """The property that says whose it is; it is part of the path of what is in a resource group."""
    return place_property("subscription_id", "The subscription.", feeds=(f"{primary}.resource_group_name", *feeds))


def group_property(*children: str, also: tuple[str, ...] = ()) -> Property:
    """The property that says which resource group ``children`` are in: the stack's own one, else that of its place."""
    return Property(
        "resource_group",
        "string",
        "The resource group it is in.",
        required=True,
        check=lambda value: azure.GROUP_NAME.problem(str(value)),
        derived=FromKind("resource_group", "name", otherwise=FromLocation("resource_group")),
        feeds=(*(f"{child}.resource_group_name" for child in children), *also),
        public=True,
    )


def stack_output(
    component: str,
    output: str,
    *feeds: str,
    name: str,
    kind: str,
    description: str,
    **rest: Any,  # noqa: ANN401 - the fields of Property
) -> Property:
    """A property that, left out, is an output of another component of the stack; an empty text keeps it from being."""
    return component_output(
        component,
        output,
        *feeds,
        name=name,
        kind=kind,
        description=description,
        normalise=lambda value: value or None,
        **rest,
    )


def lock_property() -> Property:
    """The property that puts a lock on it; Azure keeps what has one, whatever the type."""
    return protection_property("Lock it, so that Azure refuses to delete it and what is in it.", feeds=("lock.level",))


def lock_child() -> ChildType:
    """The lock that :func:`lock_property` asks for."""
    return ChildType(
        "lock",
        azure.LOCK,
        given=("scope",),
        made_if=lambda properties: properties.get("deletion_protection") is True,
    )


def _is_locked(before: Json, after: Json, wanted: Mapping[str, Value]) -> bool:
    return before != after and wanted.get("deletion_protection") is True


LOCKED: Final = Transition(
    "refuse",
    _is_locked,
    "cannot change while deletion_protection is on, as what is in a locked thing cannot be deleted either",
    "set deletion_protection: false, and apply that first",
    "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
)
"""The refusal of what replaces a part of a locked thing: locks are inherited."""


def key_properties(child: str, encryption: str, **rest: Any) -> tuple[Property, Property]:  # noqa: ANN401 - the fields of Property
    """The properties that name a key of one's own and who may use it; :func:`key_faults` goes with them."""
    return (
        text(
            "kms_key",
            "The URL of the key that encrypts it; without one, the cloud's own does.",
            f"{child}.{encryption}",
            check=_KEY,
            **rest,
        ),
        text(
            "key_identity",
            "The id of the identity that may use the key.",
            f"{child}.{encryption}",
            f"{child}.identity",
        ),
    )


def key_faults(properties: Mapping[str, Value]) -> Iterable[Fault]:
    """The faults of a key without an identity, and of an identity without a key."""
    key, identity = properties.get("kms_key"), properties.get("key_identity")
    if key and not identity:
        yield Fault("kms_key", "names a key that nobody may use", "name an identity that may: key_identity")
    if identity and not key:
        yield Fault("key_identity", "is there without a key", "add kms_key, or leave it out")


def machine_property(name: str, description: str, feed: str, *, default: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """The property that is a size of virtual machine."""
    return text(
        name,
        description,
        feed,
        default=default,
        check=machine_problem,
        doubt=machine_doubt,
        normalise=machine_name,
        **rest,
    )


def is_switched(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a value appears where there was none, or the other way round."""
    return (before in (None, "")) != (after in (None, ""))


def fixed(hint: str, source: str) -> Transition:
    """The refusal of any change, for what Azure takes at creation alone."""
    return Transition("refuse", changes, "can only be chosen when it is made", hint, source)


def renewed(source: str) -> Transition:
    """A new resource for any change, for what Azure takes at creation alone and what keeps no data."""
    return Transition("replace", changes, "can only be chosen when it is made", source=source)


def _region_doubt(value: Json) -> Doubt | None:
    return one_of(REGIONS)(region_name(value) if isinstance(value, str) else value)
