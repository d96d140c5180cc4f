"""A child process that applies a project, to be killed; imported ahead by the fork server, to start at once."""

from __future__ import annotations

from pathlib import Path

import flowyml_infra.apply.applying
import flowyml_infra.apply.engines.local
import flowyml_infra.definition.stack_definition
import flowyml_infra.project.facade
import flowyml_infra.resources.expand
import flowyml_infra.state.sql_store  # noqa: F401 -- loaded before the fork


def apply(folder: str, stack: str, started: str | None = None) -> None:
    """Plan and apply ``stack`` in ``folder``; touches the file ``started`` when the apply begins."""
    from flowyml_infra.project import Project

    with Project.open(folder) as project:
        planned = project.plan(stack)
        if started:
            Path(started).touch()
        project.apply(planned)
