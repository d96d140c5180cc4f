"""Owns what the URI of a managed component says about the resource that stands for it: name, region, path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.definition.components import Component

_ECR_HOST = re.compile(r"(?P<account>\d+)\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")


def properties_of_uri(component: Component, kind_id: str) -> dict[str, str]:
    """The properties of a resource of this kind that the component's URI gives; nothing without one."""
    uri = component.uri
    if uri is None:
        return {}
    if kind_id.startswith("local."):
        return {"path": component.local_path or uri}
    if kind_id == "aws.bucket":
        return {"name": uri.partition("://")[2].partition("/")[0]}
    if kind_id == "aws.registry":
        host, _, name = uri.partition("/")
        found = _ECR_HOST.fullmatch(host)
        return {**({"region": found["region"]} if found else {}), **({"name": name} if name else {})}
    return {}
