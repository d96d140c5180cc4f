"""Owns flowyml.lock: which commit and content each remote source is pinned to; it belongs into version control."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.errors import DefinitionError, ResolutionError
from flowyml_infra.file_lock import hold
from flowyml_infra.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LOCK_NAME: Final = "flowyml.lock"
FORMAT: Final = 1
HOLD_SECONDS = 60.0
"""How long a process waits for another one that writes the file, which takes milliseconds."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REVISION = re.compile(r"sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pin:
    """What one remote source is pinned to.

    Attributes:
        revision: The commit, or the digest of what was downloaded.
        files: The digest of each manifest by its path.
        ref: The full name of the tag or branch that led to the commit, or None.
        version: The version that was chosen in a registry, or None.
    """

    revision: str
    files: Mapping[str, str] = field(default_factory=dict)
    ref: str | None = None
    version: str | None = None

    def to_json(self) -> dict[str, object]:
        """As it stands in the file."""
        name = "digest" if self.revision.startswith("sha256:") else "commit"
        said: dict[str, object] = {"version": self.version, "ref": self.ref, name: self.revision}
        return {key: value for key, value in said.items() if value is not None} | {"files": dict(self.files)}

    def __str__(self) -> str:
        return " ".join(item for item in (self.version, self.ref, self.revision) if item)


class LockFile:
    """The file in the project at ``root``.

    Args:
        root: The project's folder.
        read: Reads a file, None where there is none; what is read when a resolution begins is part of its record.
        keep: Write pins; otherwise they last as long as this object.
    """

    def __init__(self, root: Path, read: Callable[[Path], bytes | None], *, keep: bool = True) -> None:
        self._keep = keep
        self.path = root / LOCK_NAME
        self._guard = root / ".flowyml" / "lockfile"
        self.pins: dict[str, Pin] = parse_pins(read(self.path))

    def put(self, name: str, pin: Pin, *, instead_of: Pin | None) -> Pin:
        """Pin ``name`` and return what it is pinned to now: by another process meanwhile, if one was faster.

        Args:
            name: The source.
            pin: What it is pinned to.
            instead_of: The pin that this one takes the place of, None where there was none.

        Raises:
            ResolutionError: The file cannot be written.
        """
        if not self._keep:
            self.pins[name] = pin
            return pin
        with self._alone():
            self.pins = parse_pins(self.path.read_bytes() if self.path.exists() else None)
            there = self.pins.get(name)
            if there is not None and there != instead_of:
                return there
            self.pins[name] = pin
            self._write()
        return pin

    def drop(self, name: str) -> None:
        """Forget the pin of ``name``.

        Raises:
            ResolutionError: The file cannot be written.
        """
        with self._alone():
            self.pins = parse_pins(self.path.read_bytes() if self.path.exists() else None)
            if self.pins.pop(name, None) is not None:
                self._write()

    def _write(self) -> None:
        said = {"version": FORMAT, "sources": {name: self.pins[name].to_json() for name in sorted(self.pins)}}
        text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.path, text.encode(), mode=0o644)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing the file meanwhile."""
        try:
            self._guard.parent.mkdir(parents=True, exist_ok=True)
            with self._guard.open("ab") as handle:
                _hold(handle.fileno())
                yield
        except OSError as error:
            raise ResolutionError(
                f"{LOCK_NAME} cannot be written: {error.strerror}",
                code="source.lock_file",
                hint="remote sources are pinned in it; make the project's folder writable, or commit the file",
            ) from error


def parse_pins(content: bytes | None) -> dict[str, Pin]:
    """The pins in ``content``, that of the file.

    Raises:
        DefinitionError: It is none.
    """
    if content is None:
        return {}
    try:
        said = json.loads(content)
        if said["version"] != FORMAT:
            _refuse(f"{LOCK_NAME} has the format {said['version']!r}, which this version does not know")
        return {name: _pin(entry) for name, entry in said["sources"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        _refuse(f"{LOCK_NAME} is damaged", line if isinstance(line, int) else None, error)
    raise AssertionError  # for the reader: both ways above end it


def _pin(entry: Any) -> Pin:  # noqa: ANN401 -- JSON that nobody has looked at yet
    revision = entry.get("commit") or entry["digest"]
    files = {str(name): digest for name, digest in entry["files"].items()}
    ref, version = entry.get("ref"), entry.get("version")
    right = all(isinstance(item, (str, type(None))) for item in (ref, version))
    if not right or not _REVISION.fullmatch(revision) or not all(_DIGEST.fullmatch(item) for item in files.values()):
        raise ValueError
    return Pin(revision, files, ref, version)


def _refuse(summary: str, line: int | None = None, cause: Exception | None = None) -> None:
    hint = "restore it from version control; after a merge, delete it and run `flowyml-infra stack update`"
    problem = Diagnostic("error", "source.lock_file", summary, location=Location(LOCK_NAME, line), hint=hint)
    raise DefinitionError(summary, code="source.lock_file", hint=hint, diagnostics=[problem]) from cause


def _hold(handle: int) -> None:
    if not hold(handle, HOLD_SECONDS):
        raise ResolutionError(
            f"{LOCK_NAME} is being written by another process that has not let go for {HOLD_SECONDS:g} seconds",
            code="source.lock_file",
            hint="end the other flowyml-infra process of this project, and try again",
        )
