"""Owns the lines that one change takes on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line
from flowyml_infra.cli.views.plan.symbols import symbol_of
from flowyml_infra.cli.views.values import UNKNOWN, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.apply.engine import PartStep
    from flowyml_infra.cli.terminal import Terminal
    from flowyml_infra.cli.views.plan.picture import Block, FieldLine

FORCES = "# forces replacement"


def headline(block: Block, terminal: Terminal) -> str:
    """The first line: sign, address, what happens."""
    symbol = symbol_of(block)
    sign = terminal.paint(symbol.sign.rjust(3), symbol.tone)
    return f"{sign} {terminal.paint(block.address, Tone.BOLD)} {symbol.clause}"


def block_lines(block: Block, terminal: Terminal, *, verbose: bool) -> list[str]:
    """The whole block."""
    lines = [headline(block, terminal)]
    if block.previous_address:
        lines.append(f"      # was {block.previous_address}")
    lines += [f"      # {one_line(reason)}" for reason in block.reasons]
    if block.data:
        lines.append(terminal.paint(f"      # {block.data}", Tone.WARNING))
    lines += field_lines(
        block.fields, terminal, verbose=verbose, indent=6, signed=block.action in ("update", "replace")
    )
    if block.unchanged:
        lines.append(terminal.paint(f"        ({block.unchanged} unchanged)", Tone.DIM))
    lines += [f"      {_step_text(step, terminal)}" for step in block.steps]
    return lines


def _step_text(step: PartStep, terminal: Terminal) -> str:
    changed = f" ({', '.join(step.changed)})" if step.changed else ""
    return terminal.paint(f"| {step.operation} {step.type} {step.name}{changed}", Tone.DIM)


def field_lines(
    fields: Sequence[FieldLine], terminal: Terminal, *, verbose: bool, indent: int = 2, signed: bool = True
) -> list[str]:
    """One line for each property, the equals signs below each other; with ``signed`` each has a sign of its own."""
    width = max((len(one_line(item.path)) for item in fields), default=0)
    lines = []
    for item in fields:
        sign, tone, text = _described(item, short=not verbose)
        mark = f"{terminal.paint(sign, tone)} " if signed else ""
        forces = f"  {terminal.paint(FORCES, Tone.REPLACE)}" if item.forces else ""
        lines.append(f"{' ' * indent}{mark}{one_line(item.path).ljust(width)} = {text}{forces}")
    return lines


def _described(item: FieldLine, *, short: bool) -> tuple[str, Tone, str]:
    after = UNKNOWN if item.unknown else render(item.after, short=short)
    if item.before is None:
        return "+", Tone.ADD, after
    if item.after is None and not item.unknown:
        return "-", Tone.REMOVE, render(item.before, short=short)
    return "~", Tone.CHANGE, f"{render(item.before, short=short)} -> {after}"
