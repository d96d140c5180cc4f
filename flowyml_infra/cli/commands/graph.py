"""Owns ``graph``: the resources of a stack and what they depend on, as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option
from flowyml_infra.cli.arguments.selection import STACK
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.cli.views.graph import render_dot, render_mermaid

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session

_FORMATS = {"dot": render_dot, "mermaid": render_mermaid}


class GraphArguments(Arguments):
    """The arguments of ``graph``."""

    stack: str | None = field(STACK, default=None)
    format: str = field(
        option("--format", "FORMAT", "dot (for Graphviz, the default) or mermaid", choices=tuple(_FORMATS)),
        default="dot",
    )


def run(arguments: GraphArguments, session: Session) -> Exit:
    """Draw it; with ``--json`` give nodes and edges."""
    graph = session.project.compile(arguments.stack, session.options.env).graph
    edges = {str(address): [str(item) for item in graph.specs[address].depends_on] for address in graph.specs}
    if session.options.json:
        pairs = [{"from": address, "to": other} for address, after in edges.items() for other in after]
        write_document(session.terminal, {"nodes": list(edges), "edges": pairs})
    else:
        session.terminal.say(_FORMATS[arguments.format](edges))
    return Exit.DONE


COMMAND = Command(
    GraphArguments,
    run,
    "Write the resources of a stack and what they depend on, as text that Graphviz or Mermaid draws.",
    (
        ("graph | dot -Tsvg > stack.svg", "a picture, with Graphviz"),
        ("graph --format mermaid", "for Markdown"),
    ),
)
