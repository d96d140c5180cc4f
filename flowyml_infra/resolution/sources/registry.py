"""Owns finding stacks among those that were registered in the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resolution.sources.source import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.versions import Wanted


class Registry:
    """The registered stacks."""

    where = "registered stacks"

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        found = self._loading.inputs.registered(wanted.name)
        return [Entry(found.name, self.where, found.version)] if found else []

    def load(self, entry: Entry) -> StackDefinition:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return self._loading.load_registered(entry.name)

    def entries(self) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [Entry(item.name, self.where, item.version) for item in self._loading.inputs.all_registered()]

    def remarks(self) -> Sequence[str]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return []
