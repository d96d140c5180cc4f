"""Owns the record of what a resolution was made from: files, folders, variables, registered stacks, remote sources.

Everything outside that decides about the result is read through an :class:`Inputs`, once, and what was read is what
is recorded. :meth:`Inputs.hold` says later whether all of it is still the same. Variables that nobody asked the value
of leave only whether they were set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from flowyml_infra.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.resolution.registered import RegisteredStack, RegisteredStacks

Record: TypeAlias = "dict[str, dict[str, str | None]]"
"""What was read: by sort of input, each one's name and the digest of what it gave, None where there was nothing."""

MOST_BYTES = 16 * 2**20
"""No manifest is read beyond this size."""

_SORTS = ("files", "folders", "variables", "presence", "registered", "remote")


class RecordingEnviron(Mapping[str, str]):
    """Environment variables that note which of them were asked for.

    Looking up a value notes its digest; ``in`` notes no more than whether the variable is set.
    """

    def __init__(self, environ: Mapping[str, str], record: Record) -> None:
        self._environ = environ
        self._record = record

    def __getitem__(self, name: str) -> str:
        value = self._environ.get(name)
        self._record["variables"][name] = _digest_of(value)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        present = name in self._environ
        self._record["presence"][str(name)] = _presence(present)
        return present

    def __iter__(self) -> Iterator[str]:
        self._record["presence"][""] = _names(self._environ)
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


class Inputs:
    """Reads for a resolution, each thing once, and keeps the record.

    Args:
        environ: The environment variables.
        registered: The registered stacks, or None when there is no registry at hand.
    """

    def __init__(self, environ: Mapping[str, str], registered: RegisteredStacks | None = None) -> None:
        self.record: Record = {sort: {} for sort in _SORTS}
        self.environ: Mapping[str, str] = RecordingEnviron(environ, self.record)
        self._environ = environ
        self._registered = registered
        self._read: dict[str, bytes | None] = {}
        self._listed: dict[str, list[Path]] = {}
        self._found: dict[str, RegisteredStack | None] = {}

    def read(self, path: Path) -> bytes | None:
        """The bytes of the file at ``path``, or None when there is no file.

        Raises:
            ResolutionError: It is there and cannot be read.
        """
        name = str(path)
        if name not in self._read:
            content = _read(path)
            self._read[name] = content
            self.record["files"][name] = _digest_of(content)
        return self._read[name]

    def manifests(self, folder: Path) -> list[Path]:
        """The YAML files directly in ``folder``, sorted; none when there is no such folder."""
        name = str(folder)
        if name not in self._listed:
            self._listed[name] = _manifests(folder)
            self.record["folders"][name] = _listing(self._listed[name])
        return self._listed[name]

    def registered(self, name: str) -> RegisteredStack | None:
        """The registered stack of this name, or None."""
        if name not in self._found:
            found = self._registered.registered_stack(name) if self._registered else None
            self._found[name] = found
            self.record["registered"][name] = found.digest if found else None
        return self._found[name]

    def all_registered(self) -> Sequence[RegisteredStack]:
        """Every registered stack; for lists and messages, so it leaves no record."""
        return self._registered.registered_stacks() if self._registered else []

    @property
    def unrecorded(self) -> Mapping[str, str]:
        """The environment variables without a record: for tokens, of which not even a digest may be left anywhere."""
        return self._environ

    def note_remote(self, name: str, revision: str) -> None:
        """Record that a remote source was asked; what was made from it is made again each time, so that it is too."""
        self.record["remote"][name] = revision

    def hold(self, record: Record) -> bool:
        """Whether everything in ``record`` would be read the same now."""
        try:
            return all(self._now(sort, name) == was for sort, items in record.items() for name, was in items.items())
        except ResolutionError:
            return False

    def _now(self, sort: str, name: str) -> str | None:
        match sort:
            case "files":
                return _digest_of(_read(Path(name)))
            case "folders":
                return _listing(_manifests(Path(name)))
            case "variables":
                return _digest_of(self._environ.get(name))
            case "presence":
                return _presence(name in self._environ) if name else _names(self._environ)
            case "registered":
                found = self._registered.registered_stack(name) if self._registered else None
                return found.digest if found else None
            case _:
                return "(ask again)"


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ResolutionError(f"{path} cannot be read: {error.strerror}", code="resolution.unreadable") from error
    if len(content) > MOST_BYTES:
        limit = f"{MOST_BYTES // 2**20} MiB"
        raise ResolutionError(f"{path} is larger than {limit}, the most that is read", code="resolution.too_large")
    return content


def _manifests(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ResolutionError(f"{folder} cannot be listed: {error.strerror}", code="resolution.unreadable") from error


def _digest_of(content: bytes | str | None) -> str | None:
    if content is None:
        return None
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def _listing(paths: list[Path]) -> str | None:
    return _digest_of("\0".join(path.name for path in paths))


def _names(environ: Mapping[str, str]) -> str | None:
    return _digest_of("\0".join(sorted(environ)))


def _presence(present: bool) -> str:
    return "set" if present else "unset"
