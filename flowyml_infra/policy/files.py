"""Owns the way to the files that policies name: in the project by path or glob, or elsewhere by URI, as pinned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.policy.options import SettingError
from flowyml_infra.resolution.places import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.shared_files import SharedFile

    Fetch = Callable[[str], Mapping[str, bytes]]
    """Gives the content of what a name leads to, by the name of each file; raises ``SettingError`` for nothing."""


class PolicyFiles:
    """The files that policies of one project name; what is elsewhere is asked for once.

    Args:
        root: The project's folder.
        loading: Makes what reads sources that are elsewhere; called when the first of them is named.

    Attributes:
        shared: What was read from elsewhere so far, by its source.
    """

    def __init__(self, root: Path, loading: Callable[[], Loading]) -> None:
        self._local = local_files(root)
        self._make = loading
        self._loading: Loading | None = None
        self.shared: dict[str, SharedFile] = {}

    def __call__(self, pattern: str) -> Mapping[str, bytes]:
        """What ``pattern`` names.

        Raises:
            SettingError: It leads to nothing.
            ResolutionError: It is elsewhere, and not to be had as pinned.
        """
        if not is_remote(pattern):
            return self._local(pattern)
        from flowyml_infra.resolution.shared_files import read_shared

        self._loading = self._loading or self._make()
        found = read_shared(self._loading, pattern)
        self.shared[found.source] = found
        return {found.source: found.content}

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What could not be checked about sources that are elsewhere, a sentence each."""
        loading = self._loading
        return () if loading is None else tuple(item.summary for item in loading.remotes.warnings)


def local_files(root: Path) -> Fetch:
    """The files of the project at ``root``, by path or glob."""

    def fetch(pattern: str) -> Mapping[str, bytes]:
        if any(sign in pattern for sign in "*?["):
            paths = sorted(path for path in root.glob(pattern) if path.is_file())
        else:
            paths = [root / pattern]
        try:
            found = {_shown(path, root): path.read_bytes() for path in paths}
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            near = did_you_mean(Path(pattern).name, _siblings(root / pattern))
            raise SettingError(f"names {pattern}, which cannot be read: {reason}", hint=near) from None
        if not found:
            raise SettingError(f"names {pattern}, which matches no file", hint="write it from the project's folder")
        return found

    return fetch


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _siblings(path: Path) -> list[str]:
    return [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []


def path_in(name: str) -> Path:
    """The path in the name of a file, which may be a URI: without the repository before it and the version after it."""
    return Path(name.rpartition("//")[2].partition("@")[0] if is_remote(name) else name)
