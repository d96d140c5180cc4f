"""Owns the options that every command takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowyml_infra.cli.arguments.declaration import option, switch


@dataclass(frozen=True)
class GlobalOptions:
    """What may stand anywhere on the line.

    Attributes:
        project: The project's folder; None looks upwards for the nearest flowyml.yaml.
        state: The state's URL; None leaves it to FLOWYML_STATE_URL, flowyml.yaml and the default.
        env: The environment's name.
        json: One JSON document on standard output, and nothing else there.
        no_color: No colours, whatever the terminal can do.
        quiet: No progress and no advice.
        verbose: Everything, also what is left out of long plans, and tracebacks.
    """

    project: str | None = field(
        default=None,
        metadata=option("--project", "DIR", "the project's folder (default: the nearest with flowyml.yaml)"),
    )
    state: str | None = field(
        default=None,
        metadata=option("--state", "URL", "the state (default: FLOWYML_STATE_URL, flowyml.yaml, .flowyml/state.db)"),
    )
    env: str | None = field(default=None, metadata=option("--env", "NAME", "the environment"))
    json: bool = field(default=False, metadata=switch("--json", text="print one JSON document"))
    no_color: bool = field(default=False, metadata=switch("--no-color", text="no colours (NO_COLOR does the same)"))
    quiet: bool = field(default=False, metadata=switch("-q", "--quiet", text="no progress, no advice"))
    verbose: bool = field(default=False, metadata=switch("-v", "--verbose", text="show everything, and tracebacks"))
