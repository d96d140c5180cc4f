"""Owns the kind ``aws.identity``: an IAM role that may use what its stack has, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    component_output,
    matching,
    name_property,
    number,
    tags_property,
    text,
    texts,
)
from flowyml_infra.resources.facts import aws_compute as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.transition import ANY_ORDER, idle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_SERVICES = (
    "sagemaker.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "batch.amazonaws.com",
    "pods.eks.amazonaws.com",
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
)
_ARN = matching(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", "it reads arn:aws:iam::ACCOUNT:policy/NAME")
_ACCOUNT = matching(r"[a-z0-9-]{1,63}/[a-z0-9.-]{1,253}", "it reads NAMESPACE/NAME")
_BROAD = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


def _trusted_problem(value: Json) -> str | None:
    names = value if isinstance(value, list) else []
    wrong = next((name for name in names if isinstance(name, str) and not name.endswith(".amazonaws.com")), None)
    if wrong is not None:
        return f"names {wrong!r}; a service reads, for example, {_SERVICES[0]}"
    return None if names else "is empty, so nobody could use the role"


def _policies_problem(value: Json) -> str | None:
    clauses = (_ARN(item) for item in (value if isinstance(value, list) else []) if isinstance(item, str))
    return next((clause for clause in clauses if clause), None)


def _broad(value: Json) -> str | None:
    names = [str(item).rpartition("/")[2] for item in (value if isinstance(value, list) else [])]
    wide = [name for name in names if name in _BROAD]
    return f"has {wide[0]} in it, which allows far more than a stack needs" if wide else None


def _vouches_for_nobody(properties: Mapping[str, Value]) -> bool:
    return properties.get("kubernetes_account") is None


def _has_grants(properties: Mapping[str, Value]) -> bool:
    return any(properties.get(name) for name in ("bucket", "repository", "secret", "database_secret"))


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if properties.get("kubernetes_account") and not properties.get("oidc_provider"):
        hint = "write the ARN of the cluster's issuer in IAM: oidc_provider"
        yield Fault("kubernetes_account", "is of a cluster, and the stack has none that vouches for it", hint)


KIND: Final = cloud_kind(
    "aws.identity",
    "An IAM role that may use what the stack has.",
    properties=(
        name_property(facts.ROLE_NAME, "The role's name.", feeds=("role.name", "grants.name")),
        texts(
            "trusted",
            "The services that may take the role.",
            "role.assume_role_policy",
            default=["ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com", "sagemaker.amazonaws.com"],
            check=_trusted_problem,
            transitions=(ANY_ORDER,),
        ),
        component_output(
            "artifact_store",
            "arn",
            "grants.policy",
            name="bucket",
            kind="bucket",
            description="The ARN of the bucket whose objects it may read and write.",
        ),
        component_output(
            "container_registry",
            "arn",
            "grants.policy",
            name="repository",
            kind="registry",
            description="The ARN of the repository that it may pull images from.",
        ),
        component_output(
            "secrets",
            "arn",
            "grants.policy",
            name="secret",
            kind="secret",
            description="The ARN of the secret that it may read.",
        ),
        component_output(
            "metadata_store",
            "password_secret",
            "grants.policy",
            name="database_secret",
            kind="database",
            description="The ARN of the secret with the database's password, which it may read.",
        ),
        component_output(
            "compute",
            "oidc_provider",
            "role.assume_role_policy",
            name="oidc_provider",
            kind="cluster",
            description="The ARN of the issuer of the cluster that kubernetes_account is in.",
            transitions=(idle(_vouches_for_nobody, "is used beside kubernetes_account"),),
        ),
        text(
            "kubernetes_account",
            "The service account in a cluster that may take the role, NAMESPACE/NAME.",
            "role.assume_role_policy",
            check=_ACCOUNT,
        ),
        texts(
            "policies",
            "The ARNs of further policies.",
            "policies.policy_arn",
            check=_policies_problem,
            transitions=(ANY_ORDER,),
            weakens=_broad,
        ),
        text(
            "permissions_boundary",
            "The ARN of the policy that says what it may have at most.",
            "role.permissions_boundary",
        ),
        number(
            "max_session",
            "How long a session lasts at most.",
            "role.max_session_duration",
            unit="seconds",
            bounds=(3600, 43_200),
            default=3600,
        ),
        tags_property("aws", feeds=("role.tags",)),
    ),
    outputs=(
        Output("arn", "string", "The role's ARN."),
        Output("name", "string", "The role's name.", echoes="name"),
        Output("service_account", "string", "The role's ARN, as what runs steps takes it."),
        Output("id", "string", "The role's name."),
    ),
    children=(
        ChildType("role", facts.ROLE, primary=True),
        ChildType("grants", facts.ROLE_POLICY, given=("role",), made_if=_has_grants),
        ChildType(
            "policies",
            facts.ROLE_POLICY_ATTACHMENT,
            given=("role",),
            made_if=lambda properties: bool(properties.get("policies")),
        ),
    ),
    identity=("name",),
    check=_check,
)
