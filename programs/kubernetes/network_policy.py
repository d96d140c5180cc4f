"""Owns the making of ``kubernetes.network_policy``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import called, metadata

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs

_NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the cluster itself gives every namespace."""
_LINK_LOCAL = "169.254.0.0/16"
"""Where caches of names on the machine, and those of some clouds, are asked."""
_DNS_PORTS = (53, 5353)
"""The second is what the servers of some distributions listen on, and rules go by where a packet ends."""


class NetworkPolicy(Component):
    """A rule for all pods of a namespace."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:network_policy", name, inputs, opts)
        made = k8s.networking.v1.NetworkPolicy(
            name,
            metadata=metadata(inputs),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=k8s.meta.v1.LabelSelectorArgs(),
                policy_types=["Ingress", "Egress"],
                ingress=_ingress(inputs),
                egress=_egress(inputs),
            ),
            opts=self.child(),
        )
        self.primary = made
        self.gives = {"name": called(made.metadata), "id": made.id}


def _ingress(inputs: Inputs) -> list[k8s.networking.v1.NetworkPolicyIngressRuleArgs]:
    if inputs.flag("public_access"):
        return [k8s.networking.v1.NetworkPolicyIngressRuleArgs()]
    peers = [_neighbours()] if inputs.flag("internal") else []
    if inputs.given("allow_from"):
        named = k8s.meta.v1.LabelSelectorRequirementArgs(
            key=_NAME_LABEL, operator="In", values=inputs.texts("allow_from")
        )
        chosen = k8s.meta.v1.LabelSelectorArgs(match_expressions=[named])
        peers.append(k8s.networking.v1.NetworkPolicyPeerArgs(namespace_selector=chosen))
    # A rule with no peers lets all in, so there must be none.
    return [k8s.networking.v1.NetworkPolicyIngressRuleArgs(from_=peers)] if peers else []


def _egress(inputs: Inputs) -> list[k8s.networking.v1.NetworkPolicyEgressRuleArgs]:
    if inputs.flag("internet"):
        return [k8s.networking.v1.NetworkPolicyEgressRuleArgs()]
    names = k8s.networking.v1.NetworkPolicyEgressRuleArgs(
        to=[
            k8s.networking.v1.NetworkPolicyPeerArgs(namespace_selector=k8s.meta.v1.LabelSelectorArgs()),
            k8s.networking.v1.NetworkPolicyPeerArgs(ip_block=k8s.networking.v1.IPBlockArgs(cidr=_LINK_LOCAL)),
        ],
        ports=[
            k8s.networking.v1.NetworkPolicyPortArgs(protocol=protocol, port=port)
            for protocol in ("UDP", "TCP")
            for port in _DNS_PORTS
        ],
    )
    if not inputs.flag("internal"):
        return [names]
    return [names, k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=[_neighbours()])]


def _neighbours() -> k8s.networking.v1.NetworkPolicyPeerArgs:
    """All pods of the same namespace."""
    return k8s.networking.v1.NetworkPolicyPeerArgs(pod_selector=k8s.meta.v1.LabelSelectorArgs())
