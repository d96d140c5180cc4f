"""Owns the kind ``gcp.cluster``: a Kubernetes cluster in GKE, reached from inside its network unless told otherwise."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    component_output,
    flag,
    matching,
    name_property,
    place_property,
    protection_property,
    tags_property,
    text,
)
from flowyml_infra.resources.facts import gcp_compute as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.places.gcp import REGIONS
from flowyml_infra.resources.transition import Transition, goes_back, skips_minor

_UPGRADES = "https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-upgrades"

KIND: Final = cloud_kind(
    "gcp.cluster",
    "A Kubernetes cluster in GKE.",
    properties=(
        name_property(facts.CLUSTER_NAME, "The cluster's name.", feeds=("cluster.name",)),
        place_property("region", "The region, for example europe-west1.", known=REGIONS, feeds=("cluster.location",)),
        place_property("project_id", "The project.", feeds=("cluster.project",)),
        text(
            "version",
            "The version of Kubernetes; without one, the release channel's.",
            "cluster.min_master_version",
            check=matching(r"1\.\d{2}", 'it reads "1.33", in quotes'),
            transitions=(
                Transition("refuse", goes_back, "cannot go back", "make a new cluster of the older version", _UPGRADES),
                Transition(
                    "refuse", skips_minor, "skips a minor version", "go up one minor version at a time", _UPGRADES
                ),
            ),
        ),
        text(
            "release_channel",
            "How soon it gets new versions.",
            "cluster.release_channel",
            default="REGULAR",
            choices=("RAPID", "REGULAR", "STABLE"),
        ),
        component_output(
            "network",
            "network",
            "cluster.network",
            name="network",
            kind="network",
            description="The network it is in; without one, the project's default.",
        ),
        component_output(
            "network",
            "subnetwork",
            "cluster.subnetwork",
            name="subnetwork",
            kind="network",
            description="The subnetwork it is in.",
        ),
        flag(
            "public_access",
            "Let its API be reached from the internet.",
            "cluster.private_cluster_config.enable_private_endpoint",
            default=False,
            weaker="is on, so its API can be reached from the internet",
        ),
        text("kms_key", "The key that encrypts its secrets.", "cluster.database_encryption"),
        protection_property("Have the tool refuse to delete it.", feeds=("cluster.deletion_protection",)),
        tags_property("gcp", feeds=("cluster.resource_labels",), name="labels"),
    ),
    outputs=(
        Output("name", "string", "The cluster's name.", echoes="name"),
        Output("region", "string", "The region.", echoes="region"),
        Output("endpoint", "string", "The address of its API."),
        Output("id", "string", "The cluster's full name."),
    ),
    children=(
        ChildType(
            "cluster",
            facts.CLUSTER,
            primary=True,
            stateful=True,
            given=("initial_node_count", "remove_default_node_pool", "workload_identity_config"),
        ),
    ),
    stateful=True,
    identity=("name", "region", "project_id"),
)
