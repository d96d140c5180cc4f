"""Owns the public stack sources: one place that definitions come from, by itself, under the rules of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resolution.loading import Loading
from flowyml_infra.resolution.places import GitPlace, HttpPlace, RegistryPlace, parse_locator
from flowyml_infra.resolution.sources.catalogue import find_registry
from flowyml_infra.resolution.sources.folder import Folder
from flowyml_infra.resolution.sources.remote_folder import RemoteFolder
from flowyml_infra.resolution.versions import Wanted
from flowyml_infra.state.location import project_root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.sources.source import Source

__all__ = ["GitStackSource", "HTTPStackSource", "LocalStackSource", "RegistryStackSource"]


class StackSource:
    """A place that definitions come from.

    The project's flowyml.yaml says which hosts and variables are allowed, and its flowyml.lock what is pinned.

    Args:
        make: Makes the source for one look at it.
        root: The project's folder; by default the nearest parent of the working directory with a flowyml.yaml.
    """

    def __init__(self, make: Callable[[Loading], Sequence[Source]], root: str | Path | None) -> None:
        self._make = make
        self._root = project_root(root)

    def list_stacks(self) -> list[str]:
        """The names of the stacks there.

        Raises:
            ResolutionError: It cannot be read.
        """
        return sorted({entry.name for source in self._open() for entry in source.entries()})

    def load(self, name: str) -> StackDefinition:
        """The definition of the stack ``name``, which may have a range of versions after an ``@``.

        Raises:
            ResolutionError: There is none, or there are two.
            DefinitionError: It is wrong.
        """
        wanted = Wanted.parse(name)
        found = [(source, entry) for source in self._open() for entry in source.find(wanted)]
        if len(found) != 1 or not wanted.accepts(found[0][1].version):
            places = ", ".join(entry.source for _, entry in found)
            raise ResolutionError(
                f"there is no stack {name!r} here" if len(found) < 2 else f"{name!r} is here twice: {places}",
                code="resolution.unknown_stack",
                hint="list_stacks() has the names of those that are here",
            )
        source, entry = found[0]
        return source.load(entry)

    def _open(self) -> Sequence[Source]:
        from os import environ

        return self._make(Loading(self._root, Inputs(environ)))


class LocalStackSource(StackSource):
    """The manifests in folders on this machine.

    Args:
        paths: The folders; a relative one starts at the project.
        root: The project's folder.
    """

    def __init__(self, paths: Sequence[str | Path] = ("stacks",), *, root: str | Path | None = None) -> None:
        def make(loading: Loading) -> Sequence[Source]:
            return [Folder(loading, loading.root / path, str(path)) for path in paths]

        super().__init__(make, root)


class GitStackSource(StackSource):
    """The manifests in a git repository.

    Args:
        uri: For example ``github://org/stacks@v2.1.0``.
        root: The project's folder.

    Raises:
        ResolutionError: ``uri`` is no repository.
    """

    def __init__(self, uri: str, *, root: str | Path | None = None) -> None:
        place = parse_locator(uri).place
        if not isinstance(place, GitPlace):
            raise ResolutionError(f"{place.shown} is no git repository", code="resolution.uri")
        super().__init__(lambda loading: [RemoteFolder(loading, place)], root)


class HTTPStackSource(StackSource):
    """A manifest or an archive of manifests at an HTTP address.

    Args:
        url: The address.
        root: The project's folder.

    Raises:
        ResolutionError: ``url`` is no HTTP address.
    """

    def __init__(self, url: str, *, root: str | Path | None = None) -> None:
        place = parse_locator(url).place
        if not isinstance(place, HttpPlace):
            raise ResolutionError(f"{place.shown} is no HTTP address", code="resolution.uri")
        super().__init__(lambda loading: [RemoteFolder(loading, place)], root)


class RegistryStackSource(StackSource):
    """A registry that flowyml.yaml declares.

    Args:
        name: Its name there.
        root: The project's folder.
    """

    def __init__(self, name: str, *, root: str | Path | None = None) -> None:
        # The URI's rules for names are the rules here too.
        place = parse_locator(f"registry://{name}/any").place
        registry = place.registry if isinstance(place, RegistryPlace) else name
        super().__init__(lambda loading: [find_registry(loading, registry)], root)
