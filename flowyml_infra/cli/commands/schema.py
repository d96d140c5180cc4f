"""Owns ``schema``: the JSON Schemas that editors check manifests and flowyml.yaml with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flowyml_infra.cli.arguments.declaration import Command, positional
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.document import write_document

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.definition.schema import SchemaName


@dataclass(frozen=True)
class SchemaArguments:
    """The arguments of ``schema``."""

    document: str = field(
        default="manifest",
        metadata=positional("DOCUMENT", "manifest (the default) or project", choices=("manifest", "project")),
    )


def run(arguments: SchemaArguments, session: Session) -> Exit:
    """Print the schema; it is JSON with or without ``--json``."""
    from flowyml_infra.definition.schema import json_schema

    schema = json_schema(cast("SchemaName", arguments.document))
    if session.options.json:
        write_document(session.terminal, schema)
    else:
        session.terminal.say(json.dumps(schema, indent=2, ensure_ascii=False))
    return Exit.DONE


COMMAND = Command(
    SchemaArguments,
    run,
    "Print the JSON Schema (2020-12) of stack definitions, or of flowyml.yaml. Editors that know it complete keys and\n"
    "mark mistakes while you type.",
    (
        ("schema > .flowyml/manifest.schema.json", "for the files in stacks/"),
        ("schema project > .flowyml/project.schema.json", "for flowyml.yaml"),
    ),
)
