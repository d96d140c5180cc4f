"""Owns semantic versions: how a stack and a range of its versions are written, and which version is the best of many.

Ranges are those of npm: https://github.com/npm/node-semver#ranges. Pre-releases count only where a range names one of
the same version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from semantic_version import NpmSpec, Version

ANY = "*"
"""The range of every version that is no pre-release."""

LONGEST = 128
"""No version and no range has more characters."""


class Wanted(NamedTuple):
    """A stack by name, and which of its versions are meant: a range, or None when it does not matter."""

    name: str
    versions: str | None = None

    def __str__(self) -> str:
        return self.name if self.versions is None else f"{self.name}@{self.versions}"

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """``prod`` or ``prod@^2.1``.

        Raises:
            ResolutionError: What follows the ``@`` is no range.
        """
        name, separator, versions = text.partition("@")
        if not separator:
            return cls(name)
        parse_range(versions)
        return cls(name, versions.strip())

    def accepts(self, version: str | None) -> bool:
        """Whether ``version`` is one of those meant; one that is no semantic version only where none is asked for."""
        if self.versions is None:
            return True
        found = read_version(version)
        return found is not None and parse_range(self.versions).match(found)


def parse_range(text: str) -> NpmSpec:
    """The range that ``text`` says: ``^2.1``, ``~2.1.3``, ``>=2 <3 || 4.x``, ``2.1.0``, ``latest``.

    Raises:
        ResolutionError: It says none.
    """
    from semantic_version import NpmSpec

    cleaned = " ".join(text.replace(",", " ").split()).replace("^v", "^").replace("~v", "~")
    cleaned = ANY if cleaned == "latest" else cleaned
    try:
        if not cleaned or len(cleaned) > LONGEST or not cleaned.isascii():
            raise ValueError
        return NpmSpec(cleaned)
    except ValueError:
        raise ResolutionError(
            f"{text[:LONGEST]!r} is no range of versions",
            code="resolution.version_range",
            hint="write for example prod@^2.1, prod@~2.1.3, prod@2.1.0 or 'prod@>=2 <3'",
        ) from None


def read_version(text: str | None) -> Version | None:
    """``text`` as a version, with ``2.1`` for 2.1.0 and without a leading ``v``; None when it is none."""
    from semantic_version import Version

    if text is None or len(text) > LONGEST or not text.isascii():
        return None
    cleaned = text.removeprefix("v")
    if cleaned.replace(".", "").isdigit() and cleaned.count(".") < 2:
        cleaned += ".0" * (2 - cleaned.count("."))
    try:
        return Version(cleaned)
    except ValueError:
        return None


def best_version(texts: Iterable[str], versions: str | None = None) -> str | None:
    """The highest of ``texts`` in the range ``versions``; by default of those that are no pre-release, else of all."""
    found = {text: version for text in texts if (version := read_version(text)) is not None}
    wanted = parse_range(versions or ANY)
    fitting = [text for text, version in found.items() if wanted.match(version)]
    if not fitting and versions is None:
        fitting = list(found)
    return max(fitting, key=lambda text: found[text].precedence_key, default=None)


def newest_first(texts: Iterable[str]) -> list[str]:
    """``texts`` by precedence, the highest first; what is no version comes last."""
    found = {text: read_version(text) for text in texts}
    known = [(version.precedence_key, text) for text, version in found.items() if version is not None]
    return [text for _, text in sorted(known, reverse=True)] + sorted(t for t, v in found.items() if v is None)
