"""Owns the kind ``aws.batch_queue``: a queue of AWS Batch and the machines that its jobs run on."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.bounds import nodes_check
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import flag, name_property, number, place_property, tags_property, text
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import aws_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.places.aws_machines import machine_doubt, machine_problem
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import ANY_ORDER

KIND: Final = cloud_kind(
    "aws.batch_queue",
    "A queue of AWS Batch with machines of its own.",
    properties=(
        name_property(
            facts.BATCH_NAME, "The queue's name.", feeds=("queue.name", "machines.name", "role.name", "profile.name")
        ),
        place_property(
            "region", "The region, for example eu-west-1.", known=REGIONS, feeds=("queue.region", "machines.region")
        ),
        text(
            "machine_type",
            "The type of machine.",
            "machines.compute_resources.instance_types",
            "machines.compute_resources.ec2_configurations",
            default="m5.large",
            check=machine_problem,
            doubt=machine_doubt,
        ),
        number(
            "min_nodes",
            "How many machines there are at least; counted in processors, as Batch does.",
            "machines.compute_resources.min_vcpus",
            unit="machines",
            bounds=(0, 1000),
            default=0,
        ),
        number(
            "max_nodes",
            "How many machines there are at most.",
            "machines.compute_resources.max_vcpus",
            unit="machines",
            bounds=(1, 1000),
            default=4,
        ),
        flag(
            "preemptible",
            "Use spot machines, which AWS may take back.",
            "machines.compute_resources.type",
            "machines.compute_resources.allocation_strategy",
            "machines.name",
            default=False,
        ),
        number(
            "priority",
            "Which of several queues goes first: the highest.",
            "queue.priority",
            unit="points",
            bounds=(0, 1000),
            default=1,
        ),
        Property(
            "subnet_ids",
            "list",
            "The subnets the machines are in; without any, the default network's.",
            default=[],
            derived=FromComponent("network", "subnet_ids"),
            feeds=("machines.compute_resources.subnets",),
            transitions=(ANY_ORDER,),
            public=True,
        ),
        Property(
            "security_group_ids",
            "list",
            "The security groups the machines are in; without any, the default one of their network.",
            default=[],
            derived=FromComponent("network", "security_group_id"),
            feeds=("machines.compute_resources.security_group_ids",),
            transitions=(ANY_ORDER,),
            public=True,
        ),
        tags_property(
            "aws", feeds=("queue.tags", "machines.tags", "machines.compute_resources.tags", "role.tags", "profile.tags")
        ),
    ),
    outputs=(
        Output("arn", "string", "The queue's ARN."),
        Output("name", "string", "The queue's name.", echoes="name"),
        Output("region", "string", "The region it is in.", echoes="region"),
        Output("id", "string", "The queue's ARN."),
    ),
    children=(
        ChildType("role", facts.ROLE, given=("assume_role_policy",)),
        ChildType("rights", facts.ROLE_POLICY_ATTACHMENT, given=("role", "policy_arn")),
        ChildType("profile", facts.INSTANCE_PROFILE, given=("role",)),
        ChildType("machines", facts.COMPUTE_ENVIRONMENT, given=("type", "state", "compute_resources")),
        ChildType("queue", facts.JOB_QUEUE, primary=True, given=("state", "compute_environment_orders")),
    ),
    identity=("name", "region"),
    check=nodes_check,
)
