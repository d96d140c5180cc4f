"""Owns the plan as people read it on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone, one_line, printable
from flowyml_infra.cli.views.failure import render_diagnostics
from flowyml_infra.cli.views.plan.blocks import block_lines, field_lines, headline
from flowyml_infra.cli.views.plan.summary import summary
from flowyml_infra.cli.views.plan.symbols import legend, symbol_of
from flowyml_infra.cli.views.plan.unchanged import nothing
from flowyml_infra.cli.views.values import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.cli.terminal import Terminal
    from flowyml_infra.cli.views.plan.picture import Block, FindingLine, Picture

DETAILED = 50
"""Up to this many changes are shown with all their properties."""

LISTED = 10
"""Beyond that, so many creations of one kind are named, and the others counted."""

_FINDINGS = {
    "deny": ("x", Tone.REMOVE),
    "pending": ("?", Tone.WARNING),
    "warn": ("!", Tone.WARNING),
    "info": ("i", Tone.DIM),
}


def render_plan(picture: Picture, terminal: Terminal, *, verbose: bool = False) -> str:
    """The whole text, from what is planned to what the policies say."""
    parts: list[str] = []
    if picture.warnings:
        parts.append(render_diagnostics(picture.warnings, terminal))
    if picture.empty:
        count, destroy = picture.counts["noop"], picture.destroy
        parts.append(nothing(picture.deployment, count, picture.source, terminal, destroy=destroy))
    if picture.blocks:
        parts.append(_opening(picture, terminal))
        parts.append("\n\n".join(_changes(picture, terminal, verbose=verbose)))
    if picture.outputs and not picture.destroy:
        parts.append(
            "\n".join([f"Outputs of {picture.deployment}:", *field_lines(picture.outputs, terminal, verbose=verbose)])
        )
    if picture.findings or picture.decision != "allow" or (picture.governed and picture.blocks):
        parts.append(render_policy(picture, terminal))
    if not picture.empty:
        parts.append(f"{terminal.paint('Plan:', Tone.BOLD)} {summary(picture)}.")
    if picture.records:
        parts.append(f"An apply also brings {counted(picture.records, 'record')} up to date.")
    if picture.partial:
        parts.append("Only a part of the stack was planned, as --target or --exclude asked.")
    return "\n\n".join(parts)


def render_policy(picture: Picture, terminal: Terminal) -> str:
    """What the policies say, the reasons below the verdict."""
    verdict = {
        "allow": terminal.paint("Policies allow this plan.", Tone.GOOD),
        "deny": terminal.paint("Policies deny this plan; an apply will be refused.", Tone.ERROR),
        "pending": terminal.paint("Policies cannot decide yet; until they can, an apply is refused.", Tone.WARNING),
        "deferred": terminal.paint(
            "Policies allow this plan so far; what is open is decided before the resource is touched.", Tone.WARNING
        ),
    }[picture.verdict]
    return "\n".join([verdict, *(_finding(item, terminal) for item in picture.findings)])


def _finding(item: FindingLine, terminal: Terminal) -> str:
    sign, tone = _FINDINGS[item.severity]
    place = f" on {item.address}" if item.address else ""
    waived = f" (waived by {printable(item.waived_by)})" if item.waived_by else ""
    line = f"  {terminal.paint(sign, tone)} {item.rule}{place}: {one_line(item.message)}{waived}"
    refuses = item.severity in ("deny", "pending") and not item.waived_by
    return f"{line}\n      hint: {one_line(item.hint)}" if item.hint and refuses else line


def _opening(picture: Picture, terminal: Terminal) -> str:
    what = "be destroyed" if picture.destroy else f"become what {printable(picture.source)} says"
    signs = "\n".join(
        f"{terminal.paint(symbol.sign.rjust(3), symbol.tone)} {symbol.legend}" for symbol in legend(picture.blocks)
    )
    return f"For {terminal.paint(picture.deployment, Tone.BOLD)} to {what}:\n\n{signs}"


def _changes(picture: Picture, terminal: Terminal, *, verbose: bool) -> Iterator[str]:
    """The blocks; in a long plan creations come last, only named, and counted where they are many of one kind."""
    if verbose or len(picture.blocks) <= DETAILED:
        for block in picture.blocks:
            yield "\n".join(block_lines(block, terminal, verbose=verbose))
        return
    told = [block for block in picture.blocks if block.action != "create"]
    for index, block in enumerate(told):
        if index < DETAILED and block.action != "delete":
            yield "\n".join(block_lines(block, terminal, verbose=False))
    rest = [block for index, block in enumerate(told) if index >= DETAILED or block.action == "delete"]
    if rest:
        yield "\n".join(headline(block, terminal) for block in rest)
    yield from _creations([block for block in picture.blocks if block.action == "create"], terminal)


def _creations(blocks: list[Block], terminal: Terminal) -> Iterator[str]:
    by_kind: dict[str, list[Block]] = {}
    for block in blocks:
        by_kind.setdefault(block.address.rpartition(".")[0], []).append(block)
    for kind, group in by_kind.items():
        lines = [headline(block, terminal) for block in group[:LISTED]]
        if len(group) > LISTED:
            sign = terminal.paint(symbol_of(group[0]).sign, Tone.ADD)
            lines.append(f"  {sign} ... and {len(group) - LISTED:,} more {kind} (-v shows them all)")
        yield "\n".join(lines)
