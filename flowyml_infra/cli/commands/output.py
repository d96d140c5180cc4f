"""Owns ``output``: what pipelines on a stack are bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, positional, switch
from flowyml_infra.cli.arguments.selection import STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.output import OutputHuman, OutputJson, OutputRaw
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import OutputError, UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.resources.values import Json, Value

    Outputs = dict[str, dict[str, Json]]


class OutputArguments(Arguments):
    """The arguments of ``output``."""

    name: str | None = field(positional("NAME", "a component, or COMPONENT.OUTPUT (default: everything)"), default=None)
    stack: str | None = field(STACK_OPTION, default=None)
    raw: bool = field(switch("--raw", text="one value without quotes, for a shell"), default=False)
    show_secrets: bool = field(switch("--show-secrets", text="show secrets in the clear"), default=False)


def run(arguments: OutputArguments, session: Session) -> Exit:
    """Show the outputs, or those that were named."""
    outputs = _read(arguments, session)
    if arguments.name:
        outputs = _selected(outputs, arguments.name)
    if arguments.raw:
        if [len(values) for values in outputs.values()] != [1]:
            raise UsageError("--raw prints a single value", hint="name it as COMPONENT.OUTPUT", code="usage.raw")
        OutputRaw(session).show(outputs)
    else:
        session.view(OutputHuman, OutputJson).show(outputs)
    return Exit.DONE


def _read(arguments: OutputArguments, session: Session) -> Outputs:
    from flowyml_infra.plan.document import masked
    from flowyml_infra.project.outputs import applied, opened_outputs

    project = session.project
    snapshot = applied(project, project.key(arguments.stack, session.options.env))
    if arguments.show_secrets:
        return {name: _opened(values) for name, values in opened_outputs(project, snapshot).items()}
    return {component: masked(values)[0] for component, values in snapshot.outputs.items()}


def _opened(values: dict[str, Value]) -> dict[str, Json]:
    from flowyml_infra.resources.values import Secret, encode, transform

    def show(_path: str, leaf: Value) -> Value:
        return leaf.value if isinstance(leaf, Secret) else leaf  # type: ignore[return-value]

    return {name: encode(transform(value, show)) for name, value in values.items()}


def _selected(outputs: Outputs, name: str) -> Outputs:
    component, _, output = name.partition(".")
    if component not in outputs:
        hint = did_you_mean(component, outputs) or f"there are: {', '.join(outputs)}"
        raise OutputError(f"there is no output {component!r}", hint=hint)
    values = outputs[component]
    if not output:
        return {component: values}
    if output not in values:
        hint = did_you_mean(output, values) or f"{component} has: {', '.join(values)}"
        raise OutputError(f"{component} has no output {output!r}", hint=hint)
    return {component: {output: values[output]}}


COMMAND = Command(
    OutputArguments,
    run,
    "Show the outputs of an applied stack: what its pipelines are bound to. Secrets stay hidden unless asked for.",
    (
        ("output", "everything"),
        ("output artifact_store.uri --raw", "one value, for a shell"),
        ("output --stack prod --env production --json", "of another deployment, for a program"),
    ),
)
