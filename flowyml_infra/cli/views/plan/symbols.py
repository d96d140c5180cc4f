"""Owns the signs, words and colours of the actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.cli.terminal import Tone

if TYPE_CHECKING:
    from flowyml_infra.cli.views.plan.picture import Block


@dataclass(frozen=True, slots=True)
class Symbol:
    """How one action is shown: its sign, what the legend says, what a block's first line says, its colour."""

    sign: str
    legend: str
    clause: str
    tone: Tone


_SYMBOLS = {
    "create": Symbol("+", "create", "will be created", Tone.ADD),
    "update": Symbol("~", "update in place", "will be updated in place", Tone.CHANGE),
    "replace": Symbol("-/+", "delete, then create", "must be replaced: deleted, then created", Tone.REPLACE),
    "create_first": Symbol("+/-", "create, then delete", "must be replaced: created, then deleted", Tone.REPLACE),
    "delete": Symbol("-", "delete", "will be deleted", Tone.REMOVE),
    "forget": Symbol(".", "forget, and leave the thing alone", "will be forgotten", Tone.MOVE),
    "import": Symbol("<-", "take over what exists", "will be imported", Tone.MOVE),
    "noop": Symbol("=>", "move to another address", "has moved here", Tone.MOVE),
}

PAST = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "forget": "forgotten",
    "import": "imported",
    "noop": "moved",
    "refresh": "refreshed",
}
"""What an action is called once it is done."""


def symbol_of(block: Block) -> Symbol:
    """The symbol of a change."""
    return _SYMBOLS["create_first" if block.create_first else block.action]


def legend(blocks: tuple[Block, ...]) -> list[Symbol]:
    """The symbols that ``blocks`` use, each once, in a fixed order."""
    used = {symbol_of(block) for block in blocks}
    return [symbol for symbol in _SYMBOLS.values() if symbol in used]
