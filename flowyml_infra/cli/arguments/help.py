"""Owns the overview of all commands and of one group; a single command's help is its parser's."""

from __future__ import annotations

from flowyml_infra.cli.arguments.catalogue import GROUPS, PROGRAM, SECTIONS, Entry

_GLOBAL = """\
Global options, anywhere on the line:
  --project DIR   the project's folder (default: the nearest with flowyml.yaml)
  --state URL     the state (default: FLOWYML_STATE_URL, then flowyml.yaml, then .flowyml/state.db)
  --env NAME      the environment
  --json          one JSON document on standard output
  --no-color      no colours (NO_COLOR does the same)
  -q, --quiet     no progress, no advice
  -v, --verbose   show everything, and tracebacks
  --version       the version
"""

_FIRST_STEPS = f"""\
First steps:
  {PROGRAM} quickstart            see the whole path on this machine, in seconds
  {PROGRAM} init --template local my-project
  {PROGRAM} plan && {PROGRAM} apply
"""


def overview() -> str:
    """The help of the program as a whole."""
    parts = [
        f"Usage: {PROGRAM} COMMAND [ARGUMENTS]",
        "",
        "Declare the stacks that machine-learning pipelines run on: see the plan, pass the policy gate, apply, run.",
        "",
    ]
    width = max(len(entry.text) for _, entries in SECTIONS for entry in entries)
    for title, entries in SECTIONS:
        parts += [f"{title}:", *(_line(entry, width) for entry in entries), ""]
    parts += [_GLOBAL, _FIRST_STEPS, f"{PROGRAM} COMMAND --help says more about a command."]
    return "\n".join(parts) + "\n"


def group_overview(group: str) -> str:
    """The help of the commands that begin with the word ``group``."""
    entries = GROUPS[group]
    width = max(len(entry.text) for entry in entries)
    lines = [f"Usage: {PROGRAM} {group} COMMAND [ARGUMENTS]", "", *(_line(entry, width) for entry in entries), ""]
    return "\n".join([*lines, f"{PROGRAM} {group} COMMAND --help says more about a command."]) + "\n"


def _line(entry: Entry, width: int) -> str:
    return f"  {entry.text.ljust(width)}   {entry.summary}"
