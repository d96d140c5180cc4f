"""Owns the kind ``azure.network``: a virtual network with a subnet for machines, one for databases, and a way out."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import group_property, region_property, subscription_property
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cidr import cidr_problem
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, tags_property, text
from flowyml_infra.resources.facts import azure_network as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.transition import Transition, changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_RESIZING = "https://learn.microsoft.com/azure/virtual-network/manage-virtual-network"
_SUBNETS = "https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-subnet"
_IN_USE = Transition("refuse", changes, "cannot change while something is in the subnet", source=_SUBNETS)


def _does_not_grow(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    return not IPv4Network(str(before)).subnet_of(IPv4Network(str(after)))


def _goes_out(properties: Mapping[str, Value]) -> bool:
    return properties.get("internet") is not False


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    ranges = {name: _range(properties.get(name)) for name in ("cidr", "subnet_cidr", "database_cidr")}
    whole, machines, databases = ranges.values()
    for name, part in (("subnet_cidr", machines), ("database_cidr", databases)):
        if whole is not None and part is not None and not part.subnet_of(whole):
            hint = (
                f"take a part of it, for example {next(whole.subnets(new_prefix=max(part.prefixlen, whole.prefixlen)))}"
            )
            yield Fault(name, f"is {part}, which is not in {whole}", hint)
    if machines is not None and databases is not None and machines.overlaps(databases):
        yield Fault("database_cidr", f"is {databases}, and {machines} has some of it", "take another part of cidr")


def _range(value: Value) -> IPv4Network | None:
    return IPv4Network(value) if isinstance(value, str) and cidr_problem(0, 32)(value) is None else None


KIND: Final = cloud_kind(
    "azure.network",
    "A virtual network with a subnet for machines and one for databases.",
    properties=(
        name_property(
            facts.NETWORK_NAME,
            "The network's name.",
            feeds=(
                "network.virtual_network_name",
                "subnet.virtual_network_name",
                "database_subnet.virtual_network_name",
                "firewall.network_security_group_name",
                "address.public_ip_address_name",
                "nat.nat_gateway_name",
            ),
        ),
        region_property("network", "firewall", "address", "nat"),
        subscription_property("network"),
        group_property("network", "subnet", "database_subnet", "firewall", "address", "nat"),
        text(
            "cidr",
            "Its addresses; they can grow, and nothing else.",
            "network.address_space",
            default="10.0.0.0/16",
            check=cidr_problem(8, 28),
            transitions=(Transition("replace", _does_not_grow, "does not grow", source=_RESIZING),),
        ),
        text(
            "subnet_cidr",
            "The part of them that machines are in.",
            "subnet.address_prefix",
            default="10.0.0.0/20",
            check=cidr_problem(8, 29),
            transitions=(_IN_USE,),
        ),
        text(
            "database_cidr",
            "The part of them that databases are in, and nothing else may be.",
            "database_subnet.address_prefix",
            default="10.0.16.0/24",
            # https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private
            check=cidr_problem(8, 28),
            transitions=(_IN_USE,),
        ),
        flag(
            "internet",
            "Let what is in it reach the internet, through one address; nothing gets in.",
            "nat.public_ip_addresses",
            "subnet.nat_gateway",
            default=True,
        ),
        tags_property("azure", feeds=("network.tags", "firewall.tags", "address.tags", "nat.tags")),
    ),
    outputs=(
        Output("network", "string", "The network's id."),
        Output("subnet", "string", "The id of the subnet for machines."),
        Output("database_subnet", "string", "The id of the subnet for databases."),
        Output("cidr", "string", "Its addresses.", echoes="cidr"),
        Output("name", "string", "The network's name.", echoes="name"),
        Output("id", "string", "The network's id."),
    ),
    children=(
        ChildType("network", facts.NETWORK, primary=True),
        ChildType("firewall", facts.FIREWALL),
        ChildType("address", facts.ADDRESS, given=("sku",), made_if=_goes_out),
        ChildType("nat", facts.NAT_GATEWAY, given=("sku",), made_if=_goes_out),
        ChildType("subnet", facts.SUBNET, given=("subnet_name", "network_security_group")),
        ChildType("database_subnet", facts.SUBNET, given=("subnet_name", "delegations")),
    ),
    identity=("name", "resource_group", "subscription_id"),
    located_by="name",
    check=_check,
)
