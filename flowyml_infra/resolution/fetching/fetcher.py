"""Owns fetching from a place of either sort: what it is now, and its manifests at one revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.errors import SourceRefusedError
from flowyml_infra.resolution.fetching.archive import read_archive
from flowyml_infra.resolution.fetching.git_client import GitClient
from flowyml_infra.resolution.fetching.http import HttpClient
from flowyml_infra.resolution.fetching.repository import Repository
from flowyml_infra.resolution.fetching.snapshot import Snapshot, check_amount, digest_of
from flowyml_infra.resolution.fetching.urls import is_archive
from flowyml_infra.resolution.places import GitPlace

if TYPE_CHECKING:
    from flowyml_infra.resolution.fetching.addresses import Guard
    from flowyml_infra.resolution.fetching.limits import Limits
    from flowyml_infra.resolution.fetching.tokens import Tokens
    from flowyml_infra.resolution.places import HttpPlace, Place


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches.

    Attributes:
        guard: Says what may be connected to.
        tokens: The tokens by host.
        limits: The bounds.
    """

    guard: Guard
    tokens: Tokens
    limits: Limits

    def fetch(self, place: Place, *, revision: str | None = None, ref: str | None = None) -> Snapshot:
        """The manifests of ``place``.

        Args:
            place: Where.
            revision: The commit to fetch; by default what the place is now. An HTTP address has but one content.
            ref: The full name of the ref that led to ``revision``.

        Raises:
            SourceRefusedError: What is there is not accepted.
            SourceUnreachableError: It cannot be reached.
        """
        if isinstance(place, GitPlace):
            repository = Repository(self._git(), place)
            commit, name = repository.commit() if revision is None else (revision, ref)
            return repository.read(commit, name)
        return self._download(place, self.limits.seconds)

    def revision(self, place: Place, ref: str | None) -> tuple[str, Snapshot | None]:
        """The revision that ``place`` has now, and its manifests where asking gave them too.

        Raises:
            SourceRefusedError: It is not there any more, or not accepted.
            SourceUnreachableError: It cannot be reached.
        """
        if isinstance(place, GitPlace):
            return Repository(self._git(), place).commit(ref)[0], None
        snapshot = self._download(place, self.limits.check_seconds)
        return snapshot.revision, snapshot

    def _git(self) -> GitClient:
        return GitClient(self.guard, self.tokens, self.limits)

    def _download(self, place: HttpPlace, seconds: float) -> Snapshot:
        archive = is_archive(place.url)
        most = self.limits.download_bytes if archive else self.limits.file_bytes
        client = HttpClient(self.guard, self.tokens, self.limits)
        content = client.download(place.url, most=most, seconds=seconds).content
        if archive:
            files = read_archive(content, place.path, place.url, self.limits)
            if place.path and not files:
                raise SourceRefusedError(f"there is no {place.path} in {place.url}", code="source.no_path")
        else:
            files = {place.url.rpartition("/")[2] or "index": content}
            check_amount({name: len(item) for name, item in files.items()}, place.url, self.limits)
        return Snapshot(digest_of(content), files)
