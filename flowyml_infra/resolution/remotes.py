"""Owns what remote sources may give: nothing but what flowyml.lock pins, which the first use and an update write.

What is pinned is asked after each time, unless it cannot move. When it moved, it is refused; when nobody answers, the
pinned content of the cache is used and a warning says so.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching.snapshot import Snapshot
from flowyml_infra.resolution.lockfile import LOCK_NAME, Pin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resolution.content_cache import ContentCache
    from flowyml_infra.resolution.fetching.fetcher import Fetcher
    from flowyml_infra.resolution.lockfile import LockFile
    from flowyml_infra.resolution.places import Place

OFFLINE_VARIABLE: Final = "FLOWYML_OFFLINE"
"""Set, nothing is asked over the network."""

UPDATE = "`flowyml-infra stack update` looks at what is there now and pins that, on purpose"


class Mode(Enum):
    """What is taken of a source that is pinned."""

    FOLLOW = "what is pinned, unless it moved"
    PINNED = "what is pinned, whatever is there now"
    UPDATE = "what is there now"


class Note(NamedTuple):
    """What happened to one source: its name, its revision, and a sentence."""

    source: str
    revision: str
    why: str


class Remotes:
    """The remote sources of one resolution; each is asked once.

    Args:
        fetcher: Fetches.
        lock: The pins.
        cache: The content.
        offline: Ask nothing over the network.
        mode: What is taken of a source that is pinned.
    """

    def __init__(
        self, fetcher: Fetcher, lock: LockFile, cache: ContentCache, *, offline: bool = False, mode: Mode = Mode.FOLLOW
    ) -> None:
        self.fetcher = fetcher
        self.lock = lock
        self.cache = cache
        self.offline = offline
        self.mode = mode
        self.notes: list[Note] = []
        self.warnings: list[Diagnostic] = []
        self._seen: dict[str, Snapshot] = {}

    def snapshot(self, place: Place) -> Snapshot:
        """The manifests of ``place``, as pinned.

        Raises:
            SourceRefusedError: It is not what it was pinned to, or not accepted.
            SourceUnreachableError: It is not pinned, or not in the cache, and cannot be reached.
            ResolutionError: The pin cannot be written.
        """
        if place.shown not in self._seen:
            pin = self.lock.pins.get(place.shown)
            found = self._pin_anew(place, pin) if pin is None or self.mode is Mode.UPDATE else self._follow(place, pin)
            self._seen[place.shown] = found
        return self._seen[place.shown]

    def content(self, digest: str) -> bytes | None:
        """The content with this digest, from the cache."""
        return self.cache.load(digest)

    def reach(self, shown: str) -> None:
        """Say that ``shown`` is about to be asked over the network.

        Raises:
            SourceUnreachableError: Nothing is to be asked.
        """
        if self.offline:
            raise SourceUnreachableError(
                f"{shown} is not in the cache, and {OFFLINE_VARIABLE} is set",
                code="source.offline",
                hint=f"use it once without {OFFLINE_VARIABLE}",
            )

    def note(self, source: str, revision: str, why: str) -> None:
        """Remember what happened, for ``stack explain``."""
        self.notes.append(Note(source, revision, why))

    def warn_unchecked(self, shown: str, why: str) -> None:
        """Remember that a pin could not be checked."""
        summary = f"{shown} could not be asked whether it moved; what {LOCK_NAME} pins is used"
        self.warnings.append(Diagnostic("warning", "source.unchecked", summary, why))

    def _pin_anew(self, place: Place, before: Pin | None) -> Snapshot:
        self.reach(place.shown)
        found = self.fetcher.fetch(place)
        pin = Pin(found.revision, self._keep(found.files), found.ref)
        there = self.lock.put(place.shown, pin, instead_of=before)
        if there != pin:
            raise _moved(place.shown, there.revision, found.revision)
        self.note(place.shown, found.revision, f"fetched, and pinned in {LOCK_NAME}")
        return found

    def _follow(self, place: Place, pin: Pin) -> Snapshot:
        fetched = self._check(place, pin)
        cached = {path: self.cache.load(digest) for path, digest in pin.files.items()}
        if all(content is not None for content in cached.values()):
            return Snapshot(pin.revision, {path: content or b"" for path, content in cached.items()}, pin.ref)
        self.reach(place.shown)
        found = fetched or self.fetcher.fetch(place, revision=pin.revision, ref=pin.ref)
        if found.revision != pin.revision:
            raise _moved(place.shown, pin.revision, found.revision)
        if self._keep(found.files) != dict(pin.files):
            raise SourceRefusedError(
                f"the content of {place.shown} is not the one that {LOCK_NAME} pins, at the same revision",
                code="source.tampered",
                hint=f"find out who changed the source or {LOCK_NAME} before you use it",
            )
        return found

    def _check(self, place: Place, pin: Pin) -> Snapshot | None:
        """Ask whether the place is still what it was; its manifests, if asking gave them."""
        if place.fixed:
            self.note(place.shown, pin.revision, "a commit cannot move")
            return None
        if self.offline or self.mode is Mode.PINNED:
            self.note(place.shown, pin.revision, f"pinned in {LOCK_NAME}, and not asked whether it moved")
            return None
        try:
            revision, fetched = self.fetcher.revision(place, pin.ref)
        except SourceUnreachableError as error:
            self.note(place.shown, pin.revision, f"pinned in {LOCK_NAME}; it could not be asked: {error.message}")
            self.warn_unchecked(place.shown, error.message)
            return None
        if revision != pin.revision:
            raise _moved(place.shown, pin.revision, revision)
        self.note(place.shown, pin.revision, f"pinned in {LOCK_NAME}, and it has not moved")
        return fetched

    def _keep(self, files: Mapping[str, bytes]) -> dict[str, str]:
        return {path: self.cache.store(content) for path, content in sorted(files.items())}


def _moved(shown: str, before: str, after: str) -> SourceRefusedError:
    return SourceRefusedError(
        f"{shown} was pinned at {short(before)} and is at {short(after)} now",
        code="source.moved",
        hint=UPDATE,
        detail=f"pinned: {before}\nnow:    {after}",
    )


def short(revision: str) -> str:
    """A revision as people say it."""
    return revision[:19] if revision.startswith("sha256:") else revision[:12]
