"""Owns ``run``: a pipeline in a Python file, carried out on a stack."""

from __future__ import annotations

import gc
import json
import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional, switch
from flowyml_infra.cli.arguments.selection import FORCE_ENV, STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.run import ResultHuman, ResultJson
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import PipelineError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

    from flowyml_infra.cli.session import Session
    from flowyml_infra.runtime.pipeline import Pipeline
    from flowyml_infra.runtime.result import PipelineResult


def parameter(text: str) -> tuple[str, object]:
    """``name=value``; the value as JSON where it is JSON, as text where it is not.

    Raises:
        ValueError: There is no name or no ``=``.
    """
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


class RunArguments(Arguments):
    """The arguments of ``run``."""

    file: str = field(positional("PIPELINE.py", "the file that makes the pipeline"))
    stack: str | None = field(STACK_OPTION, default=None)
    param: tuple[tuple[str, object], ...] = field(
        option("--param", "NAME=VALUE", "a context parameter", parse=parameter, many=True), default=()
    )
    pipeline: str | None = field(option("--pipeline", "NAME", "which one, where the file makes several"), default=None)
    orchestrator: str | None = field(
        option("--orchestrator", "NAME", "in place of the stack's; `local`: steps run on this machine"), default=None
    )
    no_cache: bool = field(switch("--no-cache", text="use no results of earlier runs"), default=False)
    force_env: bool = field(FORCE_ENV, default=False)


def run(arguments: RunArguments, session: Session) -> Exit:
    """Load the file, run its pipeline, show how each step ended."""
    # What follows is the user's program, with garbage of its own.
    gc.set_threshold(700, 10, 10)
    if session.options.state:
        os.environ["FLOWYML_STATE_URL"] = session.options.state
    with redirect_stdout(sys.stderr) if session.options.json else nullcontext():
        result = _carry_out(arguments, session)
    session.view(ResultHuman, ResultJson).show(result)
    return Exit.DONE if result.success else Exit.ERROR


def _carry_out(arguments: RunArguments, session: Session) -> PipelineResult:
    pipeline = _choose(_pipelines(_load(arguments.file)), arguments)
    if session.options.project:
        pipeline.project_root = Path(session.options.project)
    return pipeline.run(
        stack=arguments.stack,
        env=session.options.env,
        params=dict(arguments.param),
        orchestrator=arguments.orchestrator,
        cache=not arguments.no_cache,
        force_env=arguments.force_env,
    )


def _load(file: str) -> ModuleType:
    """Import ``file`` as Python would, with its folder on the path, under the file's own name.

    Raises:
        UsageError: There is no such file.
        PipelineError: It raises; the message says what and where.
    """
    from importlib.util import module_from_spec, spec_from_file_location

    path = Path(file).resolve()
    specification = spec_from_file_location(path.stem, path) if path.suffix == ".py" else None
    if not path.is_file() or specification is None or specification.loader is None:
        raise UsageError(
            f"{file} is no Python file", code="usage.pipeline", hint="name the file that makes the pipeline"
        )
    module = module_from_spec(specification)
    sys.path.insert(0, str(path.parent))
    sys.modules[path.stem] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        from flowyml_infra.runtime.failure import describe

        message, _, detail = describe(error, ()).partition("\n")
        raise PipelineError(f"{file} cannot be loaded: {message}", code="pipeline.load", detail=detail) from error
    return module


def _pipelines(module: ModuleType) -> list[Pipeline]:
    from flowyml_infra.runtime.pipeline import Pipeline

    found = {id(value): value for value in vars(module).values() if isinstance(value, Pipeline)}
    return list(found.values())


def _choose(pipelines: list[Pipeline], arguments: RunArguments) -> Pipeline:
    names = [pipeline.name for pipeline in pipelines]
    if not pipelines:
        raise UsageError(
            f"{arguments.file} makes no pipeline",
            code="usage.pipeline",
            hint="assign one at the top level of the file: pipeline = Pipeline(…)",
        )
    wanted = [pipeline for pipeline in pipelines if arguments.pipeline in (None, pipeline.name)]
    if len(wanted) == 1:
        return wanted[0]
    if wanted:
        raise UsageError(
            f"{arguments.file} makes {len(wanted)} pipelines: {', '.join(names)}",
            code="usage.pipeline",
            hint="choose one with --pipeline NAME",
        )
    raise UsageError(
        f"{arguments.file} makes no pipeline {arguments.pipeline!r}",
        code="usage.pipeline",
        hint=did_you_mean(arguments.pipeline or "", names) or f"it makes {', '.join(names)}",
    )


COMMAND = Command(
    RunArguments,
    run,
    "Run the pipeline that a Python file makes, on the stack it names or the one that is given here. The stack has\n"
    "to be applied; the policies judge the run first. Runs are recorded in the stack's metadata store.",
    (
        ("run pipeline.py", "on its own stack, or the active one"),
        ("run pipeline.py --stack prod --env production", "on another one"),
        ("run pipeline.py --orchestrator local", "with the stack's stores, its steps on this machine"),
        ("run pipeline.py --param epochs=500 --no-cache", "with another parameter, computing everything anew"),
    ),
)
