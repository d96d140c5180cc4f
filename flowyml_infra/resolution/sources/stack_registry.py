"""Owns finding stacks and policies in a registry: an index says which versions there are, and digests prove them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from flowyml_infra.errors import ResolutionError, SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching.limits import LIMITS
from flowyml_infra.resolution.fetching.snapshot import check_path, digest_of
from flowyml_infra.resolution.lockfile import LOCK_NAME, Pin
from flowyml_infra.resolution.places import GitPlace, HttpPlace, RegistryPlace, is_remote, parse_locator
from flowyml_infra.resolution.remotes import UPDATE, Mode, short
from flowyml_infra.resolution.sources.source import Entry
from flowyml_infra.resolution.stack_index import read_index
from flowyml_infra.resolution.versions import Wanted, best_version, newest_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.places import Place
    from flowyml_infra.resolution.stack_index import Release, Section


class StackRegistry:
    """The registry that flowyml.yaml calls ``name``; its index is at a place, or in a file on this machine.

    It is a source of the stacks in it; with another ``section`` it finds what is there instead.
    """

    def __init__(self, loading: Loading, name: str, index: Place | Path, section: Section = "stacks") -> None:
        self._loading = loading
        self._name = name
        self._place = index
        self._section = section
        shown = index.shown if isinstance(index, (GitPlace, HttpPlace)) else str(index)
        self.where = f"the registry {name} ({shown})"

    def find(self, wanted: Wanted) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        key = RegistryPlace(self._name, wanted).shown
        pin = self._loading.remotes.lock.pins.get(key)
        if pin is not None and self._loading.remotes.mode is not Mode.UPDATE:
            self._check(key, wanted.name, pin)
            return [Entry(wanted.name, key, pin.version)]
        releases = self._index.get(wanted.name)
        if releases is None:
            return []
        best = best_version([text for text, item in releases.items() if not item.yanked], wanted.versions)
        if best is None:
            raise ResolutionError(
                f"{self.where} has no version of {wanted.name!r} in {wanted.versions or 'any range'}",
                code="resolution.version",
                hint="widen the range, or ask for one of the versions there are",
                detail=f"versions there: {', '.join(newest_first(releases)) or 'none'}",
            )
        return [Entry(wanted.name, key, best)]

    def load(self, entry: Entry) -> StackDefinition:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        pin, content = self.read(entry)
        definition = self._loading.load_remote(content, entry.source)
        if (definition.name, definition.version) != (entry.name, pin.version):
            raise SourceRefusedError(
                f"{self.where} gives {definition.name} {definition.version or 'without a version'} for {entry.name} "
                f"{pin.version}",
                code="source.index",
                hint="the index has to say the name and version that the definition has itself",
            )
        return definition

    def read(self, entry: Entry) -> tuple[Pin, bytes]:
        """What ``entry`` is pinned to, from now on if it was not, and its content.

        Raises:
            SourceRefusedError: It is not what the index says.
            SourceUnreachableError: It cannot be reached.
        """
        remotes = self._loading.remotes
        pin = remotes.lock.pins.get(entry.source)
        if pin is None or remotes.mode is Mode.UPDATE:
            pin = self._pin(entry, pin)
        content = remotes.content(pin.revision)
        if content is None:
            content = self._download(entry.name, pin)
        self._loading.inputs.note_remote(entry.source, pin.revision)
        return pin, content

    def entries(self) -> Sequence[Entry]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return [
            Entry(name, RegistryPlace(self._name, Wanted(name)).shown, best_version(releases))
            for name, releases in sorted(self._index.items())
        ]

    def remarks(self) -> Sequence[str]:
        """See :class:`flowyml_infra.resolution.sources.source.Source`."""
        return []

    @cached_property
    def _index(self) -> Mapping[str, Mapping[str, Release]]:
        content = self._index_content
        return read_index(content, self.where)[self._section]

    @cached_property
    def _index_content(self) -> bytes:
        if not isinstance(self._place, (GitPlace, HttpPlace)):
            content = self._loading.inputs.read(self._place)
            if content is None:
                raise ResolutionError(
                    f"{self.where} has no index there", code="source.index", hint="check its path in flowyml.yaml"
                )
            return content
        remotes = self._loading.remotes
        remotes.reach(self._place.shown)
        found = remotes.fetcher.fetch(self._place)
        if len(found.files) != 1:
            raise SourceRefusedError(
                f"{self.where} names a folder, and its index is a file", code="source.index", hint="add its path"
            )
        self._loading.inputs.note_remote(self._place.shown, found.revision)
        remotes.note(self._place.shown, found.revision, "the index, as it is now")
        return next(iter(found.files.values()))

    def _check(self, key: str, name: str, pin: Pin) -> None:
        """Refuse a pin whose version the index does not have any more, or has with another content."""
        remotes = self._loading.remotes
        why = f"{pin.version} is pinned in {LOCK_NAME}"
        if remotes.mode is Mode.PINNED:
            remotes.note(key, pin.revision, f"{why}, and the index was not asked")
            return
        try:
            release = self._index.get(name, {}).get(pin.version or "")
        except SourceUnreachableError as error:
            remotes.note(key, pin.revision, f"{why}; the index could not be asked: {error.message}")
            if error.code != "source.offline":
                remotes.warn_unchecked(key, error.message)
            return
        if release is None or release.digest != pin.revision:
            now = "is not there any more" if release is None else f"is {short(release.digest)} now"
            raise SourceRefusedError(
                f"{name} {pin.version} was pinned at {short(pin.revision)} and {now} in {self.where}",
                code="source.moved",
                hint=UPDATE,
            )
        remotes.note(key, pin.revision, f"{why}, and the index has it as it was")

    def _pin(self, entry: Entry, before: Pin | None) -> Pin:
        release = self._index[entry.name][entry.version or ""]
        pin = Pin(release.digest, {release.source: release.digest}, None, entry.version)
        self._download(entry.name, pin)
        there = self._loading.remotes.lock.put(entry.source, pin, instead_of=before)
        if there != pin:
            raise SourceRefusedError(
                f"{entry.source} was pinned to {there.version} by another process meanwhile",
                code="source.moved",
                hint="run this again",
            )
        self._loading.remotes.note(entry.source, pin.revision, f"{entry.version} is the best that fits; pinned")
        return pin

    def _download(self, name: str, pin: Pin) -> bytes:
        source = next(iter(pin.files))
        found = self._file(source) if not isinstance(self._place, (GitPlace, HttpPlace)) else None
        content = self._remote(source) if found is None else found
        if digest_of(content) != pin.revision:
            raise SourceRefusedError(
                f"{name} {pin.version} from {source} is not what {self.where} says: its digest is "
                f"{short(digest_of(content))}, not {short(pin.revision)}",
                code="source.tampered",
                hint="tell those who keep the registry; nothing of it was used",
            )
        self._loading.remotes.cache.store(content)
        return content

    def _file(self, source: str) -> bytes | None:
        """A definition beside an index on this machine; None when the index leads elsewhere."""
        if is_remote(source):
            return None
        assert not isinstance(self._place, (GitPlace, HttpPlace))  # noqa: S101 -- the caller has looked
        folder = self._place.parent.resolve()
        path = (folder / check_path(source, self.where, LIMITS)).resolve()
        if not path.is_relative_to(folder):
            raise SourceRefusedError(f"{source} leads out of the folder of {self.where}", code="source.link")
        content = self._loading.inputs.read(path)
        if content is None:
            raise SourceRefusedError(f"{self.where} names {source}, which is not there", code="source.index")
        return content

    def _remote(self, source: str) -> bytes:
        remotes = self._loading.remotes
        place = self._beside(source)
        remotes.reach(place.shown)
        found = remotes.fetcher.fetch(place)
        if len(found.files) != 1:
            raise SourceRefusedError(f"{place.shown} is not one file", code="source.index")
        return next(iter(found.files.values()))

    def _beside(self, source: str) -> Place:
        """The place of a definition: what the index says, or a path beside it."""
        if is_remote(source):
            place = parse_locator(source).place
            # An index says what is fetched by whoever reads it, so it must not say their own files or hosts.
            trusted = not isinstance(self._place, (GitPlace, HttpPlace))
            if isinstance(place, RegistryPlace) or (
                not trusted and isinstance(place, GitPlace) and not place.url.startswith("https://")
            ):
                raise SourceRefusedError(f"{self.where} leads to {source}, which an index may not", code="source.index")
            return place
        path = check_path(source, self.where, LIMITS)
        if isinstance(self._place, HttpPlace):
            return HttpPlace(urljoin(self._place.url, path))
        assert isinstance(self._place, GitPlace)  # noqa: S101 -- files were looked at before
        folder = self._place.path.rpartition("/")[0]
        return replace(self._place, path=f"{folder}/{path}" if folder else path)
