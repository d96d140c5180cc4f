"""Owns the JSON Schemas that editors check manifests and flowyml.yaml with; they follow from the models.

A schema is more lenient than the loader: what only a look at several fields, or at variables, can tell is left to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic.json_schema import models_json_schema

from flowyml_infra.definition.entries import ENTRY_TYPES, ManifestEntry, SpecEntry
from flowyml_infra.definition.manifest import Manifest
from flowyml_infra.definition.project_file import ProjectFile
from flowyml_infra.definition.shape import camel_case

if TYPE_CHECKING:
    from flowyml_infra.definition.fields import Section

SchemaName = Literal["manifest", "project"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COMPONENTS: Final = frozenset({"ArtifactStore", "MetadataStore", "Registry"})
"""The models that a text can stand for."""
_VARIABLE: Final[dict[str, Any]] = {"type": "string", "pattern": r"\$\{"}


def json_schema(name: SchemaName) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a manifest or of flowyml.yaml."""
    models: list[type[Section]] = [Manifest]
    if name == "project":
        models += [ProjectFile, SpecEntry, ManifestEntry, *ENTRY_TYPES.values()]
    _, whole = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = whole["$defs"]
    if name == "project":
        _tie_project(definitions)
    for title, definition in definitions.items():
        _relax(definition, title)
    # pydantic refers to everything by name; the document's own model is at the root.
    root = definitions.pop("Manifest" if name == "manifest" else "ProjectFile")
    title = "FlowyML stack definition" if name == "manifest" else "FlowyML project (flowyml.yaml)"
    return {"$schema": _DIALECT, **root, "title": title, "$defs": definitions}


def _tie_project(definitions: dict[str, Any]) -> None:
    """Say what entries and overrides are, which the models leave open."""
    entries = ["SpecEntry", "ManifestEntry", *(model.__name__ for model in ENTRY_TYPES.values())]
    stacks = definitions["ProjectFile"]["properties"]["stacks"]
    (names,) = stacks["patternProperties"]
    stacks["patternProperties"][names] = {"anyOf": [{"$ref": f"#/$defs/{entry}"} for entry in entries]}
    for entry in entries:
        properties = definitions[entry]["properties"]
        if "spec" in properties:
            properties["spec"] = {"$ref": "#/$defs/Spec", "description": properties["spec"]["description"]}
    # Overrides are parts of a manifest, so nothing is required in them and null removes; a mapping is all to check.
    definitions.pop("Manifest")


def _relax(schema: dict[str, Any], title: str) -> None:
    """Allow in one model's schema what the loader allows before the model sees the document."""
    properties: dict[str, Any] = schema.get("properties", {})
    for key, field in list(properties.items()):
        field.pop("title", None)
        if "patternProperties" in field:
            # The names of a table have a pattern, and without this, others would be let through unchecked.
            field["additionalProperties"] = False
        properties[key] = _with_variables(field)
    schema.pop("title", None)
    camels = {f"^{camel_case(key)}$": field for key, field in properties.items() if camel_case(key) != key}
    if title == "Manifest":
        # The document's own spelling is camelCase here.
        properties["apiVersion"] = properties.pop("api_version")
        schema["required"] = ["apiVersion" if key == "api_version" else key for key in schema["required"]]
        camels = {}
    if camels:
        schema["patternProperties"] = camels
    if title in _COMPONENTS:
        uri = properties["uri"]["description"]
        mapping = {key: schema.pop(key) for key in list(schema) if key != "description"}
        schema["anyOf"] = [{"type": "string", "minLength": 1, "description": uri}, mapping]


def _with_variables(field: dict[str, Any]) -> dict[str, Any]:
    """``field``, whose value may also come from an environment variable where it is a scalar."""
    branches: list[dict[str, Any]] = field.get("anyOf", [{key: field[key] for key in field if key in _KEYWORDS}])
    kept = [item for item in branches if item.get("type") != "null"]
    if not any(item.get("type") in ("integer", "boolean", "number", "string") or "enum" in item for item in kept):
        if len(kept) == 1 and "anyOf" in field:
            return {**{key: item for key, item in field.items() if key not in ("anyOf", "default")}, **kept[0]}
        return field
    rest = {key: item for key, item in field.items() if key not in (*_KEYWORDS, "anyOf")}
    if rest.get("default", ...) is None:
        del rest["default"]
    if all(item.get("type") == "string" and "pattern" not in item and "enum" not in item for item in kept):
        return {**rest, **kept[0]}
    return {**rest, "anyOf": [*kept, _VARIABLE]}


_KEYWORDS: Final = frozenset(
    {"type", "enum", "const", "pattern", "minimum", "maximum", "minLength", "items", "additionalProperties", "$ref"}
)
