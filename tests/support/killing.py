"""A child process that applies a project, to be killed; imported ahead by the fork server, to start at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flowyml_infra.apply.applying
import flowyml_infra.apply.engines.local
import flowyml_infra.definition.stack_definition
import flowyml_infra.project.facade
import flowyml_infra.resources.expand
import flowyml_infra.state.postgresql
import flowyml_infra.state.sql_store  # noqa: F401 -- loaded before the fork


def apply(folder: str, stack: str, started: str | None = None) -> None:
    """Plan and apply ``stack`` in ``folder``; touches the file ``started`` when the apply begins."""
    from flowyml_infra.project import Project

    with Project.open(folder) as project:
        planned = project.plan(stack)
        if started:
            Path(started).touch()
        project.apply(planned)


def apply_until_commit(folder: str, stack: str, number: int, after: bool) -> None:
    """As :func:`apply`, but die just before, or just after, the ``number``-th transaction that writes to the state."""
    from flowyml_infra.project import Project

    with Project.open(folder) as project:
        planned = project.plan(stack)
        die_at(project.store()._database, number, after=after)
        project.apply(planned)
    os._exit(0)


def roll_back_until_commit(folder: str, stack: str, number: int, after: bool) -> None:
    """Go back to what the first apply declared, but die as :func:`apply_until_commit` does."""
    from flowyml_infra.project import Project
    from flowyml_infra.state.key import DeploymentKey

    with Project.open(folder) as project:
        key = DeploymentKey(stack)
        first = project.reader().history(key, limit=None, changes=False)[-1]
        planned = project.plan_rollback(key, first.id).planned
        die_at(project.store()._database, number, after=after)
        project.apply(planned)
    os._exit(0)


def refresh_until_commit(folder: str, stack: str, number: int, after: bool) -> None:
    """Look at the world and record what is there, but die as :func:`apply_until_commit` does."""
    from flowyml_infra.project import Project

    with Project.open(folder) as project:
        drift = project.look(stack)
        die_at(project.store()._database, number, after=after)
        project.refresh(drift)
    os._exit(0)


def exit_of(processes: Any, target: Callable[..., None], *arguments: object) -> int | None:
    """How a process ended that ran ``target``; ``processes`` is a context of ``multiprocessing``."""
    child = processes.Process(target=target, args=arguments)
    child.start()
    child.join()
    exitcode: int | None = child.exitcode
    return exitcode


def creations_below(folder: Path) -> list[str]:
    """The creation ids of the resources that the embedded engine made below ``folder``, sorted."""
    return sorted(json.loads(path.read_text())["creation_id"] for path in folder.rglob(".flowyml-resource.json"))


def die_at(database: Any, number: int, *, after: bool) -> None:
    """End this process just before, or just after, the ``number``-th commit to databases of this kind from now on."""
    kind, whole, count = type(database), type(database).transaction, 0

    @contextmanager
    def transaction(self):
        nonlocal count
        with whole(self) as execute:
            yield execute
            count += 1
            if count == number and not after:
                os._exit(9)
        if count == number and after:
            os._exit(9)

    kind.transaction = transaction
