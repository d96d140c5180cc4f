"""Owns finding stacks in the ``stacks:`` section of flowyml.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resolution.sources.source import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.versions import Wanted


class ProjectFile:
    """The stacks that flowyml.yaml itself declares."""

    where = "stacks in flowyml.yaml"

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [self._entry(wanted.name)] if wanted.name in self._loading.config.stacks else []

    def load(self, entry: Entry) -> StackDefinition:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return self._loading.load_declared(entry.name)

    def entries(self) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [self._entry(name) for name in sorted(self._loading.config.stacks)]

    def remarks(self) -> Sequence[str]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return []

    def _entry(self, name: str) -> Entry:
        written = self._loading.config.stacks[name]
        manifest, version = written.get("manifest"), written.get("version")
        if isinstance(manifest, str):
            path = (self._loading.root / manifest).resolve()
            return Entry(name, self.where, self._loading.glance(path).version, path)
        return Entry(name, self.where, version if isinstance(version, str) else None)
