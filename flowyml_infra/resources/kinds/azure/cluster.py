"""Owns the kind ``azure.cluster``: a Kubernetes cluster in AKS, reached from inside its network by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import (
    fixed,
    group_property,
    lock_child,
    lock_property,
    machine_property,
    region_property,
    stack_output,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cidr import cidr_problem
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    flag,
    matching,
    name_property,
    number,
    tags_property,
    text,
)
from flowyml_infra.resources.facts import azure
from flowyml_infra.resources.facts import azure_compute as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.transition import Transition, goes_back, skips_minor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flowyml_infra.resources.values import Value

_UPGRADES = "https://learn.microsoft.com/azure/aks/upgrade-aks-cluster"
_PRIVATE = "https://learn.microsoft.com/azure/aks/private-clusters"
_POOLS = "https://learn.microsoft.com/azure/aks/use-system-pools"
_GIVEN = ("principal_id", "principal_type", "role_definition_id")
_NEW = "make a cluster of another name"


def _has(name: str) -> Callable[[Mapping[str, Value]], bool]:
    return lambda properties: bool(properties.get(name))


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    channel = properties.get("upgrade_channel")
    if properties.get("version") is not None and channel in ("stable", "rapid"):
        hint = "set upgrade_channel: patch, or leave version out"
        yield Fault("version", f"is said, and upgrade_channel {channel} goes on to others", hint)


KIND: Final = cloud_kind(
    "azure.cluster",
    "A Kubernetes cluster in AKS.",
    properties=(
        name_property(
            facts.CLUSTER_NAME,
            "The cluster's name.",
            feeds=("cluster.resource_name_", "cluster.dns_prefix", "identity.resource_name_"),
        ),
        region_property("cluster", "identity"),
        subscription_property("cluster"),
        group_property("cluster", "identity"),
        text(
            "version",
            "The version of Kubernetes; without one, the cloud's choice.",
            "cluster.kubernetes_version",
            check=matching(r"1\.\d{2}", 'it reads "1.33", in quotes'),
            transitions=(
                Transition("refuse", goes_back, "cannot go back", "make a new cluster of the older version", _UPGRADES),
                Transition(
                    "refuse", skips_minor, "skips a minor version", "go up one minor version at a time", _UPGRADES
                ),
            ),
        ),
        text(
            "upgrade_channel",
            "How it gets new versions by itself; patch leaves the minor version as it is.",
            "cluster.auto_upgrade_profile",
            default="patch",
            choices=("none", "patch", "stable", "rapid"),
        ),
        stack_output(
            "network",
            "subnet",
            "cluster.agent_pool_profiles.vnet_subnet_id",
            "network_access.scope",
            name="subnet",
            kind="network",
            description="The id of the subnet it is in; without one, it has a network of its own.",
            transitions=(fixed(_NEW, _POOLS),),
        ),
        text(
            "service_cidr",
            "The addresses of its services, which no network may have that it can reach.",
            "cluster.network_profile.service_cidr",
            "cluster.network_profile.dns_service_ip",
            default="172.20.0.0/16",
            check=cidr_problem(12, 28),
        ),
        flag(
            "public_access",
            "Let its API be reached from the internet.",
            "cluster.api_server_access_profile.enable_private_cluster",
            default=False,
            weaker="is on, so its API can be reached from the internet",
            transitions=(fixed(_NEW, _PRIVATE),),
        ),
        machine_property(
            "system_machine_type",
            "The size of the machines for the cluster's own pods; steps run in node pools.",
            "cluster.agent_pool_profiles.vm_size",
            default="Standard_D2s_v5",
            transitions=(fixed(_NEW, _POOLS),),
        ),
        number(
            "system_nodes",
            "How many of them there are.",
            "cluster.agent_pool_profiles.count",
            unit="machines",
            bounds=(1, 20),
            default=1,
        ),
        stack_output(
            "container_registry",
            "id",
            "registry_access.scope",
            name="registry",
            kind="registry",
            description="The id of the registry that its machines may pull images from.",
        ),
        text(
            "disk_encryption_set",
            "The id of the disk encryption set for its disks; without one, the cloud's own keys.",
            "cluster.disk_encryption_set_id",
        ),
        lock_property(),
        tags_property("azure", feeds=("cluster.tags", "identity.tags")),
    ),
    outputs=(
        Output("name", "string", "The cluster's name.", echoes="name"),
        Output("region", "string", "The region.", echoes="region"),
        Output("endpoint", "string", "The host of its API."),
        Output("oidc_issuer", "string", "The URL of what says who its service accounts are."),
        Output("id", "string", "The cluster's id."),
    ),
    children=(
        # It has an identity before there is a cluster, so that it may use the subnet when the cluster is made.
        ChildType("identity", azure.IDENTITY),
        ChildType("network_access", azure.ROLE_ASSIGNMENT, given=_GIVEN, made_if=_has("subnet")),
        ChildType(
            "cluster",
            facts.CLUSTER,
            primary=True,
            stateful=True,
            given=("agent_pool_profiles", "enable_rbac", "identity", "oidc_issuer_profile", "security_profile"),
        ),
        ChildType("registry_access", azure.ROLE_ASSIGNMENT, given=_GIVEN, made_if=_has("registry")),
        lock_child(),
    ),
    stateful=True,
    identity=("name", "resource_group", "subscription_id"),
    check=_check,
)
