"""Owns the plan as a web page: one file that needs nothing else, with the details folded away."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import one_line
from flowyml_infra.cli.views.plan.summary import summary
from flowyml_infra.cli.views.plan.symbols import symbol_of
from flowyml_infra.cli.views.values import UNKNOWN, render

if TYPE_CHECKING:
    from flowyml_infra.cli.views.plan.picture import Block, FieldLine, FindingLine, Picture

_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #1c2128; }
code, td { font-family: ui-monospace, monospace; font-size: 13px; }
details { border: 1px solid #d0d7de; border-radius: 6px; margin: .5em 0; padding: .4em .8em; }
summary { cursor: pointer; }
td { padding: 0 .8em 0 0; vertical-align: top; white-space: pre-wrap; }
.create { color: #116329; } .update { color: #7d4e00; } .replace { color: #8250df; } .delete { color: #a40e26; }
.allow { color: #116329; } .deny { color: #a40e26; } .pending { color: #7d4e00; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #d0d7de; } details { border-color: #30363d; }
  .create, .allow { color: #56d364; } .update, .pending { color: #e3b341; } .replace { color: #d2a8ff; }
  .delete, .deny { color: #ff7b72; } }"""

_VERDICTS = {
    "allow": "Policies allow this plan.",
    "deny": "Policies deny this plan; an apply will be refused.",
    "pending": "Policies cannot decide yet; until they can, an apply is refused.",
    "deferred": "Policies allow this plan so far; what is open is decided before the resource is touched.",
}


def render_html(picture: Picture) -> str:
    """The whole page."""
    title = "No changes" if picture.empty else f"Plan: {summary(picture)}"
    name = escape(picture.deployment)
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{name}: {escape(title)}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{name}</h1><p><b>{escape(title)}</b> (from {escape(picture.source)}, serial {picture.serial})</p>",
        f'<p class="{picture.decision}"><b>{_VERDICTS[picture.verdict]}</b></p>',
        *_findings(picture.findings),
        *(f"<p><b>Warning:</b> {escape(item.summary)}</p>" for item in picture.warnings),
        *(_details(block) for block in picture.blocks),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _findings(findings: tuple[FindingLine, ...]) -> list[str]:
    if not findings:
        return []
    rows = [
        f"<tr><td>{item.severity}</td><td>{escape(item.rule)}</td><td>{escape(item.address or '')}</td>"
        f"<td>{escape(one_line(item.message))}</td></tr>"
        for item in findings
    ]
    return ["<table>", *rows, "</table>"]


def _details(block: Block) -> str:
    symbol = symbol_of(block)
    head = f"<code>{escape(symbol.sign)} <b>{escape(block.address)}</b></code> {symbol.clause}"
    notes = [f"was {block.previous_address}"] if block.previous_address else []
    notes += block.reasons
    if block.data:
        notes.append(block.data)
    rows = "".join(_row(item) for item in block.fields)
    told = "".join(f"<p>{escape(one_line(note))}</p>" for note in notes)
    open_ = " open" if block.action in ("replace", "delete") else ""
    return f'<details{open_}><summary class="{block.action}">{head}</summary>{told}<table>{rows}</table></details>'


def _row(item: FieldLine) -> str:
    before = "" if item.before is None else render(item.before)
    after = UNKNOWN if item.unknown else "" if item.after is None else render(item.after)
    cells = [one_line(item.path), before, "→" if before else "", after, "forces replacement" if item.forces else ""]
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
