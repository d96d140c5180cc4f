"""Owns the facts about Azure's types for networks; see ``facts.azure``."""

from __future__ import annotations

from flowyml_infra.resources.facts.type_facts import TypeFacts
from flowyml_infra.resources.naming import NameRule

_FORCED = "pulumi-azure-native provider/pkg/gen/replacement.go"
_SPECS = "https://github.com/Azure/azure-rest-api-specs"

NETWORK_NAME = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]",
    64,
    2,
    "letters, digits, _, dots and hyphens, a letter or digit first and no dot or hyphen last",
    scope="the resource group",
)

NETWORK = TypeFacts(
    "azure-native:network:VirtualNetwork",
    "pulumi_azure_native.network.VirtualNetwork",
    required=("resource_group_name", "address_space", "location"),
    replaces=("virtual_network_name", "resource_group_name", "location"),
    refused=("address_space",),
    in_place=("subnets", "dhcp_options", "encryption", "tags"),
    name_input="virtual_network_name",
    name=NETWORK_NAME,
    create_minutes=0.2,
    source=_FORCED,
)
SUBNET = TypeFacts(
    "azure-native:network:Subnet",
    "pulumi_azure_native.network.Subnet",
    required=("resource_group_name", "virtual_network_name", "address_prefix"),
    replaces=("subnet_name", "virtual_network_name", "resource_group_name"),
    refused=("address_prefix", "address_prefixes", "delegations", "default_outbound_access"),
    in_place=("network_security_group", "nat_gateway", "route_table", "service_endpoints"),
    name_input="subnet_name",
    create_minutes=0.2,
    source=_FORCED,
)
FIREWALL = TypeFacts(
    "azure-native:network:NetworkSecurityGroup",
    "pulumi_azure_native.network.NetworkSecurityGroup",
    required=("resource_group_name", "location"),
    replaces=("network_security_group_name", "resource_group_name"),
    refused=("location",),
    in_place=("security_rules", "tags"),
    name_input="network_security_group_name",
    source=f"{_SPECS} network/resource-manager/Microsoft.Network networkSecurityGroup.json",
)
ADDRESS = TypeFacts(
    "azure-native:network:PublicIPAddress",
    "pulumi_azure_native.network.PublicIPAddress",
    required=("resource_group_name", "location", "sku"),
    replaces=("public_ip_address_name", "resource_group_name", "location", "sku", "public_ip_prefix"),
    in_place=("idle_timeout_in_minutes", "dns_settings", "tags"),
    name_input="public_ip_address_name",
    source=_FORCED,
)
NAT_GATEWAY = TypeFacts(
    "azure-native:network:NatGateway",
    "pulumi_azure_native.network.NatGateway",
    required=("resource_group_name", "location", "sku"),
    replaces=("nat_gateway_name", "resource_group_name"),
    refused=("location", "sku", "zones"),
    in_place=("public_ip_addresses", "idle_timeout_in_minutes", "tags"),
    name_input="nat_gateway_name",
    create_minutes=0.3,
    source=f"{_SPECS} network/resource-manager/Microsoft.Network natGateway.json",
)
ZONE = TypeFacts(
    "azure-native:privatedns:PrivateZone",
    "pulumi_azure_native.privatedns.PrivateZone",
    required=("resource_group_name", "location"),
    replaces=("private_zone_name", "resource_group_name"),
    in_place=("tags",),
    name_input="private_zone_name",
    create_minutes=0.5,
    source=f"{_SPECS} privatedns/resource-manager/Microsoft.Network privatedns.json",
)
ZONE_LINK = TypeFacts(
    "azure-native:privatedns:VirtualNetworkLink",
    "pulumi_azure_native.privatedns.VirtualNetworkLink",
    required=("private_zone_name", "resource_group_name", "virtual_network", "location"),
    replaces=("virtual_network_link_name", "private_zone_name", "resource_group_name"),
    refused=("virtual_network",),
    in_place=("registration_enabled", "resolution_policy", "tags"),
    create_minutes=0.5,
    source=f"{_SPECS} privatedns/resource-manager/Microsoft.Network privatedns.json",
)
