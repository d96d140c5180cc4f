"""Owns what the URI of a managed component says about the resource that stands for it: name, region, path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.definition.components import Component

_ECR_HOST = re.compile(r"(?P<account>\d+)\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")

_ARTIFACT_REGISTRY_HOST = re.compile(r"(?P<region>[a-z0-9-]+)-docker\.pkg\.dev")


def properties_of_uri(component: Component, kind_id: str) -> dict[str, str]:
    """The properties of a resource of this kind that the component's URI gives; nothing without one."""
    uri = component.uri
    if uri is None:
        return {}
    if kind_id.startswith("local."):
        return {"path": component.local_path or uri}
    if kind_id in ("aws.bucket", "gcp.bucket"):
        return {"name": uri.partition("://")[2].partition("/")[0]}
    if kind_id == "aws.registry":
        host, _, name = uri.partition("/")
        found = _ECR_HOST.fullmatch(host)
        return {**({"region": found["region"]} if found else {}), **({"name": name} if name else {})}
    if kind_id == "gcp.registry":
        host, _, path = uri.partition("/")
        return _of_google_registry(host, path)
    if kind_id == "azure.storage":
        return _of_azure_storage(uri)
    if kind_id == "azure.registry":
        return {"name": uri.partition("/")[0].partition(".")[0]}
    return {}


def _of_google_registry(host: str, path: str) -> dict[str, str]:
    """What ``REGION-docker.pkg.dev/PROJECT/NAME`` says, and ``gcr.io/PROJECT``, which names no repository."""
    project, _, name = path.partition("/")
    found = _ARTIFACT_REGISTRY_HOST.fullmatch(host)
    given = {"region": found["region"] if found else "", "project_id": project, "name": name if found else ""}
    return {key: value for key, value in given.items() if value}


def _of_azure_storage(uri: str) -> dict[str, str]:
    """What ``SCHEME://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH`` says, and ``SCHEME://CONTAINER``.

    The scheme ``adl`` names a store of the generation before, which has no containers.
    """
    scheme, _, rest = uri.partition("://")
    if scheme == "adl":
        return {}
    container, _, host = rest.partition("/")[0].partition("@")
    given = {"container": container, "name": host.partition(".")[0]}
    return {key: value for key, value in given.items() if value}
