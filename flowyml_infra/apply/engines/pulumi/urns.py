"""Owns the URNs by which the engine knows things, and the names in them.

A component is called ``NAME.N``: the name in its address and the first number that is free. Its children are called the
same, or ``NAME.N-PART``. Names in addresses have no dots, so no component's pattern fits the child of another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.address import Address
from flowyml_infra.apply.engines.pulumi.backends import PROJECT

_COMPONENT: Final = re.compile(r"^([^.]+\.\d+)-.*$")

if TYPE_CHECKING:
    from collections.abc import Collection


def component_urn(stack: str, type_: str, name: str) -> str:
    """The URN of a component."""
    return f"urn:pulumi:{stack}::{PROJECT}::{type_}::{name}"


def root_urn(stack: str) -> str:
    """The URN of the stack itself: as a target, it keeps everything else out."""
    return f"urn:pulumi:{stack}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack}"


def provider_urn(stack: str, cloud: str, name: str) -> str:
    """The URN of a provider."""
    return f"urn:pulumi:{stack}::{PROJECT}::pulumi:providers:{cloud}::{name}"


def targets_of(component: str) -> list[str]:
    """The component and patterns for all that belongs to it."""
    head, _, name = component.rpartition("::")
    return [component, f"{head}$**::{name}", f"{head}$**::{name}-*"]


def component_name(child: str) -> str:
    """The name of the component that the thing with this URN belongs to."""
    return _COMPONENT.sub(r"\1", name_of(child))


def part_of(child: str) -> str:
    """What the thing with this URN is called behind the name of its component; empty for the primary."""
    return name_of(child)[len(component_name(child)) + 1 :]


def address_of(component: str) -> Address:
    """The address of the resource that a component stands for, as it was when the component was named."""
    _, provider, kind = component.split("::")[2].split(":")
    return Address(f"{provider}.{kind}.{name_of(component).rpartition('.')[0]}")


def name_of(urn: str) -> str:
    """The name at the end of a URN."""
    return urn.rpartition("::")[2]


def free_name(address: Address, taken: Collection[str]) -> str:
    """The first name for a component at ``address`` that is not taken."""
    number = 1
    while f"{address.name}.{number}" in taken:
        number += 1
    return f"{address.name}.{number}"
