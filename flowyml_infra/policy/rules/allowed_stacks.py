"""Owns the rule ``allowed_stacks``: the stack's name matches one of the patterns.

Patterns are shell globs (``*``, ``?``, ``[…]``), case counts, and characters are compared code point by code point, so
a letter that only looks like another does not match it. The built-in ``local`` stack is nobody's declaration and makes
nothing outside this machine; it is let through with a note. A project that declares a ``local`` of its own gets no such
exception. A stack that is not allowed any more can still be removed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from flowyml_infra.policy.decision import Finding
from flowyml_infra.policy.rules.rule import listed, shown, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

NAME = "allowed_stacks"


def judge(subject: PolicySubject, setting: Json) -> Iterator[Finding]:
    """Deny a stack that no pattern of ``setting`` matches."""
    patterns = texts(setting)
    if any(fnmatchcase(subject.stack, pattern) for pattern in patterns):
        return
    if subject.destroys:
        yield Finding(NAME, "info", f"{subject.stack} matches no allowed pattern, and may be removed all the same")
        return
    if subject.builtin:
        yield Finding(NAME, "info", f"{subject.stack} is the built-in stack, which this rule does not govern")
        return
    accepted = f"accepted: {listed(patterns)}" if patterns else "the list is empty, so no stack is allowed"
    yield Finding(NAME, "deny", f"stack {shown(subject.stack)} matches no allowed pattern; {accepted}")
