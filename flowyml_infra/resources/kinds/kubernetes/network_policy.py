"""Owns the kind ``kubernetes.network_policy``: who the pods of a namespace talk to; other namespaces stay out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import flag, texts
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind, namespace_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value


def _namespaces_problem(value: Json) -> str | None:
    given = [item for item in (value if isinstance(value, list) else []) if isinstance(item, str)]
    wrong = ((item, namespace_problem(item)) for item in given)
    return next((f"has {item!r} in it, which {clause}" for item, clause in wrong if clause is not None), None)


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if properties.get("public_access") is not True:
        return
    if properties.get("allow_from"):
        yield Fault("allow_from", "names namespaces, and public_access lets in all", "keep one of the two")
    if properties.get("internal") is False:
        yield Fault("internal", "is off, and public_access lets in all", "keep one of the two")


KIND: Final = cluster_kind(
    "kubernetes.network_policy",
    "A rule about who the pods of a namespace talk to.",
    rule=facts.OBJECT_NAME,
    called="The policy's name.",
    properties=(
        flag(
            "internal",
            "Let pods of the namespace reach each other.",
            "policy.spec.ingress",
            "policy.spec.egress",
            default=True,
        ),
        # Every namespace carries its name as the label kubernetes.io/metadata.name, which the rule goes by:
        # https://kubernetes.io/docs/concepts/services-networking/network-policies/
        texts(
            "allow_from",
            "The other namespaces whose pods get in.",
            "policy.spec.ingress",
            check=_namespaces_problem,
        ),
        flag(
            "internet",
            "Let pods reach everything outside the namespace; without it, they can only look up names.",
            "policy.spec.egress",
            default=True,
        ),
        flag(
            "public_access",
            "Let in everything that finds the way.",
            "policy.spec.ingress",
            default=False,
            weaker="is on, so pods of every namespace get in, and so does all else that finds the way",
        ),
    ),
    outputs=(
        Output("name", "string", "The policy's name.", echoes="name"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(
        ChildType("policy", facts.NETWORK_POLICY, primary=True, given=("spec.pod_selector", "spec.policy_types")),
    ),
    check=_check,
)
