"""Owns ``schema``: the JSON Schemas that editors check manifests and flowyml.yaml with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, positional
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.document import write_document

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.definition.schema import SchemaName


class SchemaArguments(Arguments):
    """The arguments of ``schema``."""

    document: str = field(
        positional("DOCUMENT", "manifest (the default) or project", choices=("manifest", "project")), default="manifest"
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
