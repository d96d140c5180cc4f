"""Owns the one JSON document that a command with ``--json`` writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.cli.terminal import Terminal

FORMAT_VERSION = "1"


def write_document(terminal: Terminal, document: Mapping[str, object]) -> None:
    """Write ``document`` to standard output, its ``format_version`` first."""
    body = {"format_version": FORMAT_VERSION, **document}
    # Indenting costs more than everything else about a large plan, and only people look at the spaces.
    terminal.say(json.dumps(body, indent=2 if terminal.out.isatty() else None, ensure_ascii=False))
