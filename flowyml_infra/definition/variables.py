"""Owns which environment variables a definition may read, and which of them are secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SENSITIVE_NAMES: Final = ("*PASSWORD*", "*SECRET*", "*TOKEN*", "*CREDENTIAL*", "*_KEY", "*APIKEY*")
"""What names of secrets look like when nobody says so; letters count in either case."""


@dataclass(frozen=True, slots=True)
class VariableRules:
    """What holds for the variables of one text.

    Attributes:
        sensitive: Names or globs of secrets, beside :data:`SENSITIVE_NAMES`.
        allow: Names or globs that a text that is not trusted may read.
        trusted: The text comes from this machine and may read them all.
    """

    sensitive: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    trusted: bool = True

    def is_sensitive(self, name: str) -> bool:
        """Whether the value of ``name`` is a secret."""
        return _matches(name, SENSITIVE_NAMES) or _matches(name, self.sensitive)

    def may_read(self, name: str) -> bool:
        """Whether the text may know ``name`` at all."""
        return self.trusted or any(fnmatchcase(name, pattern) for pattern in self.allow)


@dataclass(repr=False)
class Environ:
    """The environment variables as far as they were consulted.

    Attributes:
        values: Where they are looked up.
        consulted: The value that each was found to have, None when unset; secrets are looked at but never kept.
    """

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)
    consulted: dict[str, str | None] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of a variable that is no secret, or None."""
        if name not in self.consulted:
            self.consulted[name] = self.values.get(name)
        return self.consulted[name]

    def has(self, name: str) -> bool:
        """Whether a secret is set."""
        return name in self.values


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.upper(), pattern.upper()) for pattern in patterns)
