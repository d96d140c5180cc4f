"""Owns ``quickstart``: the whole path on this machine, each step a command that is shown and then run."""

from __future__ import annotations

import os
import sys
from contextlib import chdir, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, positional
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.terminal import Terminal, Tone
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.cli.session import Session

DIRECTORY = "flowyml-quickstart"

STEPS: tuple[tuple[str, str], ...] = (
    ("validate", "The definition in stacks/iris.yaml is checked."),
    ("plan --out first.plan", "It becomes a plan, and the policies in flowyml.yaml judge it. Nothing is made yet."),
    ("apply first.plan", "The gate lets the plan through, and exactly what it says is made."),
    ("output artifact_store.uri --raw", "Outputs like this one are what pipelines on this stack are bound to."),
    ("run pipeline.py", "A pipeline trains and evaluates a small model on it."),
    ("plan", "What is there is what the definition says, so there is nothing left to do."),
)
"""What is run in the new project, with what each step shows."""


class QuickstartArguments(Arguments):
    """The arguments of ``quickstart``."""

    directory: str | None = field(
        positional("DIR", f"a new folder for the project (default: {DIRECTORY})"), default=None
    )


def run(arguments: QuickstartArguments, session: Session) -> Exit:
    """Make the project, then run each step in it until one fails."""
    target = Path(arguments.directory or DIRECTORY)
    if target.exists():
        raise UsageError(
            f"{target} is there already, and quickstart begins with a new folder",
            code="usage.exists",
            hint=f"name another one: flowyml-infra quickstart {target}-2",
        )
    done: list[dict[str, object]] = []
    with redirect_stdout(sys.stderr) if session.options.json else nullcontext(), _own_settings():
        code = _walk(target, session, done)
    if session.options.json:
        from flowyml_infra.cli.views.document import write_document

        write_document(session.terminal, {"directory": str(target), "steps": done})
    elif code is Exit.DONE:
        session.advise(_farewell(target))
    return code


def _walk(target: Path, session: Session, done: list[dict[str, object]]) -> Exit:
    code = _step(["init", str(target), "--template", "local"], "A project to keep.", session, done)
    if code is Exit.DONE:
        Terminal.of_process().say(f"\n{session.terminal.paint(f'$ cd {quote(str(target))}', Tone.BOLD)}")
        with chdir(target):
            for line, why in STEPS:
                code = _step(line.split(), why, session, done)
                if code is not Exit.DONE:
                    break
    return code


def _step(words: list[str], why: str, session: Session, done: list[dict[str, object]]) -> Exit:
    """Show one command, run it as it would be typed, and note how it ended."""
    from flowyml_infra.cli.main import execute

    line = f"flowyml-infra {join(words)}"
    paint = session.terminal.paint
    Terminal.of_process().say(f"\n{paint(f'# {why}', Tone.DIM)}\n{paint(f'$ {line}', Tone.BOLD)}")
    code = execute([*words, *(["--no-color"] if session.options.no_color else [])])
    sys.stdout.flush()
    done.append({"command": line, "exit_code": int(code)})
    return code


@contextmanager
def _own_settings() -> Iterator[None]:
    """Leave out what the environment says of other projects, so that the sample touches nothing but its folder."""
    names = ("FLOWYML_STATE_URL", "FLOWYML_STACK")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)


def _farewell(target: Path) -> str:
    return (
        f"\nThat was the whole path. The project is yours, in {target}:\n"
        f"  cd {quote(str(target))}\n"
        "  edit stacks/iris.yaml, then: flowyml-infra plan && flowyml-infra apply\n"
        "  edit pipeline.py, then: flowyml-infra run pipeline.py\n"
        "  flowyml-infra destroy removes what the stack made"
    )


COMMAND = Command(
    QuickstartArguments,
    run,
    "Make a sample project in a new folder and take it through the whole path on this machine: validate, plan,\n"
    "policy gate, apply, and a pipeline that trains and evaluates a small model. Each command is shown, then run.",
    (("quickstart", f"in ./{DIRECTORY}"), ("quickstart ~/tour", "in another new folder")),
)
