"""Owns the rule ``allowed_stacks``: the stack's name matches one of the patterns.

Patterns are shell globs (``*``, ``?``, ``[…]``), case counts, and characters are compared code point by code point, so
a letter that only looks like another does not match it. The built-in ``local`` stack is nobody's declaration and makes
nothing outside this machine; it is let through with a note. A project that declares a ``local`` of its own gets no such
exception. A stack that is not allowed any more can still be removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import listed, shown, texts
from flowyml_infra.policy.rules.rule import ALWAYS, Rule, matches, note, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> tuple[str, ...]:
    """The patterns."""
    return options.demand("names", texts)


def judge(subject: PolicySubject, patterns: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse a stack that no pattern matches."""
    if matches(subject.stack, patterns):
        return
    if subject.destroys:
        yield note(f"{subject.stack} matches no allowed pattern, and may be removed all the same")
        return
    if subject.builtin:
        yield note(f"{subject.stack} is the built-in stack, which this rule does not govern")
        return
    accepted = f"accepted: {listed(patterns)}" if patterns else "the list is empty, so no stack is allowed"
    hint = "rename the stack, or have its name allowed"
    yield violated(f"stack {shown(subject.stack)} matches no allowed pattern; {accepted}", hint=hint)


RULE = Rule(
    "allowed_stacks",
    "a stack whose name matches none of the patterns",
    read,
    judge,
    main="names",
    purposes=ALWAYS - {"edit"},
)
