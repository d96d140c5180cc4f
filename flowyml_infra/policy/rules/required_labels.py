"""Owns the rule ``required_labels``: the stack carries these labels, each with a value.

The built-in stack has no place for labels, and of a stack that is being destroyed nothing is left to label; both are
let through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.decision import Finding
from flowyml_infra.policy.rules.rule import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

NAME = "required_labels"


def judge(subject: PolicySubject, setting: Json) -> Iterator[Finding]:
    """Deny, label by label, what is missing or empty."""
    required = texts(setting)
    if subject.builtin or subject.destroys:
        return
    for label in dict.fromkeys(required):
        value = subject.labels.get(label)
        if value is None:
            yield Finding(NAME, "deny", f"label {label!r} is missing; add it under metadata.labels")
        elif not value.strip():
            yield Finding(NAME, "deny", f"label {label!r} is empty; give it a value under metadata.labels")
