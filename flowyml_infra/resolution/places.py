"""Owns the URIs of remote definitions: how they are written, and which repository, address or registry each means."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.fetching.limits import LIMITS
from flowyml_infra.resolution.fetching.snapshot import check_path
from flowyml_infra.resolution.fetching.urls import is_archive, shown_url, split_url
from flowyml_infra.resolution.versions import Wanted, parse_range

if TYPE_CHECKING:
    from typing import Never

FORGES: Final = {"github": "github.com", "gitlab": "gitlab.com"}
GIT_SCHEMES: Final = ("git+https", "git+http", "git+ssh", "git+file")
REMOTE_SCHEMES: Final = (*FORGES, *GIT_SCHEMES, "https", "http", "registry")
"""The schemes of definitions that are somewhere else."""

COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A commit in full, which cannot come to mean another."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST_PART = re.compile(r"([A-Za-z0-9._-]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*)(:[0-9]{1,5})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9._~+%/-]+")
_LOCAL_REPOSITORY = re.compile(r"[^\x00-\x1f\x7f?*\[\\^:]+")
_REF = re.compile(r"[A-Za-z0-9._+/-]+|[\^~><=][A-Za-z0-9.+~<>=|^ -]*")
_STACK = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A folder or file in a git repository.

    Attributes:
        repository: What the repository is called: its URI without path, ref and stack.
        url: Its address, as git takes it; it holds no secret.
        ref: A tag, a branch, a commit, or a range of versions among the tags; None for what the repository says.
        path: The folder or file in it; empty for the root and ``stacks``.
    """

    repository: str
    url: str
    ref: str | None = None
    path: str = ""

    @property
    def shown(self) -> str:
        """The URI without the stack: what it is called in messages and in flowyml.lock."""
        path = f"//{self.path}" if self.path else ""
        return f"{self.repository}{path}{f'@{self.ref}' if self.ref else ''}"

    @property
    def fixed(self) -> bool:
        """Whether it names its content, so that it cannot come to be another."""
        return self.ref is not None and COMMIT.fullmatch(self.ref) is not None

    @property
    def host(self) -> str:
        """The repository's host; empty for one on this machine."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class HttpPlace:
    """A manifest or an archive of manifests at an HTTP address.

    Attributes:
        url: The address.
        path: The folder or file in the archive; empty for the root and ``stacks``.
    """

    url: str
    path: str = ""

    @property
    def shown(self) -> str:
        """What it is called in messages and in flowyml.lock."""
        return f"{self.url}//{self.path}" if self.path else self.url

    @property
    def fixed(self) -> bool:
        """Whether it names its content; an address never does."""
        return False


class RegistryPlace(NamedTuple):
    """A stack in a registry that flowyml.yaml declares, by the name it has there."""

    registry: str
    wanted: Wanted

    @property
    def shown(self) -> str:
        """The URI."""
        return f"registry://{self.registry}/{self.wanted}"


Place: TypeAlias = "GitPlace | HttpPlace"


class Locator(NamedTuple):
    """What a URI means: a place, and the stack there, or None where there is but one."""

    place: GitPlace | HttpPlace | RegistryPlace
    stack: str | None = None


def scheme_of(text: str) -> str | None:
    """The scheme of ``text`` in lower case when it is a URI, else None."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def is_remote(text: str) -> bool:
    """Whether ``text`` is the URI of a definition that is somewhere else."""
    return scheme_of(text) in REMOTE_SCHEMES


def parse_locator(text: str) -> Locator:
    """What the URI ``text`` means.

    Raises:
        ResolutionError: It is none that definitions come from, or it may hold a secret.
    """
    scheme = scheme_of(text)
    if scheme not in REMOTE_SCHEMES:
        _refuse_scheme(text, scheme or "")
    rest = text.partition("://")[2]
    before, separator, stack = rest.partition("#")
    if separator and not _STACK.fullmatch(stack):
        raise _wrong(text, f"{stack!r} is no name of a stack")
    if scheme == "registry":
        return Locator(_registry_place(text, before), None)
    if scheme in ("https", "http"):
        return Locator(_http_place(scheme, before), stack or None)
    place = _forge_place(text, scheme, before) if scheme in FORGES else _git_place(text, scheme, before)
    return Locator(place, stack or None)


def name_in(text: str) -> str | None:
    """The name of the stack that a stack argument means, as far as it says one."""
    if not is_remote(text):
        return text.partition("@")[0]
    locator = parse_locator(text)
    return locator.place.wanted.name if isinstance(locator.place, RegistryPlace) else locator.stack


def declared_place(type_: str, url: str, ref: str | None, path: str | None) -> Place:
    """The place of a source in flowyml.yaml: its ``url`` with its ``ref`` and ``path``.

    Raises:
        ResolutionError: It is wrong.
    """
    inner = _inner(path, url) if path else ""
    if type_ == "http":
        scheme = scheme_of(url)
        if scheme not in ("http", "https"):
            raise _wrong(url, "it is no HTTP address")
        return replace(_http_place(scheme, url.partition("://")[2]), **({"path": inner} if inner else {}))
    place = parse_locator(_as_git_uri(url)).place
    if not isinstance(place, GitPlace):
        raise _wrong(url, "it is no git repository")
    if (ref and place.ref) or (inner and place.path):
        raise _wrong(url, "it says the ref or the path that is said beside it too")
    wanted = place.ref if ref is None else _ref(url, "@", ref)
    return GitPlace(place.repository, place.url, wanted, inner or place.path)


def _as_git_uri(url: str) -> str:
    """A repository's address, in any form that git takes, as one of our URIs."""
    scheme = scheme_of(url)
    if scheme in ("https", "http", "ssh", "file"):
        return f"git+{url}"
    copied = re.fullmatch(r"([A-Za-z0-9._-]+@[A-Za-z0-9._-]+):([^/].*)", url)
    if scheme is None and copied is not None:
        return f"git+ssh://{copied[1]}/{copied[2]}"
    return url


def _forge_place(text: str, scheme: str, rest: str) -> GitPlace:
    path, separator, ref = rest.partition("@")
    repository, inner_separator, inner = path.strip("/").partition("//")
    names = repository.split("/")
    if scheme == "github" and len(names) > 2 and not inner_separator:
        names, inner = names[:2], "/".join(names[2:])
    if len(names) < 2 or not all(_is_segment(name) for name in names) or (scheme == "github" and len(names) > 2):
        raise _wrong(text, f"it names no repository: {scheme}://ORG/REPOSITORY")
    repository = "/".join(names).removesuffix(".git")
    path = _inner(inner, text) if inner else ""
    wanted = _ref(text, separator, ref)
    return GitPlace(f"{scheme}://{repository}", f"https://{FORGES[scheme]}/{repository}.git", wanted, path)


def _git_place(text: str, scheme: str, rest: str) -> GitPlace:
    authority, slash, path = rest.partition("/")
    host = _HOST_PART.fullmatch(authority)
    transport = scheme.removeprefix("git+")
    if host is None or (host[1] and transport != "ssh"):
        if "@" in authority or ":" in authority:
            raise _wrong(text, "it holds a login, which may be a secret", "source.secret_in_url")
        raise _wrong(text, "it names no host")
    if bool(host[2]) == (transport == "file") or not slash or authority.startswith("-"):
        raise _wrong(text, "it names no repository: git+https://HOST/PATH, git+file:///PATH")
    path, separator, ref = path.partition("@")
    path, _, inner = path.partition("//")
    pattern = _LOCAL_REPOSITORY if transport == "file" else _REPOSITORY
    if not pattern.fullmatch(path) or ".." in path.split("/"):
        raise _wrong(text, "it names no repository")
    inner = _inner(inner, text) if inner else ""
    wanted = _ref(text, separator, ref)
    url = f"{transport}://{authority.lower() if not host[1] else authority}/{path}"
    return GitPlace(f"git+{url}", url, wanted, inner)


def _http_place(scheme: str, rest: str) -> HttpPlace:
    authority, slash, path = rest.partition("/")
    path, _, inner = path.partition("//")
    url = f"{scheme}://{authority}{slash}{path}"
    if inner and not is_archive(path):
        raise _wrong(url, "only in an archive can a path be named with //")
    parts = split_url(url)
    if ".." in parts.path.split("/"):
        raise _wrong(url, "a path may hold no ..")
    path = _inner(inner, url) if inner else ""
    return HttpPlace(url, path)


def _registry_place(text: str, rest: str) -> RegistryPlace:
    registry, _, stack = rest.partition("/")
    wanted = Wanted.parse(stack)
    if not _STACK.fullmatch(registry) or not _STACK.fullmatch(wanted.name):
        raise _wrong(text, "a stack in a registry is written registry://REGISTRY/STACK@RANGE")
    return RegistryPlace(registry, wanted)


def _ref(text: str, separator: str, ref: str) -> str | None:
    if not separator:
        return None
    parts = ref.split("/")
    if not _REF.fullmatch(ref) or any(part in ("", ".", "..") or part.endswith(".lock") for part in parts):
        raise _wrong(text, f"{ref!r} is no tag, branch or commit")
    if ref.startswith(("-", ".")) or ".." in ref:
        raise _wrong(text, f"{ref!r} is no tag, branch or commit")
    if ref[0] in "^~><=":
        parse_range(ref)
    return ref


def _inner(path: str, text: str) -> str:
    return check_path(path.strip("/").removeprefix("./"), shown_url(text), LIMITS)


def _is_segment(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9_.-]+", name)) and name.strip(".") != "" and not name.startswith("-")


def _wrong(text: str, why: str, code: str = "resolution.uri") -> ResolutionError:
    hint = "for example github://org/repository@v2.1.0#prod"
    if code == "source.secret_in_url":
        hint = "write the address alone; tokens come from the environment or a git credential helper"
    return ResolutionError(f"{shown_url(text)}: {why}", code=code, hint=hint)


def _refuse_scheme(text: str, scheme: str) -> Never:
    known = ("file", *REMOTE_SCHEMES)
    raise ResolutionError(
        f"{shown_url(text)}: {scheme}:// is not a place that definitions come from",
        code="resolution.unknown_scheme",
        hint=did_you_mean(scheme, known) or f"the places are {', '.join(f'{item}://' for item in known)}",
    )
