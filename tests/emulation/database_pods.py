"""Owns real PostgreSQL servers in place of containers of the official image: one a pod, kept when it restarts."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.emulation import postgresql_server
from tests.emulation.plugin.kubernetes.cluster import Cluster
from tests.emulation.postgresql_server import PostgresServer

IMAGE = "docker.io/library/postgres:"


@dataclass
class DatabasePods:
    """The servers by the name of their pod, which a StatefulSet gives to its successor, as it does the volume."""

    cluster: Cluster
    servers: dict[str, PostgresServer] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)

    def begin(self, pod: dict[str, Any]) -> None:
        """Start the server of ``pod``, on the volume that an earlier one of this name left."""
        (container,) = pod["spec"]["containers"]
        if not container["image"].startswith(IMAGE):
            return
        name = pod["metadata"]["name"]
        if name in self._running:
            return
        if name in self.servers:
            self.servers[name].start()
        else:
            self.servers[name] = postgresql_server.started_as_image(self._environment(pod, container))
        self._running.add(name)

    def end(self, pod: dict[str, Any]) -> None:
        """Stop it, and every connection to it."""
        name = pod["metadata"]["name"]
        if name in self._running:
            self._running.remove(name)
            self.servers[name].stop()

    def _environment(self, pod: dict[str, Any], container: dict[str, Any]) -> dict[str, str]:
        namespace = pod["metadata"]["namespace"]
        found: dict[str, str] = {}
        for item in container["env"]:
            kept = item.get("valueFrom", {}).get("secretKeyRef")
            if kept is None:
                found[item["name"]] = item["value"]
            else:
                secret = self.cluster.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{kept['name']}")
                found[item["name"]] = base64.b64decode(secret["data"][kept["key"]]).decode()
        return found


@contextlib.contextmanager
def opened(cluster: Cluster) -> Iterator[DatabasePods]:
    """What runs databases in ``cluster``, and nothing any more when the block is left."""
    pods = DatabasePods(cluster)
    try:
        yield pods
    finally:
        for server in pods.servers.values():
            server.close()
