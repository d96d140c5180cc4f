"""Owns which sources are searched for a name, and in which order; a new source is one module and one line here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.places import GitPlace, declared_place, scheme_of
from flowyml_infra.resolution.sources.builtin import Builtin
from flowyml_infra.resolution.sources.folder import Folder
from flowyml_infra.resolution.sources.project_file import ProjectFile
from flowyml_infra.resolution.sources.registry import Registry
from flowyml_infra.resolution.sources.remote_folder import RemoteFolder
from flowyml_infra.resolution.sources.stack_registry import StackRegistry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.places import Place
    from flowyml_infra.resolution.sources.source import Source
    from flowyml_infra.resolution.stack_index import Section

DEFAULT_REGISTRY = "registry"
"""What a registry is called that flowyml.yaml gives no name."""

DEFAULT_INDEX = "index.yaml"
"""Where the index of a registry in a repository is, unless a path is said."""


def sources(loading: Loading) -> Sequence[Sequence[Source]]:
    """The sources in ranks: a name is looked for in a rank's every source, and in the next rank only if none has it.

    The built-in stack comes before what is not the project's own, so that nothing from elsewhere can pass for it.
    """
    folders = [Folder(loading, path, shown) for path, shown in loading.manifest_folders()]
    remote = [_remote(loading, index, said) for index, said in enumerate(loading.config.sources)]
    declared = [source for source in remote if source is not None]
    return [[ProjectFile(loading), *folders], [Builtin(loading)], declared, [Registry(loading)]]


def find_registry(loading: Loading, name: str, section: Section = "stacks") -> StackRegistry:
    """The registry that flowyml.yaml calls ``name``, as a source of what is in ``section``.

    Raises:
        ResolutionError: It declares none of this name, or two.
    """
    found: dict[str, StackRegistry] = {}
    for index, said in enumerate(loading.config.sources):
        if said["type"] == "registry":
            called = _name(said)
            if called in found:
                raise _wrong(loading, index, f"two registries are called {called}", "give each its own name")
            found[called] = _registry(loading, index, said, section)
    if name not in found:
        raise ResolutionError(
            f"flowyml.yaml declares no registry {name!r}",
            code="resolution.unknown_registry",
            hint=did_you_mean(name, found) or "declare it under `sources:` with type: registry, name and url",
        )
    return found[name]


def _remote(loading: Loading, index: int, said: Mapping[str, Json]) -> Source | None:
    if said["type"] == "local":
        return None
    if said["type"] == "registry":
        return find_registry(loading, _name(said))
    name, path = said.get("name"), said.get("path")
    place = _place(loading, index, str(said["type"]), path if isinstance(path, str) else None)
    return RemoteFolder(loading, place, name if isinstance(name, str) else "")


def _registry(loading: Loading, index: int, said: Mapping[str, Json], section: Section) -> StackRegistry:
    url, path = said.get("url"), said.get("path")
    name = _name(said)
    if not isinstance(url, str):
        if not isinstance(path, str):
            raise _wrong(loading, index, "the registry has neither url nor path", "say where its index is")
        return StackRegistry(loading, name, loading.root / path, section)
    if scheme_of(url) in ("http", "https") and not isinstance(said.get("ref"), str) and not url.endswith(".git"):
        return StackRegistry(loading, name, _place(loading, index, "http", None), section)
    place = _place(loading, index, "git", path if isinstance(path, str) else None)
    if isinstance(place, GitPlace) and not place.path:
        place = replace(place, path=DEFAULT_INDEX)
    return StackRegistry(loading, name, place, section)


def _place(loading: Loading, index: int, type_: str, path: str | None) -> Place:
    said = loading.config.sources[index]
    url, ref = said.get("url"), said.get("ref")
    if not isinstance(url, str):
        raise _wrong(loading, index, f"a source of type {type_} needs a url", "say where it is")
    given = ref if isinstance(ref, str) else None
    try:
        if type_ == "git" and scheme_of(url) is None and ":" not in url:
            folder = (loading.root / url).resolve().as_posix()
            # flowyml.lock goes with the project to other machines, where the same folder has another path.
            place = declared_place(type_, f"git+file://{folder}", given, path)
            return replace(place, repository=url) if isinstance(place, GitPlace) else place
        return declared_place(type_, url, given, path)
    except ResolutionError as error:
        raise _wrong(loading, index, error.message, error.hint) from None


def _wrong(loading: Loading, index: int, summary: str, hint: str | None) -> ResolutionError:
    place = loading.config.location_of("sources", index)
    problem = Diagnostic("error", "resolution.source", summary, location=place, hint=hint)
    return ResolutionError(summary, code="resolution.source", hint=hint, diagnostics=[problem])


def _name(said: Mapping[str, Json]) -> str:
    name = said.get("name")
    return name if isinstance(name, str) else DEFAULT_REGISTRY
