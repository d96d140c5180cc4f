"""Owns the rule ``secure_defaults``: what is less safe than the default is said, so that it happens in the open.

It takes no setting and is always asked; it warns and refuses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.decision import Finding
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.values import LEAVES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.subject import PlannedChange, PolicySubject

NAME = "secure_defaults"


def judge(subject: PolicySubject) -> Iterator[Finding]:
    """Warn of every property that a change leaves weaker than it would be by default."""
    for change in subject.changes:
        if change.action in ("create", "update", "replace", "import"):
            yield from _weaknesses(change)


def _weaknesses(change: PlannedChange) -> Iterator[Finding]:
    for item in find_kind(change.address).properties:
        value = change.after.get(item.name)
        if item.weakens is None or isinstance(value, LEAVES):
            continue
        clause = item.weakens(value)  # type: ignore[arg-type]
        if clause is not None:
            yield Finding(NAME, "warn", f"{item.name} {clause}", change.address)
