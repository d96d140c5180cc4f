"""Owns the tokens that remote sources are read with: the variable of each, its host, and its removal from texts.

The variable of a host is ``FLOWYML_TOKEN_`` and its name in capitals, with ``_`` for a dot and ``__`` for a hyphen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "FLOWYML_TOKEN_"
_KNOWN = {
    "github.com": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab.com": ("GITLAB_TOKEN",),
}
_SHORTEST = 4


class Tokens:
    """The tokens in one environment.

    Args:
        environ: The environment variables.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def of(self, host: str) -> str | None:
        """The token for ``host``, or None."""
        found = (self._environ.get(name, "").strip() for name in variables_of(host))
        token = next((text for text in found if text), None)
        return token if token is not None and token.isprintable() and token.isascii() else None

    def redact(self, text: str) -> str:
        """``text`` without any token that the environment holds."""
        known = {name for names in _KNOWN.values() for name in names}
        for name in self._environ:
            value = self._environ[name].strip() if name.startswith(PREFIX) or name in known else ""
            if len(value) >= _SHORTEST:
                text = text.replace(value, "(secret)")
        return text


def variables_of(host: str) -> tuple[str, ...]:
    """The variables that may hold the token for ``host``, the first first."""
    name = host.lower().rstrip(".")
    own = PREFIX + "".join({".": "_", "-": "__", ":": "_"}.get(character, character) for character in name).upper()
    return (own, *_KNOWN.get(name, ()))
