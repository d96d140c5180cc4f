"""Owns the rule ``existing_components``: what is bound and not managed is one of these things.

No other rule can look into a thing that the library does not manage, so this one says which of them are trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import listed, shown, texts
from flowyml_infra.policy.rules.rule import USED, Rule, matches, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> tuple[str, ...]:
    """Globs over URIs."""
    return options.demand("uris", texts)


def judge(subject: PolicySubject, patterns: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse other things."""
    for component, uri in subject.existing.items():
        if not isinstance(uri, str):
            yield unknown(f"where the existing {component} is cannot be told", hint="write its URI out")
        elif not matches(uri, patterns):
            message = f"the existing {component} is {shown(uri)}; accepted: {listed(patterns)}"
            yield violated(message, hint="bind an accepted one, or let the stack make its own")


RULE = Rule(
    "existing_components",
    "bound things that are not managed, but for these",
    read,
    judge,
    main="uris",
    purposes=USED,
)
