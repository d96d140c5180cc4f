"""Owns HTTP addresses: which are accepted, what stands in them, and how they are shown."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from flowyml_infra.errors import SourceRefusedError
from flowyml_infra.resolution.fetching.tokens import variables_of

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
"""How the names of archives end."""


def is_archive(path: str) -> bool:
    """Whether ``path`` is named like an archive."""
    return path.lower().endswith(ARCHIVES)


def split_url(url: str) -> SplitResult:
    """The parts of ``url``.

    Raises:
        SourceRefusedError: It is none that is accepted: it carries a login or a query, which may hold a token.
    """
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or 0 < parts.port < 65_536
    except ValueError:
        raise SourceRefusedError(f"{shown_url(url)} is no address", code="source.url") from None
    if parts.username is not None or parts.password is not None or parts.query:
        raise SourceRefusedError(
            f"{shown_url(url)} holds a login or a query, and either may be a secret",
            code="source.secret_in_url",
            hint=f"write the address alone, and put a token into {variables_of(parts.hostname or 'host')[0]}",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right or not _is_plain(url):
        raise SourceRefusedError(f"{shown_url(url)} is no address", code="source.url")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port, by default the scheme's."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def shown_url(url: str) -> str:
    """``url`` without what may be a secret in it."""
    head, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    bare = path.partition("?")[0]
    text = f"{head}{separator}{authority.rpartition('@')[2].partition('?')[0]}{slash}{bare}"
    return "".join(character if character.isprintable() else "?" for character in text)


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url
