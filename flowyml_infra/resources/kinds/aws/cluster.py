"""Owns the kind ``aws.cluster``: a Kubernetes cluster in EKS, reached from inside its network unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    flag,
    matching,
    name_property,
    place_property,
    protection_property,
    tags_property,
    text,
    texts,
)
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import aws_compute as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.places.aws import REGIONS
from flowyml_infra.resources.transition import ANY_ORDER, STAYS, Transition, goes_back, is_removed, skips_minor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Value

_VERSION = matching(r"1\.\d{2}", 'it reads "1.33", in quotes')
_UPGRADES = "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html"


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    subnets = properties.get("subnet_ids")
    if isinstance(subnets, list) and len(subnets) == 1 and isinstance(subnets[0], str):
        yield Fault("subnet_ids", "names one subnet, and a cluster needs two in different zones", "name another")


KIND: Final = cloud_kind(
    "aws.cluster",
    "A Kubernetes cluster in EKS.",
    properties=(
        name_property(facts.CLUSTER_NAME, "The cluster's name.", feeds=("cluster.name", "role.name")),
        place_property("region", "The region, for example eu-west-1.", known=REGIONS, feeds=("cluster.region",)),
        text(
            "version",
            "The version of Kubernetes; without one, the cloud's choice.",
            "cluster.version",
            check=_VERSION,
            transitions=(
                STAYS,
                Transition("refuse", goes_back, "cannot go back", "make a new cluster of the older version", _UPGRADES),
                Transition(
                    "refuse", skips_minor, "skips a minor version", "go up one minor version at a time", _UPGRADES
                ),
            ),
        ),
        texts(
            "subnet_ids",
            "The subnets it is in, of two zones at least; without any, the default network's.",
            "cluster.vpc_config.subnet_ids",
            derived=FromComponent("network", "subnet_ids"),
            transitions=(ANY_ORDER,),
        ),
        texts(
            "security_group_ids",
            "The security groups that its control plane is in beside its own.",
            "cluster.vpc_config.security_group_ids",
            derived=FromComponent("network", "security_group_id"),
            transitions=(ANY_ORDER,),
        ),
        flag(
            "public_access",
            "Let its API be reached from the internet.",
            "cluster.vpc_config.endpoint_public_access",
            default=False,
            weaker="is on, so its API can be reached from the internet",
        ),
        text(
            "service_cidr",
            "The addresses of its services; without it, the cloud's choice.",
            "cluster.kubernetes_network_config.service_ipv4_cidr",
            transitions=(STAYS,),
        ),
        text(
            "kms_key",
            "The ARN of the key that encrypts its secrets; cannot be taken away again.",
            "cluster.encryption_config",
            transitions=(
                Transition(
                    "replace", is_removed, "cannot be taken away", source="terraform-provider-aws eks/cluster.go"
                ),
            ),
        ),
        texts(
            "logs",
            "What its control plane logs.",
            "cluster.enabled_cluster_log_types",
            default=["api", "audit", "authenticator"],
            transitions=(ANY_ORDER,),
            weakens=lambda value: None if isinstance(value, list) and "audit" in value else "has no audit log in it",
        ),
        protection_property("Have the cloud refuse to delete it.", feeds=("cluster.deletion_protection",)),
        tags_property("aws", feeds=("cluster.tags", "role.tags", "issuer.tags")),
    ),
    outputs=(
        Output("endpoint", "string", "The URL of its API."),
        Output("name", "string", "The cluster's name.", echoes="name"),
        Output("arn", "string", "The cluster's ARN."),
        Output("oidc_provider", "string", "The ARN of its issuer in IAM, which vouches for its service accounts."),
        Output("id", "string", "The cluster's name."),
    ),
    children=(
        ChildType("role", facts.ROLE, given=("assume_role_policy",)),
        ChildType("rights", facts.ROLE_POLICY_ATTACHMENT, given=("role", "policy_arn")),
        ChildType(
            "cluster",
            facts.CLUSTER,
            primary=True,
            stateful=True,
            given=("role_arn", "vpc_config", "vpc_config.endpoint_private_access", "access_config"),
        ),
        ChildType("issuer", facts.OIDC_PROVIDER, given=("url", "client_id_lists")),
    ),
    stateful=True,
    identity=("name", "region"),
    check=_check,
)
