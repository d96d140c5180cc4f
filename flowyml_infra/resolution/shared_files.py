"""Owns the reading of single files that are somewhere else, as pinned: the policies that projects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.fetching.urls import is_archive
from flowyml_infra.resolution.places import HttpPlace, RegistryPlace, parse_locator
from flowyml_infra.resolution.sources.catalogue import find_registry

if TYPE_CHECKING:
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.lockfile import Pin

SUFFIXES: Final = (".yaml", ".yml", ".json", ".rego")
"""How the names of policies end; anything else is a folder, or nothing that could be read."""


class SharedFile(NamedTuple):
    """One file from elsewhere.

    Attributes:
        source: What it is called in messages and in flowyml.lock.
        content: Its content.
        pin: What it is pinned to.
    """

    source: str
    content: bytes
    pin: Pin


def read_shared(loading: Loading, uri: str) -> SharedFile:
    """The file at ``uri``, as flowyml.lock pins it.

    Raises:
        ResolutionError: It names no file, or is not to be had as pinned.
    """
    place, stack = parse_locator(uri)
    if stack is not None:
        raise _no_file(uri, "#NAME is for stacks")
    if isinstance(place, RegistryPlace):
        return _from_registry(loading, place)
    path = place.url if isinstance(place, HttpPlace) and not is_archive(place.url) else place.path
    if not path.lower().endswith(SUFFIXES):
        raise _no_file(uri, f"its path does not end in {', '.join(SUFFIXES)}")
    files = loading.snapshot(place).files
    if len(files) != 1:
        raise _no_file(uri, "there is a folder of this name")
    [content] = files.values()
    return SharedFile(place.shown, content, loading.remotes.lock.pins[place.shown])


def _from_registry(loading: Loading, place: RegistryPlace) -> SharedFile:
    registry = find_registry(loading, place.registry, "policies")
    entries = registry.find(place.wanted)
    if not entries:
        raise ResolutionError(
            f"{registry.where} has no policy {place.wanted.name!r}",
            code="resolution.unknown_policy",
            hint=did_you_mean(place.wanted.name, [entry.name for entry in registry.entries()])
            or "see the index of the registry for the policies there are",
        )
    pin, content = registry.read(entries[0])
    return SharedFile(entries[0].source, content, pin)


def _no_file(uri: str, why: str) -> ResolutionError:
    return ResolutionError(
        f"{uri} does not name one file: {why}",
        code="resolution.no_file",
        hint="name the file, for example github://org/policies//org.yaml@v1.0.0",
    )
