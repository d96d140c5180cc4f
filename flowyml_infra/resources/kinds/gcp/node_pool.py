"""Owns the kind ``gcp.node_pool``: machines of one type that join a GKE cluster."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.bounds import nodes_check
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    component_output,
    flag,
    matching,
    name_property,
    number,
    pairs,
    place_property,
    tags_property,
    text,
)
from flowyml_infra.resources.facts import gcp_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS

_MACHINE = matching(
    r"[a-z]\d[a-z]?-(custom-\d+-\d+|[a-z]+(-[a-z0-9]+)*)", "it reads FAMILY-KIND-PROCESSORS, for example n1-standard-4"
)

KIND: Final = cloud_kind(
    "gcp.node_pool",
    "Machines of one type that join a GKE cluster.",
    properties=(
        name_property(facts.POOL_NAME, "The pool's name.", feeds=("nodes.name",)),
        place_property("region", "The region, for example europe-west1.", known=REGIONS, feeds=("nodes.location",)),
        place_property("project_id", "The project.", feeds=("nodes.project",)),
        component_output(
            "compute",
            "name",
            "nodes.cluster",
            name="cluster",
            kind="cluster",
            description="The name of the cluster they join.",
            required=True,
        ),
        text(
            "machine_type",
            "The type of machine; the machines are made anew one by one when it changes.",
            "nodes.node_config.machine_type",
            default="n2-standard-4",
            check=_MACHINE,
        ),
        text("gpu", "The accelerator, for example nvidia-tesla-t4.", "nodes.node_config.guest_accelerators"),
        number(
            "min_nodes",
            "How many there are at least.",
            "nodes.autoscaling",
            unit="machines",
            bounds=(0, 1000),
            default=0,
        ),
        number(
            "max_nodes",
            "How many there are at most.",
            "nodes.autoscaling",
            unit="machines",
            bounds=(1, 1000),
            default=3,
        ),
        number(
            "disk_size",
            "The size of a machine's disk.",
            "nodes.node_config.disk_size_gb",
            unit="GiB",
            bounds=(10, 65_536),
            default=100,
        ),
        flag(
            "preemptible",
            "Use spot machines, which Google Cloud may take back.",
            "nodes.node_config.spot",
            default=False,
        ),
        component_output(
            "identity",
            "email",
            "nodes.node_config.service_account",
            name="service_account",
            kind="identity",
            description="The address of the account that they run as.",
        ),
        pairs("node_labels", "Kubernetes labels that the machines carry.", "nodes.node_config.labels"),
        tags_property("gcp", feeds=("nodes.node_config.resource_labels",), name="labels"),
    ),
    outputs=(
        Output("name", "string", "The pool's name.", echoes="name"),
        Output("id", "string", "The pool's full name."),
    ),
    children=(ChildType("nodes", facts.NODE_POOL, primary=True),),
    identity=("cluster", "name", "region", "project_id"),
    check=nodes_check,
)
