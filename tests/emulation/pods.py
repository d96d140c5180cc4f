"""Owns a stand-in for scheduler and kubelet, as far as readiness goes: it reports the pods of a namespace as running.

No container runs, unless a test gives what runs in its place. It is there for tests that wait for a workload to be
ready; a test that must see one fail to become ready leaves it out. Pods are bound to a node, or no service would count
them; a bound pod that is to go stays until its kubelet lets it, so the deletion belongs in the block too.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.kubernetes.cluster import ApiError, Cluster

MERGE = "application/merge-patch+json"
POLL_SECONDS = 0.2
CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
ADDRESS = "10.1.0.1"
NODE = "testbed"


class Kubelet(Protocol):
    """What runs for pods: told of each before it is reported as running, and before it goes."""

    def begin(self, pod: dict[str, Any]) -> None:
        """Run what ``pod`` says."""

    def end(self, pod: dict[str, Any]) -> None:
        """End it."""


@contextlib.contextmanager
def reported_ready(cluster: Cluster, namespace: str, kubelet: Kubelet | None = None) -> Iterator[None]:
    """Report every pod of ``namespace`` as running and ready, until the block is left."""
    ended = threading.Event()
    _add_node(cluster)

    def play() -> None:
        while not ended.wait(POLL_SECONDS):
            # The namespace may not be there yet, and a pod may go between two calls.
            with contextlib.suppress(RefusedError):
                _report(cluster, f"/api/v1/namespaces/{namespace}/pods", kubelet)

    player = threading.Thread(target=play, daemon=True)
    player.start()
    try:
        yield
    finally:
        ended.set()
        player.join()


def _report(cluster: Cluster, path: str, kubelet: Kubelet | None) -> None:
    for pod in cluster.call("GET", path)["items"]:
        name = pod["metadata"]["name"]
        own = f"{path}/{name}"
        if "deletionTimestamp" in pod["metadata"]:
            if kubelet is not None:
                kubelet.end(pod)
            cluster.call("DELETE", own, {"gracePeriodSeconds": 0})
        elif pod["status"].get("phase") == "Pending":
            if not pod["spec"].get("nodeName"):
                target = {"kind": "Node", "name": NODE}
                cluster.call("POST", f"{own}/binding", {"metadata": {"name": name}, "target": target})
            if kubelet is not None:
                kubelet.begin(pod)
            cluster.call("PATCH", f"{own}/status", {"status": _running(pod)}, MERGE)


def _add_node(cluster: Cluster) -> None:
    with contextlib.suppress(ApiError):  # it is there
        cluster.call("POST", "/api/v1/nodes", {"metadata": {"name": NODE}})


def _running(pod: dict[str, Any]) -> dict[str, Any]:
    created = pod["metadata"]["creationTimestamp"]
    return {
        "phase": "Running",
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "conditions": [{"type": name, "status": "True", "lastTransitionTime": created} for name in CONDITIONS],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": container["image"],
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": created}},
            }
            for container in pod["spec"]["containers"]
        ],
    }
