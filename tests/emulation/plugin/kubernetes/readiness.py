"""Owns when a Kubernetes object counts as ready, as the official provider waits for it.

No pod ever starts where no kubelet runs. What then holds, tried against the API server and its controllers:

- A Deployment or StatefulSet of zero replicas is ready at once: the controllers run, and report the generation.
- Any other gets its pods, which stay Pending; a wait for it ends with its timeout, and the object stays.
- A Service with a selector waits for a ready pod behind it; one that is headless or has no selector does not.
- A claim is never bound without a provisioner; the provider does not wait for one whose storage class binds at the
  first consumer.
- The annotation ``pulumi.com/skipAwait: "true"`` skips all of this, with the official provider too.

`tests.emulation.pods` plays a kubelet as far as readiness goes: it reports the pods of a namespace as running.
"""

from __future__ import annotations

import time
from typing import Any

from tests.emulation.plugin.failures import PartlyMadeError
from tests.emulation.plugin.kubernetes.cluster import Cluster

SKIP = "pulumi.com/skipAwait"
DEFAULT_TIMEOUT_SECONDS = 600.0
POLL_SECONDS = 0.2


def wait(cluster: Cluster, path: str, identity: str, live: dict[str, Any], timeout: float) -> dict[str, Any]:
    """The object at ``path`` once it is ready.

    Raises:
        PartlyMadeError: It is not ready after ``timeout`` seconds (0 is the provider's default).
    """
    end = time.monotonic() + (timeout or DEFAULT_TIMEOUT_SECONDS)
    annotations = live["metadata"].get("annotations") or {}
    while annotations.get(SKIP) != "true":
        missing = lacking(cluster, live)
        if not missing:
            break
        if time.monotonic() > end:
            raise PartlyMadeError(identity, live, f"timed out waiting: {missing}")
        time.sleep(POLL_SECONDS)
        live = cluster.call("GET", path)
    return live


def lacking(cluster: Cluster, live: dict[str, Any]) -> str:
    """What ``live`` lacks to be ready; empty when it is."""
    match live["kind"]:
        case "Deployment":
            return _rollout(live, "updatedReplicas", "availableReplicas")
        case "StatefulSet":
            return _rollout(live, "currentReplicas", "readyReplicas") or _revision(live)
        case "Service":
            return _service(cluster, live)
        case "PersistentVolumeClaim":
            return _claim(cluster, live)
    return ""


def _rollout(live: dict[str, Any], *counters: str) -> str:
    status, wanted = live.get("status", {}), live["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < live["metadata"]["generation"]:
        return "the controller has not seen it yet"
    short = [name for name in counters if status.get(name, 0) < wanted]
    return f"{', '.join(short)} below {wanted}" if short else ""


def _revision(live: dict[str, Any]) -> str:
    """A rolling update is over when the revision that it leads to is the current one."""
    status = live["status"]
    return "" if status.get("currentRevision") == status.get("updateRevision") else "pods of the revision before"


def _service(cluster: Cluster, live: dict[str, Any]) -> str:
    spec, metadata = live["spec"], live["metadata"]
    if spec.get("type") == "LoadBalancer" and not live.get("status", {}).get("loadBalancer", {}).get("ingress"):
        return "the balancer has no address"
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector"):
        return ""
    slices = cluster.call(
        "GET",
        f"/apis/discovery.k8s.io/v1/namespaces/{metadata['namespace']}/endpointslices",
        labelSelector=f"kubernetes.io/service-name={metadata['name']}",
    )
    ready = any(
        (endpoint.get("conditions") or {}).get("ready")
        for item in slices["items"]
        for endpoint in item.get("endpoints") or []
    )
    return "" if ready else "no ready pod is behind it"


def _claim(cluster: Cluster, live: dict[str, Any]) -> str:
    if live.get("status", {}).get("phase") == "Bound":
        return ""
    name = live["spec"].get("storageClassName")
    if not name:
        return "it is not bound, and has no storage class"
    storage = cluster.call("GET", f"/apis/storage.k8s.io/v1/storageclasses/{name}")
    return "" if storage.get("volumeBindingMode") == "WaitForFirstConsumer" else "it is not bound"
