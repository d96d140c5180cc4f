"""Short ways from the text of a manifest to its expansion, or to what is wrong with it."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from flowyml_infra.address import Address
from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.expand import expand
from flowyml_infra.resources.spec import ResourceSpec

HEAD = (
    "apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata: {name: demo, version: 1.2.3, labels: {team: ml}}\nspec:\n"
)
FIRST_LINE = 5
"""Where the text under ``spec`` begins."""


def expansion(spec: str, environment: str = "default", project: str = "", **variables: str) -> Compiled:
    config = ProjectConfig.from_bytes(project.encode(), "/nowhere", environ=variables)
    text = HEAD + indent(dedent(spec).strip("\n"), "  ")
    definition = StackDefinition.from_text(text, source="demo.yaml", config=config, environ=variables)
    return expand(definition, environment, config=config)


def only(compiled: Compiled) -> ResourceSpec:
    (found,) = compiled.graph.specs.values()
    return found


def at(compiled: Compiled, address: str) -> ResourceSpec:
    return compiled.graph.specs[Address(address)]


def problems(spec: str, **variables: str) -> list[tuple[int, str, str | None]]:
    """Line below ``spec`` (from 1), summary and hint of every problem."""
    with pytest.raises(DefinitionError) as caught:
        expansion(spec, **variables)
    found = []
    for item in caught.value.diagnostics:
        assert item.location is not None, item
        assert item.location.file == "demo.yaml"
        assert item.code
        found.append(((item.location.line or 0) - FIRST_LINE + 1, item.summary, item.hint))
    return found
