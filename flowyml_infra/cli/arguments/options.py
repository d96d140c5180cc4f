"""Owns the options that every command takes."""

from __future__ import annotations

from flowyml_infra.cli.arguments.declaration import Arguments, field, option, switch


class GlobalOptions(Arguments):
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
        option("--project", "DIR", "the project's folder (default: the nearest with flowyml.yaml)"), default=None
    )
    state: str | None = field(
        option("--state", "URL", "the state (default: FLOWYML_STATE_URL, flowyml.yaml, .flowyml/state.db)"),
        default=None,
    )
    env: str | None = field(option("--env", "NAME", "the environment"), default=None)
    json: bool = field(switch("--json", text="print one JSON document"), default=False)
    no_color: bool = field(switch("--no-color", text="no colours (NO_COLOR does the same)"), default=False)
    quiet: bool = field(switch("-q", "--quiet", text="no progress, no advice"), default=False)
    verbose: bool = field(switch("-v", "--verbose", text="show everything, and tracebacks"), default=False)
