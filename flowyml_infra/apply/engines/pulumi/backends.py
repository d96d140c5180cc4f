"""Owns the places in which Pulumi's record of a deployment may lie."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from flowyml_infra.apply.engines.pulumi.backend_access import Access
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT: Final = "flowyml-infra"
"""The name of the Pulumi project of every deployment."""
ROOM_BYTES: Final = 4_000_000
"""What has to be free for the record of a small deployment, its copy and its locks."""
POSTGRES: Final = "postgres://"
"""How Pulumi's own URL of a PostgreSQL database begins; a table and a search path may be parameters of it."""


class Backend(Protocol):
    """Where Pulumi keeps its records."""

    def used(self) -> bool:
        """Whether there may be a record."""

    def reach(self, folder: Path, stack: str, *, looks: bool) -> Access:
        """How the CLI gets there; unless it is only looked at, what is missing for that is made, and runs are cut off.

        Args:
            folder: A private folder, there for as long as the CLI is used.
            stack: What it is about. Earlier runs about it, whose lease is ours by now, are cut off where that can be.
            looks: Nothing is made, and nobody is cut off.

        Raises:
            EngineError: It cannot be reached.
            StateError: It lies in a database that cannot be reached.
        """

    def locked(self, stack: str) -> bool:
        """Whether a lock of a run may be there, of which the holder of our lease knows that its owner is gone."""

    def prune(self, stack: str) -> None:
        """Remove the copies of the record that Pulumi keeps for every run, for ever: our own history tells it."""

    def clear(self, stack: str) -> None:
        """Remove what Pulumi leaves of a stack that was removed."""


@dataclass(frozen=True, slots=True)
class FolderBackend:
    """A folder on this machine."""

    folder: Path

    def used(self) -> bool:
        """See :class:`Backend`."""
        return self.folder.is_dir()

    def reach(self, folder: Path, stack: str, *, looks: bool) -> Access:
        """See :class:`Backend`."""
        del folder
        if not looks:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._check_room(stack)
            self._mend(stack)
        return Access(f"file://{self.folder}")

    def _check_room(self, stack: str) -> None:
        """Refuse where the record may not find room: Pulumi puts what it could write of one in the place of the last.

        Raises:
            EngineError: There is too little.
        """
        record = self._record(stack)
        needed = ROOM_BYTES + 4 * (record.stat().st_size if record.exists() else 0)
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise EngineError(
                f"there is no room for the engine's record: {self.folder} has {free / 1e6:,.1f} MB left, and "
                f"{needed / 1e6:,.1f} MB may be needed",
                code="engine.no_room",
                hint="make room there, then run the same command again; nothing was begun",
            )

    def _mend(self, stack: str) -> None:
        """Undo what a Pulumi left that was killed while it wrote: a record that is not whole is put aside.

        It moves the record to its copy, writes the new one, and then a note of its checksum beside it, which may be
        missing and must not be half of one. The copy takes the place of a record that is not whole or not there.

        Raises:
            EngineError: There is a record, and neither it nor its copy is whole.
        """
        record = self._record(stack)
        for note in (*record.parent.glob(f"{stack}.json*.attrs"), self.folder / ".pulumi" / "meta.yaml.attrs"):
            if note.exists() and not _is_whole(note):
                note.unlink()
        copy = record.with_name(f"{record.name}.bak")
        there = record.exists()
        if there and _is_whole(record):
            return
        if copy.exists() and _is_whole(copy):
            if there:
                record.replace(record.with_name(f"{record.name}.damaged"))
            shutil.copyfile(copy, record)
        elif there:
            raise EngineError(
                f"the engine's record {record} is damaged, and there is no whole copy beside it",
                code="engine.record_damaged",
                hint="put it back from a backup of its folder; or remove it, run `flowyml-infra state rebuild`, and "
                "look for what `flowyml-infra state doctor` says was under way",
            )

    def _record(self, stack: str) -> Path:
        return self._of_project("stacks") / f"{stack}.json"

    def locked(self, stack: str) -> bool:
        """See :class:`Backend`."""
        # Also what is not a lock yet: one that found no room is half a file, which no run gets past.
        return any((self.folder / ".pulumi" / "locks" / "organization" / PROJECT / stack).glob("*.json*"))

    def prune(self, stack: str) -> None:
        """See :class:`Backend`."""
        shutil.rmtree(self._of_project("history") / stack, ignore_errors=True)

    def clear(self, stack: str) -> None:
        """See :class:`Backend`."""
        for path in self._of_project("stacks").glob(f"{stack}.json.*"):
            path.unlink(missing_ok=True)

    def _of_project(self, part: str) -> Path:
        return self.folder / ".pulumi" / part / PROJECT


def _is_whole(record: Path) -> bool:
    try:
        json.loads(record.read_bytes())
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class NamedBackend:
    """A place that Pulumi alone knows how to reach, for example a bucket; who one is there, its variables say."""

    url: str = field(repr=False)

    def used(self) -> bool:
        """See :class:`Backend`."""
        return True

    def reach(self, folder: Path, stack: str, *, looks: bool) -> Access:
        """See :class:`Backend`."""
        del stack, looks
        if not self.url.startswith(POSTGRES):
            return Access(self.url)
        from flowyml_infra.apply.engines.pulumi.postgres_access import access, parameters_of

        return access(parameters_of(self.url), folder, os.environ)

    def locked(self, stack: str) -> bool:
        """See :class:`Backend`; nobody can tell, and taking away a lock that is not there does no harm."""
        del stack
        return True

    def prune(self, stack: str) -> None:
        """See :class:`Backend`; what is kept there is for its owner to say, by a rule of the bucket's."""

    def clear(self, stack: str) -> None:
        """See :class:`Backend`."""
