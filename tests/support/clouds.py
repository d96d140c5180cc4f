"""A short way from the spec of a stack on AWS to what it compiles to."""

from __future__ import annotations

from typing import Any

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.expand import expand


def expanded(
    spec: dict[str, Any],
    *,
    config: str = "project: {name: shop, org: acme}",
    environment: str = "default",
    environ: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> Compiled:
    project = ProjectConfig.from_bytes(config.encode(), "/nowhere", environ=environ or {})
    manifest = {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "prod", "labels": labels or {}},
        "spec": {"provider": "aws", **spec},
    }
    definition = StackDefinition.from_mapping(manifest, config=project, environ=environ or {})
    return expand(definition, environment, config=project)


def bucket(compiled: Compiled, name: str = "data") -> dict[str, Any]:
    (found,) = (spec.properties for spec in compiled.graph.specs.values() if spec.address.name == name)
    return dict(found)
