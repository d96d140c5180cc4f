"""Owns the kind ``kubernetes.namespace``: a namespace whose pods cannot take over the machines that they run on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import name_property, text, weaker_if
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.kubernetes_properties import KUBE_CONTEXT, labels_property, namespace_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

# https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces
_ENFORCED = "pod-security.kubernetes.io/enforce"
_NAMESPACE = ChildType("namespace", facts.NAMESPACE, primary=True, stateful=True)


def _name_problem(value: Json) -> str | None:
    # https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
    if value == "default" or str(value).startswith("kube-"):
        return f"is {value!r}, which the cluster has by itself; to use it, write `existing: true` under spec.compute"
    return namespace_problem(value)


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    labels = properties.get("labels")
    if isinstance(labels, dict) and _ENFORCED in labels:
        yield Fault("labels", f"has {_ENFORCED} in it, which pod_security sets", "remove it, and write pod_security")


KIND: Final = cloud_kind(
    "kubernetes.namespace",
    "A namespace of a cluster.",
    properties=(
        replace(
            name_property(
                facts.NAMESPACE_NAME,
                "The namespace's name.",
                feeds=("namespace.metadata.name",),
                place="namespace",
            ),
            check=_name_problem,
        ),
        text(
            "pod_security",
            "What a pod has to do without to be let in.",
            "namespace.metadata.labels",
            default="baseline",
            choices=("privileged", "baseline", "restricted"),
            weakens=weaker_if(
                bad="privileged", clause="is privileged, so a pod can take over the machine that it runs on"
            ),
        ),
        labels_property((_NAMESPACE,)),
        KUBE_CONTEXT,
    ),
    outputs=(
        Output("name", "string", "The namespace's name.", echoes="name"),
        Output("id", "string", "The namespace's name."),
    ),
    children=(_NAMESPACE,),
    stateful=True,
    identity=("name",),
    located_by="name",
    check=_check,
)
