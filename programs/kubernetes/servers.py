"""Owns what stands around the pods of a server: the set that keeps one running, and the name it is reached by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as k8s

from .metadata import metadata, selector
from .pods import template

if TYPE_CHECKING:
    import pulumi

    from ..component import Inputs
    from .pods import Server


def stateful_server(name: str, inputs: Inputs, server: Server, opts: pulumi.ResourceOptions) -> k8s.apps.v1.StatefulSet:
    """The one pod that has the resource's volume."""
    return k8s.apps.v1.StatefulSet(
        name,
        metadata=metadata(inputs),
        spec=k8s.apps.v1.StatefulSetSpecArgs(
            replicas=1,
            # Named, not waited for: the service itself waits for the pod.
            service_name=inputs.text("name"),
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(inputs, server.kind)),
            template=template(inputs, server),
        ),
        opts=opts,
    )


def service(name: str, inputs: Inputs, server: Server, opts: pulumi.ResourceOptions) -> k8s.core.v1.Service:
    """The name by which the server is reached, in the cluster alone."""
    return k8s.core.v1.Service(
        name,
        metadata=metadata(inputs),
        spec=k8s.core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=selector(inputs, server.kind),
            ports=[k8s.core.v1.ServicePortArgs(name="main", port=server.port, target_port="main")],
        ),
        opts=opts,
    )
