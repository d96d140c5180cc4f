"""Owns the kind ``aws.node_group``: machines of one type that join an EKS cluster."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.bounds import nodes_check
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, place_property, tags_property
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import aws_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.places.aws_machines import machine_doubt, machine_problem
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import ANY_ORDER

KIND: Final = cloud_kind(
    "aws.node_group",
    "Machines of one type that join an EKS cluster.",
    properties=(
        name_property(facts.NODE_GROUP_NAME, "The group's name.", feeds=("nodes.node_group_name", "role.name")),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("nodes.region",)),
        Property(
            "cluster",
            "string",
            "The name of the cluster they join.",
            required=True,
            derived=FromComponent("compute", "name", kind="cluster"),
            feeds=("nodes.cluster_name", "role.name"),
            public=True,
        ),
        Property(
            "machine_type",
            "string",
            "The type of machine.",
            default="m5.large",
            check=machine_problem,
            doubt=machine_doubt,
            feeds=("nodes.instance_types", "nodes.ami_type"),
            public=True,
        ),
        Property(
            "min_nodes",
            "integer",
            "How many there are at least.",
            unit="machines",
            default=0,
            minimum=0,
            maximum=450,
            feeds=("nodes.scaling_config",),
            public=True,
        ),
        Property(
            "max_nodes",
            "integer",
            "How many there are at most.",
            unit="machines",
            default=3,
            minimum=1,
            maximum=450,
            feeds=("nodes.scaling_config",),
            public=True,
        ),
        Property(
            "disk_size",
            "integer",
            "The size of a machine's disk.",
            unit="GiB",
            default=50,
            minimum=1,
            maximum=16_384,
            feeds=("nodes.disk_size",),
            public=True,
        ),
        Property(
            "preemptible",
            "boolean",
            "Use spot machines, which AWS may take back.",
            default=False,
            feeds=("nodes.capacity_type",),
            public=True,
        ),
        Property(
            "labels",
            "mapping",
            "Kubernetes labels that the machines carry.",
            default={},
            feeds=("nodes.labels",),
            public=True,
        ),
        Property(
            "subnet_ids",
            "list",
            "The subnets they are in; without any, the default network's.",
            default=[],
            derived=FromComponent("network", "subnet_ids"),
            feeds=("nodes.subnet_ids",),
            transitions=(ANY_ORDER,),
            public=True,
        ),
        tags_property("aws", feeds=("nodes.tags", "role.tags")),
    ),
    outputs=(
        Output("arn", "string", "The group's ARN."),
        Output("name", "string", "The group's name.", echoes="name"),
        Output("id", "string", "CLUSTER:NAME."),
    ),
    children=(
        ChildType("role", facts.ROLE, given=("assume_role_policy",)),
        ChildType("rights", facts.ROLE_POLICY_ATTACHMENT, given=("role", "policy_arn")),
        ChildType("nodes", facts.NODE_GROUP, primary=True, given=("node_role_arn",)),
    ),
    identity=("cluster", "name"),
    check=nodes_check,
)
