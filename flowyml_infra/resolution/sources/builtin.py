"""Owns the built-in stack as a source; its definition is always there and can be overridden in flowyml.yaml alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resolution.builtin import BUILTIN_SOURCE, BUILTIN_STACK
from flowyml_infra.resolution.sources.source import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.versions import Wanted


class Builtin:
    """The one stack that nobody has to declare."""

    where = BUILTIN_SOURCE

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return self.entries() if wanted.name == BUILTIN_STACK else []

    def load(self, entry: Entry) -> StackDefinition:  # noqa: ARG002 -- there is but one
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return self._loading.load_builtin()

    def entries(self) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [Entry(BUILTIN_STACK, BUILTIN_SOURCE)]

    def remarks(self) -> Sequence[str]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return []
