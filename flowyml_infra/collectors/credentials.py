"""Owns the credentials for registries: where they are looked for, and that each goes to its own registry alone."""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOCKER_HUB: Final = ("docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io")
_HELPER_SECONDS: Final = 20


class Login(NamedTuple):
    """A user and what proves it; with the user ``<token>``, the secret is a token to be exchanged."""

    user: str
    secret: str

    def __repr__(self) -> str:
        return f"Login({self.user!r}, ***)"


def login_for(host: str, environ: Mapping[str, str] = os.environ) -> Login | None:
    """The login for the registry ``host``, or None when it is to be asked without one.

    In this order: ``FLOWYML_REGISTRY_USERNAME`` and ``FLOWYML_REGISTRY_PASSWORD`` when ``FLOWYML_REGISTRY_HOST`` is
    this host; the helper that Docker's configuration names for it; what that configuration itself holds.
    """
    given = environ.get("FLOWYML_REGISTRY_USERNAME"), environ.get("FLOWYML_REGISTRY_PASSWORD")
    if environ.get("FLOWYML_REGISTRY_HOST", "").lower() == host and given[0] and given[1]:
        return Login(given[0], given[1])
    config = _docker_config(environ)
    names = _DOCKER_HUB if host in _DOCKER_HUB else (host, f"https://{host}", f"https://{host}/", f"http://{host}")
    helpers = config.get("credHelpers")
    for name in names:
        helper = helpers.get(name) if isinstance(helpers, dict) else None
        found = _helped(helper or config.get("credsStore"), name) or _written(config, name)
        if found is not None:
            return found
    return None


def _docker_config(environ: Mapping[str, str]) -> dict[str, Any]:
    folder = environ.get("DOCKER_CONFIG") or str(Path(environ.get("HOME", "~")).expanduser() / ".docker")
    try:
        document = json.loads(Path(folder, "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _written(config: Mapping[str, Any], name: str) -> Login | None:
    entries = config.get("auths")
    entry = entries.get(name) if isinstance(entries, dict) else None
    if not isinstance(entry, dict):
        return None
    if isinstance(entry.get("identitytoken"), str) and entry["identitytoken"]:
        return Login("<token>", entry["identitytoken"])
    try:
        user, colon, secret = base64.b64decode(str(entry.get("auth", "")), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Login(user, secret) if colon else None


def _helped(helper: object, name: str) -> Login | None:
    """Ask Docker's credential helper: https://github.com/docker/docker-credential-helpers."""
    if not isinstance(helper, str) or not helper.replace("-", "").replace("_", "").isalnum():
        return None
    try:
        done = subprocess.run(  # noqa: S603 -- a program of the user's own configuration
            [f"docker-credential-{helper}", "get"],
            input=name,
            capture_output=True,
            text=True,
            timeout=_HELPER_SECONDS,
            check=True,
        )
        answer = json.loads(done.stdout)
        return Login(answer["Username"], answer["Secret"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
