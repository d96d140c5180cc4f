"""Owns ``env list``: the environments and what each means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Command, NoArguments
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.env import EnvironmentsHuman, EnvironmentsJson

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


@dataclass(frozen=True, slots=True)
class EnvironmentLine:
    """One environment: the stack it maps to, whether everything in it is protected, and what is applied in it."""

    name: str
    stack: str | None
    protected: bool
    applied: tuple[str, ...]


def run(arguments: NoArguments, session: Session) -> Exit:  # noqa: ARG001 -- there are none
    """Show those of flowyml.yaml, and any other in which something is recorded."""
    project = session.project
    applied: dict[str, list[str]] = {}
    for key in project.reader().deployments():
        applied.setdefault(key.environment, []).append(key.stack)
    declared = project.config.environments
    lines = [
        EnvironmentLine(
            name,
            declared[name].stack if name in declared else None,
            declared[name].protect if name in declared else False,
            tuple(sorted(applied.get(name, ()))),
        )
        for name in dict.fromkeys(("default", *declared, *sorted(applied)))
    ]
    session.view(EnvironmentsHuman, EnvironmentsJson).show(lines)
    return Exit.DONE


LIST = Command(
    NoArguments,
    run,
    "List the environments of flowyml.yaml with the stack each maps to, and what is recorded in each.",
    (("env list", "all of them"), ("plan --env production", "then use one")),
)
