"""Owns the kind ``gcp.node_pool``: machines of one type that join a GKE cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.bounds import nodes_check
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    component_output,
    flag,
    name_property,
    number,
    pairs,
    place_property,
    tags_property,
    text,
)
from flowyml_infra.resources.facts import gcp_compute as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.places.accelerators import google_name, misfit
from flowyml_infra.resources.places.gcp import REGIONS
from flowyml_infra.resources.places.gcp_machines import machine_doubt, machine_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value


def _gpu_name(value: Json) -> Json:
    return google_name(str(value))


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    yield from nodes_check(properties)
    gpu, count, machine = (properties.get(name) for name in ("gpu", "gpu_count", "machine_type"))
    if isinstance(gpu, str) and isinstance(count, int) and isinstance(machine, str):
        wrong = misfit("gcp", gpu, count, machine)
        if wrong is not None:
            yield Fault("gpu", wrong.clause, wrong.hint)


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
            check=machine_problem,
            doubt=machine_doubt,
        ),
        text(
            "gpu",
            "The accelerator, for example nvidia-tesla-t4.",
            "nodes.node_config.guest_accelerators",
            normalise=_gpu_name,
        ),
        number(
            "gpu_count",
            "How many of them a machine has.",
            "nodes.node_config.guest_accelerators",
            unit="accelerators",
            bounds=(1, 16),
            default=1,
        ),
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
    check=_check,
)
