"""Owns what a rule is, and how a rule reads its setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowyml_infra.policy.decision import Finding
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

Rule: TypeAlias = "Callable[[PolicySubject, Json], Iterable[Finding]]"
"""Judges a subject by the rule's setting. Pure; yields nothing where all is well and nothing is worth saying.

It raises :class:`SettingError` for a setting that it cannot read.
"""


class SettingError(ValueError):
    """A rule's setting is not what the rule takes; the message is a clause that follows the rule's name."""


def texts(setting: Json) -> list[str]:
    """``setting`` as a list of non-empty texts; the empty list is one.

    Raises:
        SettingError: It is something else.
    """
    if not isinstance(setting, list):
        raise SettingError("is not a list")
    for item in setting:
        if not isinstance(item, str) or not item.strip():
            raise SettingError(f"holds {item!r}, which is not a text")
    return [item for item in setting if isinstance(item, str)]


def listed(items: Iterable[str]) -> str:
    """``items`` for a sentence."""
    return ", ".join(items) or "nothing"


def shown(text: str) -> str:
    """``text`` quoted so that letters from outside ASCII, which may pass for others, stand out."""
    return repr(text) if text.isascii() else f"{text!r} (which is {text!a})"
