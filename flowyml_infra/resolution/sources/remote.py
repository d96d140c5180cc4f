"""Owns which URIs name a definition that is somewhere else; none of them can be fetched in this version."""

from __future__ import annotations

import re
from typing import Never

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError

REMOTE_SCHEMES = ("github", "gitlab", "git+https", "git+ssh", "git+file", "https", "http", "registry")
"""The schemes that later versions will fetch from."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(text: str) -> str | None:
    """The scheme of ``text`` in lower case when it is a URI, else None."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def refuse_uri(text: str, scheme: str) -> Never:
    """Refuse the URI ``text``.

    Raises:
        ResolutionError: Always; it says whether the scheme is one that is to come, or none at all.
    """
    if scheme in REMOTE_SCHEMES:
        raise ResolutionError(
            f"{text}: definitions from {scheme}:// are not available in this version",
            code="resolution.unavailable",
            hint="copy the manifest into stacks/ of this project and use its name",
        )
    known = ("file", *REMOTE_SCHEMES)
    raise ResolutionError(
        f"{text}: {scheme}:// is not a place that definitions come from",
        code="resolution.unknown_scheme",
        hint=did_you_mean(scheme, known) or f"the places are {', '.join(f'{item}://' for item in known)}",
    )
