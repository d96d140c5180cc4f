"""Owns the plan as Markdown for a pull request: a verdict, a table, and the details folded away."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import one_line
from flowyml_infra.cli.views.plan.summary import summary
from flowyml_infra.cli.views.plan.symbols import symbol_of
from flowyml_infra.cli.views.values import UNKNOWN, counted, render

if TYPE_CHECKING:
    from flowyml_infra.cli.views.plan.picture import Block, FieldLine, FindingLine, Picture

LONGEST = 60_000
"""Characters; a comment on GitHub may have 65,536."""

_VERDICTS = {
    "allow": "**Policies allow this plan.**",
    "deny": "**Policies deny this plan; an apply will be refused.**",
    "pending": "**Policies cannot decide yet; until they can, an apply is refused.**",
    "deferred": "**Policies allow this plan so far; what is open is decided before the resource is touched.**",
}


def render_markdown(picture: Picture) -> str:
    """The whole text; what would make it too long for a comment is counted instead."""
    title = "No changes" if picture.empty else f"Plan: {summary(picture)}"
    parts = [f"### `{picture.deployment}`", f"**{title}** (from `{_code(picture.source)}`, serial {picture.serial})"]
    parts.append("\n".join([_VERDICTS[picture.verdict], *_findings(picture.findings)]))
    if picture.partial:
        parts.append("Only a part of the stack was planned, as `--target` or `--exclude` asked.")
    parts += [f"> **Warning:** {_plain(item.summary)}" for item in picture.warnings]
    used = sum(map(len, parts))
    for shown, block in enumerate(picture.blocks):
        text = _details(block)
        if used + len(text) > LONGEST:
            parts.append(f"... and {counted(len(picture.blocks) - shown, 'more change')}, left out for length.")
            break
        used += len(text)
        parts.append(text)
    return "\n\n".join(parts)


def _findings(findings: tuple[FindingLine, ...]) -> list[str]:
    if not findings:
        return []
    rows = [
        f"| {item.severity} | `{item.rule}` | {f'`{item.address}`' if item.address else 'the stack'} | {_cell(item)} |"
        for item in findings
    ]
    return ["", "| | rule | on | |", "|---|---|---|---|", *rows]


def _cell(item: FindingLine) -> str:
    waived = f" (waived by {_plain(item.waived_by)})" if item.waived_by else ""
    return _plain(item.message).replace("|", "\\|") + waived


def _details(block: Block) -> str:
    symbol = symbol_of(block)
    lines = [f"# was {block.previous_address}"] if block.previous_address else []
    lines += [f"# {one_line(reason)}" for reason in block.reasons]
    if block.data:
        lines.append(f"# {block.data}")
    lines += [_field(item) for item in block.fields]
    if block.unchanged:
        lines.append(f"  ({block.unchanged} unchanged)")
    open_ = " open" if block.action in ("replace", "delete") else ""
    sign = f"<code>{escape(symbol.sign)}</code>"
    head = f"<details{open_}><summary>{sign} <code>{block.address}</code> {symbol.clause}</summary>"
    return "\n".join([head, "", "```diff", *lines, "```", "", "</details>"])


def _field(item: FieldLine) -> str:
    after = UNKNOWN if item.unknown else render(item.after, short=True)
    forces = "  # forces replacement" if item.forces else ""
    path = one_line(item.path)
    if item.before is None:
        return f"+ {path} = {after}{forces}"
    if item.after is None and not item.unknown:
        return f"- {path} = {render(item.before, short=True)}{forces}"
    return f"! {path} = {render(item.before, short=True)} -> {after}{forces}"


def _plain(text: str) -> str:
    """``text`` as inline Markdown that stays text: no HTML, no markup, no line breaks."""
    escaped = escape(one_line(text), quote=False)
    return "".join(f"\\{c}" if c in "\\`*_[]#~@" else c for c in escaped)


def _code(text: str) -> str:
    return one_line(text).replace("`", "'")
