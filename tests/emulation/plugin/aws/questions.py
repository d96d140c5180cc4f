"""Owns the questions that the value of an input is asked before anything is called."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from tests.emulation.plugin.aws.rules import Question


def matching(pattern: str) -> Question:
    """Whether all of a text matches."""
    return lambda value: None if re.fullmatch(pattern, str(value)) else f"{value!r} must match {pattern}"


def between(least: int, most: int, *others: int) -> Question:
    """Whether a number lies between two others or is one of ``others``."""

    def ask(value: Any) -> str | None:
        fine = isinstance(value, int) and (least <= value <= most or value in others)
        return None if fine else f"expected to be in the range ({least} - {most}), got {value!r}"

    return ask


def one_of(*allowed: object) -> Question:
    """Whether a value is one of those that there are."""
    return lambda value: None if value in allowed else f"expected one of {allowed}, got {value!r}"


def at_most(longest: int) -> Question:
    """Whether a text is short enough; it is not told, for it may be secret."""
    return lambda value: None if len(str(value).encode()) <= longest else f"it is longer than {longest} bytes"


def network(least: int, most: int) -> Question:
    """Whether a text is a network whose prefix lies between two lengths, with no address of a host in it."""

    def ask(value: Any) -> str | None:
        try:
            found = ipaddress.IPv4Network(str(value))
        except ValueError as error:
            return f"{value!r} is not a valid IPv4 CIDR block: {error}"
        fine = least <= found.prefixlen <= most
        return None if fine else f"{value!r} must have a prefix of {least} to {most}"

    return ask
