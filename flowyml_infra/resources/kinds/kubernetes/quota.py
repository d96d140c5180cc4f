"""Owns the kind ``kubernetes.quota``: how much all that runs in a namespace may ask for together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.amounts import bytes_property, cores_property
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import number
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind
from flowyml_infra.resources.transition import idle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Value

_LIMITS = ("cpu", "memory", "gpu", "pods", "storage")


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    if all(properties.get(name) is None for name in _LIMITS):
        yield Fault("cpu", "is missing, and so is every other limit", f"write at least one of {', '.join(_LIMITS)}")


def _limits_what_containers_ask_for(properties: Mapping[str, Value]) -> bool:
    # Where there is such a limit, a container that does not say what it asks for is refused:
    # https://kubernetes.io/docs/concepts/policy/resource-quotas/
    return any(properties.get(name) is not None for name in ("cpu", "memory"))


_UNUSED: Final = idle(
    lambda properties: not _limits_what_containers_ask_for(properties), "is used where cpu or memory is limited"
)

KIND: Final = cluster_kind(
    "kubernetes.quota",
    "A limit of what runs in a namespace.",
    rule=facts.OBJECT_NAME,
    called="The quota's name.",
    properties=(
        cores_property("cpu", "The cores that all pods together may ask for.", "quota.spec.hard"),
        bytes_property("memory", "The memory that all pods together may ask for.", "quota.spec.hard"),
        number(
            "gpu",
            "The accelerators of NVIDIA that all pods together may ask for.",
            "quota.spec.hard",
            unit="accelerators",
            bounds=(0, 100_000),
        ),
        number("pods", "How many pods there are at most.", "quota.spec.hard", unit="pods", bounds=(0, 1_000_000)),
        bytes_property("storage", "The size of all volumes together.", "quota.spec.hard"),
        cores_property(
            "default_cpu",
            "The cores that a container asks for which does not say, where cpu is limited.",
            "limits.spec.limits",
            default="500m",
            transitions=(_UNUSED,),
        ),
        bytes_property(
            "default_memory",
            "The memory that a container asks for which does not say, where memory is limited.",
            "limits.spec.limits",
            default="1Gi",
            transitions=(_UNUSED,),
        ),
    ),
    outputs=(
        Output("name", "string", "The quota's name.", echoes="name"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(
        ChildType("quota", facts.QUOTA, primary=True),
        ChildType("limits", facts.LIMIT_RANGE, made_if=_limits_what_containers_ask_for),
    ),
    check=_check,
)
