"""docs/commands.md is the command line as it is; FLOWYML_UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

from flowyml_infra.cli.arguments.catalogue import PROGRAM, SECTIONS, Entry
from flowyml_infra.cli.arguments.declaration import declared
from flowyml_infra.cli.arguments.options import GlobalOptions
from flowyml_infra.cli.exits import Exit

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"

OPENING = f"""\
# Commands

`{PROGRAM} COMMAND [ARGUMENTS]`, also `python -m flowyml_infra`. A STACK is a name, the path of a manifest or a URI;
without one, the [resolution order](concepts.md#which-stack-is-meant) decides.

## Exit codes
| code | when |
|---|---|
| 0 | done, or nothing to do |
| 1 | an error, also in the command line itself |
| 2 | `plan --detailed-exitcode` found changes |
| 3 | denied by policy |
| 4 | the deployment is locked |
| 5 | the saved plan is stale, was edited or was used |
| 6 | an apply stopped part way; the state says how far |
| 130 | interrupted |

Where several apply, the first of 130, 4, 5, 6, 3, 1, 2, 0 is used.

## JSON
With `--json` a command writes one document to standard output and nothing else; progress goes to standard error. Every
document has `format_version: "1"`. A failure is `{{"format_version", "diagnostics": [{{"severity", "code", "summary",
"detail", "address", "file", "line", "column", "hint"}}]}}`. Secrets are `"(secret)"`.

## Global options
They may stand anywhere on the line.

"""


def reference() -> str:
    parts = [OPENING, *options(GlobalOptions)]
    for title, entries in SECTIONS:
        parts.append(f"\n## {title}\n")
        parts += [section(entry) for entry in entries]
    return "".join(parts)


def options(arguments: type) -> list[str]:
    lines = []
    for _, argument, _ in declared(arguments):
        typed = ", ".join(argument.flags) + (f" {argument.metavar}" if argument.flags and argument.metavar else "")
        lines.append(
            f"- `{typed or argument.metavar}`: {argument.text}{', may be repeated' if argument.many else ''}\n"
        )
    return lines


def section(entry: Entry) -> str:
    command = entry.load()
    lines = [f"\n### {entry.text}\n", " ".join(command.description.split()) + "\n"]
    listed = options(command.arguments)
    if listed:
        lines += ["\n", *listed]
    lines += ["\n```\n", *(f"{PROGRAM} {line}\n    {meaning}\n" for line, meaning in command.examples), "```\n"]
    return "".join(lines)


def test_the_reference_is_the_command_line_as_it_is() -> None:
    if os.environ.get("FLOWYML_UPDATE_GOLDEN"):
        REFERENCE.write_text(reference(), encoding="utf-8")
    assert REFERENCE.read_text(encoding="utf-8") == reference()


def test_every_exit_code_is_explained() -> None:
    assert all(f"\n| {int(code)} | " in OPENING for code in Exit)
