"""Owns running the git client so that a repository cannot make it do more than fetch objects.

Nothing is ever checked out, so no hook, filter, link or submodule has an occasion. Logins come from the environment's
token for the host, or from the user's own credential helpers.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.fetching.limits import LIMITS, Limits
from flowyml_infra.resolution.fetching.process import Bounds, Ended, run
from flowyml_infra.resolution.fetching.urls import port_of, shown_url

if TYPE_CHECKING:
    from flowyml_infra.resolution.fetching.addresses import Guard
    from flowyml_infra.resolution.fetching.tokens import Tokens

OLDEST: Final = (2, 37)
"""Of git; from this version on, a connection can be tied to addresses that were checked."""

_KEPT = frozenset(
    {
        *("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_EXEC_PATH"),
        *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    }
)
_WITHHELD = ("GIT_", "FLOWYML_")
"""What the environment says to git by other means than those above, and what is a secret of this library."""

_TOKEN = "FLOWYML_SOURCE_TOKEN"  # noqa: S105 -- the name of a variable
_HELPER = '!f() { test "$1" = get && printf "username=x-access-token\\npassword=%s\\n" "$' + _TOKEN + '"; }; f'
_PROTOCOLS = {"https": "https:ssh", "http": "http", "ssh": "ssh", "file": "file"}
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.symlinks": "false",
    "core.fsmonitor": "false",
    "core.bigFileThreshold": "1m",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "filter.lfs.smudge": "",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "15",
    "credential.interactive": "false",
    "protocol.version": "2",
    "advice.defaultBranchName": "false",
}


@dataclass(frozen=True, slots=True)
class GitClient:
    """Runs git.

    Attributes:
        guard: Says what may be connected to.
        tokens: The tokens by host.
        limits: The bounds.
    """

    guard: Guard
    tokens: Tokens
    limits: Limits = LIMITS

    def run(
        self, *words: str, folder: Path, url: str | None = None, seconds: float | None = None, given: bytes = b""
    ) -> Ended:
        """Run git with ``words``.

        Args:
            words: Its arguments.
            folder: Where it runs; it sees no repository above it.
            url: The repository that it connects to, or None when it connects to none.
            seconds: How long it may take.
            given: Its standard input.

        Raises:
            ResolutionError: There is no git, or it is too old.
            SourceRefusedError: ``url`` may not be connected to.
            SourceUnreachableError: The host in ``url`` has no address.
        """
        settings = dict(_SETTINGS)
        environ = _environ(folder)
        if url is not None:
            environ["GIT_ALLOW_PROTOCOL"] = _PROTOCOLS[urlsplit(url).scheme]
            settings |= self._tie(url)
            settings |= self._login(url, environ)
        bounds = Bounds(
            self.limits.seconds if seconds is None else seconds, self.limits.download_bytes, self.limits.memory_bytes
        )
        _number(settings, environ)
        ended = run([find_git(), *words], folder=folder, environ=environ, bounds=bounds, given=given)
        return Ended(ended.code, ended.output, self.tokens.redact(ended.errors))

    def _tie(self, url: str) -> dict[str, str]:
        """The setting that ties connections to the addresses that were checked; none where a proxy makes them."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return {}
        host, port = parts.hostname or "", port_of(parts)
        if parts.scheme == "http":
            self.guard.check_plain(host, port, shown_url(url))
        if parts.scheme in getproxies() and not proxy_bypass(host):
            return {}
        found = [f"[{address}]" if ":" in address else address for address in self.guard.addresses(host, port)]
        return {"http.curloptResolve": f"{host}:{port}:{','.join(found)}"}

    def _login(self, url: str, environ: dict[str, str]) -> dict[str, str]:
        """The settings that answer with the host's token when the server asks for a login."""
        parts = urlsplit(url)
        token = self.tokens.of(parts.hostname or "")
        if token is None or not (parts.scheme == "https" or _is_loopback_name(parts.hostname or "")):
            return {}
        environ[_TOKEN] = token
        return {"credential.helper": "", f"credential.{parts.scheme}://{parts.netloc}.helper": _HELPER}


@cache
def find_git() -> str:
    """The path of the git client.

    Raises:
        ResolutionError: There is none, or it is older than :data:`OLDEST`.
    """
    path = shutil.which("git")
    if path is None:
        raise ResolutionError(
            "git is not installed, and this source is a git repository",
            code="source.no_git",
            hint="install git, or copy the manifest into stacks/",
        )
    bounds = Bounds(10, 2**20, 2**30)
    said = run([path, "version"], folder=Path.cwd(), environ=os.environ, bounds=bounds).output.decode(
        "utf-8", "replace"
    )
    match = re.search(r"(\d+)\.(\d+)", said)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ResolutionError(
            f"{path} is too old: {said.strip()}", code="source.old_git", hint=f"install git {oldest} or later"
        )
    return path


def _environ(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_WITHHELD) or name in _KEPT}
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_ALLOW_PROTOCOL": "",
        "LC_ALL": "C",
    }


def _number(settings: dict[str, str], environ: dict[str, str]) -> None:
    """Put ``settings`` into ``environ``, where they rank above every file of settings and show in no process list."""
    environ["GIT_CONFIG_COUNT"] = str(len(settings))
    for index, (name, value) in enumerate(settings.items()):
        environ[f"GIT_CONFIG_KEY_{index}"] = name
        environ[f"GIT_CONFIG_VALUE_{index}"] = value


def _is_loopback_name(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")
