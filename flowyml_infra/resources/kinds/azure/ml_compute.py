"""Owns the kind ``azure.ml_compute``: machines of one size that an Azure Machine Learning workspace runs jobs on."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.azure_properties import (
    group_property,
    machine_property,
    region_property,
    renewed,
    stack_output,
    subscription_property,
)
from flowyml_infra.resources.bounds import nodes_check
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import component_output, flag, name_property, number, tags_property
from flowyml_infra.resources.facts import azure_compute as facts
from flowyml_infra.resources.kind import Output

_SOURCE = "terraform-provider-azurerm internal/services/machinelearning/machine_learning_compute_cluster_resource.go"
_RENEWED = (renewed(_SOURCE),)

KIND: Final = cloud_kind(
    "azure.ml_compute",
    "Machines that an Azure Machine Learning workspace runs jobs on.",
    properties=(
        name_property(facts.COMPUTE_NAME, "What jobs name them by.", feeds=("machines.compute_name",)),
        component_output(
            "compute",
            "name",
            "machines.workspace_name",
            name="workspace",
            kind="ml_workspace",
            description="The name of the workspace they belong to.",
            required=True,
        ),
        region_property("machines", transitions=_RENEWED),
        subscription_property("machines"),
        group_property("machines"),
        machine_property(
            "machine_type",
            "The size of the machines.",
            "machines.properties.properties.vm_size",
            default="Standard_DS3_v2",
            transitions=_RENEWED,
        ),
        number(
            "min_nodes",
            "How many there are at least; 0 costs nothing between jobs.",
            "machines.properties.properties.scale_settings",
            unit="machines",
            bounds=(0, 1000),
            default=0,
        ),
        number(
            "max_nodes",
            "How many there are at most.",
            "machines.properties.properties.scale_settings",
            unit="machines",
            bounds=(1, 1000),
            default=4,
        ),
        number(
            "idle_minutes",
            "After how long without a job a machine goes.",
            "machines.properties.properties.scale_settings",
            unit="minutes",
            bounds=(1, 1440),
            default=15,
        ),
        flag(
            "preemptible",
            "Use low-priority machines, which Azure may take back.",
            "machines.properties.properties.vm_priority",
            default=False,
            transitions=_RENEWED,
        ),
        stack_output(
            "network",
            "subnet",
            "machines.properties.properties.subnet",
            name="subnet",
            kind="network",
            description="The id of the subnet they are in; without one, they are in the workspace's own network.",
            transitions=_RENEWED,
        ),
        flag(
            "public_ips",
            "Give each an address on the internet; a workspace without a network of its own asks for it.",
            "machines.properties.properties.enable_node_public_ip",
            default=False,
            weaker="is on, so each machine has an address on the internet",
            transitions=_RENEWED,
        ),
        stack_output(
            "identity",
            "id",
            "machines.identity",
            name="identity",
            kind="identity",
            description="The id of the identity that jobs on them have.",
        ),
        tags_property("azure", feeds=("machines.tags",)),
    ),
    outputs=(
        Output("name", "string", "What jobs name them by.", echoes="name"),
        Output("id", "string", "Their id."),
    ),
    children=(ChildType("machines", facts.COMPUTE, primary=True, given=("properties",)),),
    identity=("workspace", "name", "resource_group", "subscription_id"),
    located_by="name",
    check=nodes_check,
)
