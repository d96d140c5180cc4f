"""Owns finding stacks among the manifests of a repository, an archive or an address, by the name that each carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.peek import glance
from flowyml_infra.resolution.sources.folder import MANIFEST_KINDS
from flowyml_infra.resolution.sources.source import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.peek import Glance
    from flowyml_infra.resolution.places import Place
    from flowyml_infra.resolution.versions import Wanted


class RemoteFolder:
    """The manifests at ``place``; ``shown`` is what the source is called besides, or empty.

    Attributes:
        place: Where they are.
    """

    def __init__(self, loading: Loading, place: Place, shown: str = "") -> None:
        self._loading = loading
        self.place = place
        self.where = f"{shown} ({place.shown})" if shown else place.shown

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [entry for entry in self.entries() if entry.name == wanted.name]

    def load(self, entry: Entry) -> StackDefinition:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        paths = [path for path, seen in self._glances() if seen.name == entry.name and seen.kind in MANIFEST_KINDS]
        content = self._loading.snapshot(self.place).files[paths[0]]
        return self._loading.load_remote(content, entry.source)

    def entries(self) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        found = [
            Entry(seen.name, f"{self.place.shown}#{seen.name}", seen.version)
            for _, seen in self._glances()
            if seen.name is not None and seen.kind in MANIFEST_KINDS
        ]
        return sorted(found, key=lambda entry: entry.name)

    def remarks(self) -> Sequence[str]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [
            f"{path} in {self.place.shown} could not be read: {seen.problem}"
            for path, seen in self._glances()
            if seen.problem
        ]

    def pick(self, stack: str | None) -> Entry:
        """The entry of the stack ``stack``, or the only one there is.

        Raises:
            ResolutionError: There is none, or more than one.
        """
        entries = self.entries()
        found = [entry for entry in entries if stack in (None, entry.name)]
        if len(found) == 1:
            return found[0]
        names = sorted({entry.name for entry in entries})
        detail = "\n".join([f"stacks there: {', '.join(names) or 'none'}", *self.remarks()])
        if found:
            which = f"the stack {stack!r} more than once" if stack else f"{len(found)} stacks"
            hint = "give each its own metadata.name" if stack else f"add #NAME, for example #{names[0]}"
            raise ResolutionError(f"{self.where} holds {which}", code="resolution.ambiguous", hint=hint, detail=detail)
        what = f"no stack {stack!r}" if stack else "no stack definition"
        raise ResolutionError(
            f"{self.where} holds {what}",
            code="resolution.unknown_stack",
            hint=did_you_mean(stack or "", names) or "check the name, the path and the ref",
            detail=detail,
        )

    def _glances(self) -> Iterator[tuple[str, Glance]]:
        for path, content in self._loading.snapshot(self.place).files.items():
            yield path, glance(content)
