"""Owns the drawing of a resource graph as text that Graphviz and Mermaid read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Edges = Mapping[str, Sequence[str]]


def render_dot(edges: Edges) -> str:
    """Graphviz; an arrow goes from what depends to what it depends on. ``edges`` is in dependency order."""
    lines = ["digraph stack {", '  rankdir = "RL";', '  node [shape = box, fontname = "monospace"];']
    lines += [f'  "{address}";' for address in edges]
    lines += [f'  "{address}" -> "{other}";' for address, after in edges.items() for other in after]
    return "\n".join([*lines, "}"])


def render_mermaid(edges: Edges) -> str:
    """Mermaid; an arrow goes from what depends to what it depends on. ``edges`` is in dependency order."""
    names = {address: f"r{index}" for index, address in enumerate(edges)}
    lines = ["flowchart RL"]
    lines += [f'  {name}["{address}"]' for address, name in names.items()]
    lines += [f"  {names[address]} --> {names[other]}" for address, after in edges.items() for other in after]
    return "\n".join(lines)
