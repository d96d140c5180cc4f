"""Owns the kind ``gcp.network``: a network with one subnetwork in a region and, if wanted, a way out."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cidr import cidr_problem
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, place_property, text
from flowyml_infra.resources.facts import gcp_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS
from flowyml_infra.resources.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json, Value


def _does_not_grow(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    old, new = IPv4Network(str(before)), IPv4Network(str(after))
    return not old.subnet_of(new)


def _goes_out(properties: Mapping[str, Value]) -> bool:
    return properties.get("internet") is not False


KIND: Final = cloud_kind(
    "gcp.network",
    "A network with a subnetwork in one region.",
    properties=(
        name_property(facts.NETWORK_NAME, "The network's name.", feeds=("network.name", "subnetwork.name")),
        place_property("region", "The region, for example europe-west1.", known=REGIONS, feeds=("subnetwork.region",)),
        place_property("project_id", "The project.", feeds=("network.project", "subnetwork.project")),
        text(
            "cidr",
            "The addresses of its subnetwork; they can grow, and nothing else.",
            "subnetwork.ip_cidr_range",
            default="10.0.0.0/20",
            check=cidr_problem(8, 28),
            transitions=(
                Transition(
                    "replace",
                    _does_not_grow,
                    "does not grow",
                    source="terraform-provider-google compute/resource_compute_subnetwork.go",
                ),
            ),
        ),
        flag(
            "private_google_access",
            "Let what has no address on the internet reach Google's services.",
            "subnetwork.private_ip_google_access",
            default=True,
        ),
        flag(
            "internet",
            "Let what is in it reach the internet; nothing gets in.",
            "nat.source_subnetwork_ip_ranges_to_nat",
            default=True,
        ),
    ),
    outputs=(
        Output("network", "string", "The network's full name."),
        Output("subnetwork", "string", "The subnetwork's full name."),
        Output("name", "string", "The network's name.", echoes="name"),
        Output("id", "string", "The network's full name."),
    ),
    children=(
        ChildType("network", facts.NETWORK, primary=True, given=("auto_create_subnetworks",)),
        ChildType("subnetwork", facts.SUBNETWORK, given=("network",)),
        ChildType("router", facts.ROUTER, given=("network",), made_if=_goes_out),
        ChildType("nat", facts.ROUTER_NAT, given=("router",), made_if=_goes_out),
    ),
    identity=("name", "project_id"),
    located_by="name",
)
