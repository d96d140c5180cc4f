"""docs/manifest.md lists every key, docs/kinds.md every kind that there is; FLOWYML_UPDATE_GOLDEN=1 writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.definition.schema import json_schema
from flowyml_infra.resources.catalogue import every_kind
from flowyml_infra.resources.derivation import FromComponent, FromKind, FromLocation, FromName, FromProtection, FromTags
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.transition import ANY_ORDER, STAYS

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = DOCS / "manifest.md"

OPENING = """\
# The manifest and flowyml.yaml

A stack is a YAML file of its own, in the project's `stacks/` folder, or an entry under `stacks:` in flowyml.yaml.
`flowyml-infra schema` and `flowyml-infra schema project` print JSON Schemas, with which an editor completes and checks
both. Keys may also be written in camelCase.

```yaml
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: team-a
  version: "1.0.0"
spec:
  provider: local
  storage:
    # A component can be a URI …
    metadata_store: sqlite:///.flowyml/team-a/metadata.db
    # … or a mapping: the URI, properties of its kind, its lifecycle.
    artifact_store:
      uri: ${ARTIFACTS:-.flowyml/team-a/artifacts}
      mode: "0750"
      lifecycle:
        protect: true
  resources:
    features:
      kind: directory
      path: .flowyml/team-a/features
    index:
      kind: directory
      path: .flowyml/team-a/index
      labels:
        # An output of another resource; so `index` is made after `features`.
        beside: ${resources.features.outputs.uri}
```

## References and variables
| written | is |
|---|---|
| `${NAME}`, `${NAME:-default}` | an environment variable; secrets stay references until they are needed |
| `${resources.NAME.outputs.OUTPUT}` | an output of another resource of this stack, which is then made first |
| `${stacks.NAME.outputs.COMPONENT.OUTPUT}` | an output of another stack in the same environment |
| `$$` | a single `$` |

"""


def reference() -> str:
    parts = [OPENING]
    for title, name in (("Keys of a manifest", "manifest"), ("Keys of flowyml.yaml", "project")):
        schema = json_schema(name)  # type: ignore[arg-type]
        parts.append(f"\n## {title}\n\n| key | what it is |\n|---|---|\n")
        parts += [f"| `{path}` | {text} |\n" for path, text in keys(schema, schema["$defs"], "")]
    return "".join(parts)


def kinds() -> str:
    parts = ["# The kinds of resources\n\nWhat each has as properties and gives as outputs.\n"]
    for kind in every_kind():
        parts.append(f"\n## {kind.id}\n{kind.summary}\n\n| property | what it is | when left out |\n|---|---|---|\n")
        for item in kind.properties:
            parts.append(f"| `{item.name}` | {described(item)} | {left_out(item)} |\n")
        outputs = ", ".join(f"`{item.name}`" for item in kind.outputs)
        parts.append(f"\nOutputs: {outputs}.\n")
    return "".join(parts)


def described(item: Property) -> str:
    text = item.description.rstrip(".")
    if item.minimum is not None and item.maximum is not None:
        text += f"; {item.minimum} to {item.maximum} {item.unit}".rstrip()
    if item.choices:
        text += f": {', '.join(item.choices)}"
    notes = {ANY_ORDER: "in any order", STAYS: "left out later, it stays as it is"}
    text += "".join(f"; {note}" for transition, note in notes.items() if transition in item.transitions)
    return f"{text}; a change replaces the resource" if item.replaces else text


def left_out(item: Property) -> str:
    match item.derived:
        case FromLocation("storage_class"):
            return "`spec.storage.storage_class`"
        case FromLocation(key):
            return f"`spec.location.{key}`"
        case FromName(_, str(key)):
            return f"`spec.location.{key}`, else made up"
        case FromName():
            return "made up"
        case FromProtection():
            return "whether the environment is protected"
        case FromTags():
            return "those of the stack"
        case FromComponent(component, output, _, FromLocation(key)):
            return f"`{output}` of the stack's {component}, else `spec.location.{key}`"
        case FromComponent(component, output):
            return f"`{output}` of the stack's {component}"
        case FromKind(kind, output, FromLocation(key)):
            return f"`{output}` of the stack's own {kind}, else `spec.location.{key}`"
        case _:
            return "required" if item.required else "nothing" if item.default is None else f"`{item.default}`"


def keys(schema: dict[str, Any], definitions: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Every key below ``schema`` with its dotted path and its description."""
    for name, item in sorted(schema.get("properties", {}).items(), key=lambda pair: pair[0] != "apiVersion"):
        here = f"{path}.{name}" if path else name
        below = resolved(item, definitions)
        text = item.get("description") or below.get("description", "")
        if name == "lifecycle" and path != "spec.resources.NAME":
            yield here, f"{text.rstrip('.')}: see `spec.resources.NAME.lifecycle`"
            continue
        yield here, text.replace("|", "\\|").rstrip(".")
        yield from keys(below, definitions, here)
        for inner in below.get("patternProperties", {}).values():
            if "properties" not in below:
                yield from keys(resolved(inner, definitions), definitions, f"{here}.NAME")
        if "items" in below:
            yield from keys(resolved(below["items"], definitions), definitions, f"{here}[]")


def resolved(item: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The object that ``item`` is, refers to, or can be."""
    if "$ref" in item:
        return resolved(definitions[item["$ref"].rpartition("/")[2]], definitions)
    if "additionalProperties" in item and isinstance(item["additionalProperties"], dict):
        inner = resolved(item["additionalProperties"], definitions)
        if "properties" in inner and "properties" not in item:
            return {"patternProperties": {"": inner}, "description": item.get("description", "")}
    for choice in item.get("anyOf", ()):
        found = resolved(choice, definitions)
        if "properties" in found or "items" in found:
            return {**found, "description": item.get("description", found.get("description", ""))}
    return item


def test_the_reference_has_every_key_and_kind() -> None:
    if os.environ.get("FLOWYML_UPDATE_GOLDEN"):
        REFERENCE.write_text(reference(), encoding="utf-8")
    assert REFERENCE.read_text(encoding="utf-8") == reference()
    for expected in ("`spec.storage.artifact_store.uri`", "`spec.moved[].from`", "`environments.NAME.protect`"):
        assert expected in reference()


def test_the_kinds_are_listed() -> None:
    if os.environ.get("FLOWYML_UPDATE_GOLDEN"):
        (DOCS / "kinds.md").write_text(kinds(), encoding="utf-8")
    assert (DOCS / "kinds.md").read_text(encoding="utf-8") == kinds()


def test_the_example_is_a_valid_manifest(tmp_path: Path) -> None:
    from flowyml_infra.project import Project

    (tmp_path / "stacks").mkdir()
    example = OPENING.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "stacks" / "team-a.yaml").write_text(example, encoding="utf-8")
    with Project.open(tmp_path) as project:
        assert project.validate("team-a") == ()
        order = list(project.compile("team-a").graph.specs)
    assert order.index(Address("local.directory.features")) < order.index(Address("local.directory.index"))
