"""Owns the kind ``azure.node_pool``: machines of one size that join an AKS cluster."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.azure_properties import (
    group_property,
    machine_property,
    renewed,
    stack_output,
    subscription_property,
)
from flowyml_infra.resources.bounds import nodes_check
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import component_output, flag, name_property, number, pairs, tags_property
from flowyml_infra.resources.facts import azure_compute as facts
from flowyml_infra.resources.kind import Output

_POOLS = "https://learn.microsoft.com/azure/aks/manage-node-pools"
_SPOT = "https://learn.microsoft.com/azure/aks/spot-node-pool"

KIND: Final = cloud_kind(
    "azure.node_pool",
    "Machines of one size that join an AKS cluster.",
    properties=(
        name_property(facts.POOL_NAME, "The pool's name.", feeds=("nodes.agent_pool_name",)),
        component_output(
            "compute",
            "name",
            "nodes.resource_name_",
            name="cluster",
            kind="cluster",
            description="The name of the cluster they join.",
            required=True,
        ),
        subscription_property("nodes"),
        group_property("nodes"),
        machine_property("machine_type", "The size of the machines.", "nodes.vm_size", default="Standard_D4s_v5"),
        number(
            "min_nodes",
            "How many there are at least.",
            "nodes.min_count",
            unit="machines",
            bounds=(0, 1000),
            default=0,
        ),
        number(
            "max_nodes",
            "How many there are at most.",
            "nodes.max_count",
            unit="machines",
            bounds=(1, 1000),
            default=3,
        ),
        number(
            "disk_size",
            "The size of a machine's disk.",
            "nodes.os_disk_size_gb",
            unit="GiB",
            bounds=(30, 2048),
            default=128,
            transitions=(renewed(_POOLS),),
        ),
        flag(
            "preemptible",
            "Use spot machines, which Azure may take back.",
            "nodes.scale_set_priority",
            "nodes.spot_max_price",
            default=False,
            transitions=(renewed(_SPOT),),
        ),
        stack_output(
            "network",
            "subnet",
            "nodes.vnet_subnet_id",
            name="subnet",
            kind="network",
            description="The id of the subnet they are in, of the cluster's network.",
            transitions=(renewed(_POOLS),),
        ),
        pairs("node_labels", "Kubernetes labels that the machines carry.", "nodes.node_labels"),
        tags_property("azure", feeds=("nodes.tags",)),
    ),
    outputs=(
        Output("name", "string", "The pool's name.", echoes="name"),
        Output("id", "string", "The pool's id."),
    ),
    children=(ChildType("nodes", facts.NODE_POOL, primary=True, given=("enable_auto_scaling", "mode")),),
    identity=("cluster", "name", "resource_group", "subscription_id"),
    located_by="name",
    check=nodes_check,
)
