"""Owns finding stacks among the manifests of one folder, by the name that each carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resolution.sources.source import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.peek import Glance
    from flowyml_infra.resolution.versions import Wanted

MANIFEST_KINDS = frozenset({"StackDefinition", "Stack"})
"""A YAML file of another kind is not ours."""


class Folder:
    """The manifests directly in ``path``; ``shown`` is how the folder is called in messages."""

    def __init__(self, loading: Loading, path: Path, shown: str) -> None:
        self._loading = loading
        self._path = path
        self._shown = shown.rstrip("/")
        self.where = f"manifests in {self._shown}/"

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [entry for entry in self.entries() if entry.name == wanted.name]

    def load(self, entry: Entry) -> StackDefinition:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return self._loading.load_file(entry.path or self._path, entry.source)

    def entries(self) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        found = [
            Entry(seen.name, self._name(path), seen.version, path)
            for path, seen in self._glances()
            if seen.name is not None and seen.kind in MANIFEST_KINDS
        ]
        return sorted(found, key=lambda entry: (entry.name, entry.source))

    def remarks(self) -> Sequence[str]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [
            f"{self._name(path)} could not be read: {seen.problem}" for path, seen in self._glances() if seen.problem
        ]

    def _glances(self) -> Iterator[tuple[Path, Glance]]:
        for path in self._loading.inputs.manifests(self._path):
            yield path, self._loading.glance(path)

    def _name(self, path: Path) -> str:
        return f"{self._shown}/{path.name}"
