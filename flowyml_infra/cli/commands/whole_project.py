"""Owns ``plan --all`` and ``apply --all``: every stack of the project, each after those whose outputs it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.exits import Exit, exit_of, foremost
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.failure import diagnostics_of, show_failure
from flowyml_infra.errors import InfraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.cli.session import Session
    from flowyml_infra.project.fleet import Member

    Document = dict[str, object]
    One = Callable[[Member], tuple[Exit, Document]]


def refuse_beside_all(**given: object) -> None:
    """Refuse what is about one stack.

    Raises:
        UsageError: One of ``given``, named by its option, is set.
    """
    for name, value in given.items():
        if value:
            shown = "STACK" if name == "stack" else f"--{name}"
            raise UsageError(f"--all and {shown} exclude each other: {shown} is about one stack")


def for_every_stack(session: Session, one: One) -> Exit:
    """Do ``one`` for every stack, in order; a stack whose predecessor failed is left out, the others go on.

    With ``--json``, one document has what came of each.

    Raises:
        GraphError: Stacks need each other in a circle.
        UsageError: There are none.
    """
    from flowyml_infra.project.fleet import members

    stacks = members(session.project, session.options.env)
    if not stacks:
        raise UsageError("the project declares no stacks", hint="put a manifest into stacks/")
    codes: dict[str, Exit] = {}
    documents: list[Document] = []
    for member in stacks:
        failed = sorted(name for name in member.needs if codes.get(name, Exit.DONE) not in (Exit.DONE, Exit.CHANGES))
        if failed:
            code, document = _left_out(member, failed[0], session)
        else:
            code, document = _guarded(one, member, session)
        codes[member.name] = code
        documents.append({"stack": member.name, **document})
        if code == Exit.INTERRUPTED:
            break
    if session.options.json:
        write_document(session.terminal, {"stacks": documents})
    return foremost(codes.values())


def _left_out(member: Member, failed: str, session: Session) -> tuple[Exit, Document]:
    message = f"{member.name} was left out: it needs {failed}, which failed"
    session.progress(f"\n{message}")
    return Exit.PARTIAL, {"left_out": message}


def _guarded(one: One, member: Member, session: Session) -> tuple[Exit, Document]:
    session.progress(f"\n{member.name}")
    try:
        if member.error is not None:
            raise member.error
        return one(member)
    except InfraError as error:
        if not session.options.json:
            show_failure(error, session.terminal, json=False, verbose=session.options.verbose)
        return exit_of(error), {"diagnostics": [item.to_json() for item in diagnostics_of(error)]}
