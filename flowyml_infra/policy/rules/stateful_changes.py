"""Owns the rule ``stateful_changes``: what keeps data is neither deleted nor replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import choices
from flowyml_infra.policy.rules.rule import CHANGING, Rule, violated
from flowyml_infra.resources.catalogue import find_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_DONE = {"delete": "deleted", "replace": "replaced", "forget": "forgotten"}


def read(options: Options) -> tuple[str, ...]:
    """The actions that are refused."""
    return options.read("actions", choices("delete", "replace", "forget"), ("delete", "replace"))


def judge(subject: PolicySubject, actions: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse those actions on what keeps data."""
    for change in subject.changes:
        if not change.chosen:
            continue
        hint = "take the change back, or have this one waived"
        if change.action in actions and find_kind(change.address).stateful:
            yield violated(f"it keeps data and would be {_DONE[change.action]}", change.address, hint)
        elif change.loses and "delete" in actions:
            parts = ", ".join(change.loses)
            yield violated(f"its {parts} would go, with the data in it", change.address, hint)


RULE = Rule(
    "stateful_changes",
    "the deletion or replacement of what keeps data",
    read,
    judge,
    main="actions",
    purposes=CHANGING,
)
