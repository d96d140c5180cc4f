"""A cluster that answers from memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.programs.harness import Cloud, Made, make

CLUSTER = Cloud("kubernetes", {"namespace": "team-a", "storage_class": "fast"}, lambda thing: {})
NEEDED: Mapping[str, Mapping[str, Any]] = {
    "quota": {"pods": 9},
    "registry_secret": {"server": "ghcr.io/acme", "username": "puller", "password": "sesame"},
}
"""Properties by kind that have no default."""
SERVERS = {"database": "StatefulSet", "mlflow": "Deployment", "object_store": "StatefulSet"}
"""What runs the pods, by kind."""


def made(kind: str, **properties: Any) -> Made:
    """A resource of ``kind``, made."""
    return make(CLUSTER, kind, **{**NEEDED.get(kind, {}), **properties})


def spec(found: Made) -> Mapping[str, Any]:
    """The ``spec`` of the resource's primary child."""
    (primary,) = (child for child in found.kind.children if child.primary)
    return found.one(primary.facts.token)["spec"]  # type: ignore[no-any-return]


def pod(kind: str, **properties: Any) -> Mapping[str, Any]:
    """The ``spec`` of the pods of a server."""
    return spec(made(kind, **properties))["template"]["spec"]  # type: ignore[no-any-return]


def container(kind: str, **properties: Any) -> Mapping[str, Any]:
    """The one container of a server's pods."""
    (found,) = pod(kind, **properties)["containers"]
    return found  # type: ignore[no-any-return]


def environment(kind: str, **properties: Any) -> dict[str, Any]:
    """Its environment: a text, or where the value is read."""
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container(kind, **properties)["env"]}
