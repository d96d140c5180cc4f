"""Owns container image references: their grammar, and when an image lies within a registry.

The grammar is that of https://github.com/distribution/reference, with Docker's defaults: a reference without a
registry means ``docker.io``, and one without a namespace there means ``library``. Everything is compared as exact
ASCII; a reference with any other character is not one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_REGISTRY = "docker.io"
_OFFICIAL = "library"

_HOST = re.compile(
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
    r"|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?"
)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry, or a part of one: ``host`` in lower case with its port, and the leading path components."""

    host: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join((self.host, *self.path))

    def within(self, other: Registry) -> bool:
        """Whether it is ``other`` or a part of it."""
        return self.host == other.host and self.path[: len(other.path)] == other.path

    @classmethod
    def parse(cls, text: str) -> Registry:
        """Read ``host[:port][/path]``; without a host, ``path`` lies on ``docker.io``.

        Raises:
            ValueError: ``text`` is not of that form; the message says why, as a clause.
        """
        if "://" in text:
            raise ValueError("has a scheme; leave it out")
        parts = text.removesuffix("/").split("/")
        if _names_host(parts[0]):
            return cls(_host(parts[0]), _path(parts[1:]))
        return cls(DEFAULT_REGISTRY, _path(parts))


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A full reference: registry host, repository path, and the tag and digest where given."""

    host: str
    path: tuple[str, ...]
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Read ``[host[:port]/]path[:tag][@digest]``.

        Raises:
            ValueError: ``text`` is not an image reference; the message says why, as a clause.
        """
        rest, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise ValueError(f"has a digest {digest!a} that is not algorithm:hexadecimal")
        name, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:
            name, tag = rest, ""
        elif not _TAG.fullmatch(tag):
            raise ValueError(f"has a tag {tag!a} that no registry accepts")
        host, path = _split(name)
        return cls(host, path, tag or None, digest or None)

    def within(self, registry: Registry) -> bool:
        """Whether it lies in ``registry``: the same host and port, and a path that begins with its components."""
        return self.host == registry.host and self.path[: len(registry.path)] == registry.path


def _split(name: str) -> tuple[str, tuple[str, ...]]:
    if len(name) > _LONGEST:
        raise ValueError(f"has a name of more than {_LONGEST} characters")
    if _IDENTIFIER.fullmatch(name):
        raise ValueError("is an image id, which does not say where the image comes from")
    first, slash, rest = name.partition("/")
    if not slash or not _names_host(first):
        path = _path(name.split("/"))
        return DEFAULT_REGISTRY, path if slash else (_OFFICIAL, *path)
    host, path = _host(first), _path(rest.split("/"))
    return host, (_OFFICIAL, *path) if host == DEFAULT_REGISTRY and len(path) == 1 else path


def _names_host(first: str) -> bool:
    """Docker's rule for whether the part before the first slash is a host."""
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(f"has {text!a} where a registry's host belongs")
    host = text.lower()
    return DEFAULT_REGISTRY if host == "index.docker.io" else host


def _path(parts: list[str]) -> tuple[str, ...]:
    for part in parts:
        if not _COMPONENT.fullmatch(part):
            raise ValueError(f"has {part!a} in its path, where only a-z, 0-9 and single separators can be")
    return tuple(parts)
