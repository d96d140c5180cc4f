"""Owns ``runs …``: what pipelines did on a stack."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional
from flowyml_infra.cli.arguments.selection import STACK, STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.runs import RunHuman, RunJson, RunsHuman, RunsJson

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.runtime.metadata.store import MetadataStore


class RunsArguments(Arguments):
    """The arguments of ``runs list``."""

    stack: str | None = field(STACK, default=None)
    pipeline: str | None = field(option("--pipeline", "NAME", "only runs of this pipeline"), default=None)
    limit: int = field(option("--limit", "N", "the latest so many (default: 20)", parse=int), default=20)


class RunArguments(Arguments):
    """The arguments of ``runs show``."""

    run: str = field(positional("RUN", "its id, or the beginning of it"))
    stack: str | None = field(STACK_OPTION, default=None)


def list_runs(arguments: RunsArguments, session: Session) -> Exit:
    """Show the latest runs on a stack, newest first."""
    with closing(_store(arguments.stack, session)) as store:
        found = store.runs(pipeline=arguments.pipeline, limit=arguments.limit)
    session.view(RunsHuman, RunsJson).show(found)
    return Exit.DONE


def show_run(arguments: RunArguments, session: Session) -> Exit:
    """Show one run with its steps and metrics."""
    with closing(_store(arguments.stack, session)) as store:
        found = store.run(arguments.run)
    session.view(RunHuman, RunJson).show(found)
    return Exit.DONE


def _store(stack: str | None, session: Session) -> MetadataStore:
    """The metadata store of a stack; of the built-in one also before anything was applied.

    Raises:
        OutputError: The stack is not applied, or the secret with its store's password cannot be read.
    """
    from flowyml_infra.project.outputs import stack_outputs
    from flowyml_infra.resolution.builtin import BUILTIN_SOURCE
    from flowyml_infra.runtime.metadata.access import metadata_access
    from flowyml_infra.runtime.metadata.opening import open_metadata_store
    from flowyml_infra.state.key import DeploymentKey

    project = session.project
    compiled = project.compile(stack, session.options.env)
    key = DeploymentKey(compiled.name, compiled.environment)
    if compiled.source == BUILTIN_SOURCE and not project.reader().snapshot(key).outputs:
        specs = compiled.graph.specs.values()
        path = next(spec.properties["path"] for spec in specs if spec.component == "metadata_store")
        return open_metadata_store(f"sqlite:///{(project.root / str(path)).resolve()}")
    access = metadata_access(stack_outputs(project, key).metadata_store)
    return open_metadata_store(access.uri, access.password)


LIST = Command(
    RunsArguments,
    list_runs,
    "List the pipeline runs on a stack, newest first.",
    (("runs list", "on the active stack"), ("runs list prod --env production --pipeline train", "of one pipeline")),
)
SHOW = Command(
    RunArguments,
    show_run,
    "Show one pipeline run: its steps, what was cached, its metrics, its artifacts, and what it was bound to.",
    (("runs show 3f2a", "the run whose id begins with 3f2a"),),
)
