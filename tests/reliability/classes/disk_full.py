"""Owns the class of databases that take no more: the disk is full, or fails, from some write of an apply on."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.main import execute
from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.postgresql import PostgresDatabase
from flowyml_infra.state.sqlite import SqliteDatabase
from tests.reliability.classes.kill_at_commits import SHADES, check_ledgers, declare
from tests.reliability.failure_class import MOST_FAILURES, FailureClass, Ground
from tests.support.killing import apply

WRITES = ("INSERT", "UPDATE", "DELETE")
# The codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: disk_full and io_error.
SQLITE = {"full": sqlite3.SQLITE_FULL, "broken": sqlite3.SQLITE_IOERR}
POSTGRESQL = {"full": "53100", "broken": "58030"}


class Disk:
    """Takes so many writes, and none after them, until it is mended."""

    def __init__(self, room: int, trouble: str) -> None:
        self.room, self.trouble = room, trouble
        self.count = 0

    @property
    def full(self) -> bool:
        return self.count > self.room

    def write(self, database: Any, execute_: Any) -> None:
        """Count a write; fail as the driver does when there is no room."""
        self.count += 1
        if not self.full:
            return
        if isinstance(database, PostgresDatabase):
            execute_(f"DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '{POSTGRESQL[self.trouble]}'; END $$", {})
        error = sqlite3.OperationalError("no room")
        error.sqlite_errorcode = SQLITE[self.trouble]
        raise error

    @contextmanager
    def inserted(self) -> Iterator[None]:
        """Have every database of this process write to it; a commit is a write, too."""
        kinds: list[Any] = [SqliteDatabase, PostgresDatabase]
        kept = {kind: kind.transaction for kind in kinds}
        for kind in kinds:
            kind.transaction = self._over(kept[kind])
        try:
            yield
        finally:
            for kind in kinds:
                kind.transaction = kept[kind]

    def _over(self, whole: Any) -> Any:
        disk = self

        @contextmanager
        def transaction(database: Any) -> Iterator[Any]:
            with whole(database) as execute_:
                wrote = False

                def counted(sql: str, parameters: Any) -> Any:
                    nonlocal wrote
                    if sql.lstrip().startswith(WRITES):
                        wrote = True
                        disk.write(database, execute_)
                    return execute_(sql, parameters)

                yield counted
                if wrote:
                    disk.write(database, execute_)

        return transaction


def attempt(root: str, room: int, trouble: str) -> None:
    """Apply with so much room, as a process of its own; leaves what it said, and whether the room was too little."""
    disk, said = Disk(room, trouble), io.StringIO()
    with disk.inserted(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = execute(["--project", root, "apply", "few", "--auto-approve"])
    (Path(root) / "said.json").write_text(json.dumps([int(code), disk.full, said.getvalue()]))


def check(ground: Ground, place: Any, room: int, trouble: str) -> bool:
    """Apply with so much room, check what was left, and finish it. Whether the room was too little."""
    before = made(place)
    child = ground.processes.Process(target=attempt, args=(str(place.root), room, trouble))
    child.start()
    child.join()
    code, full, said = json.loads((place.root / "said.json").read_text())
    rows, ended = recorded(place)
    assert made(place) <= rows, "made, and not recorded"
    if not full:
        assert code == Exit.DONE
    elif not ended:
        # What cannot be noted in the audit log once all is done is no failure of the apply.
        assert code in ((Exit.ERROR, Exit.PARTIAL) if made(place) == before else (Exit.PARTIAL,)), said
        assert "no room" in said
        assert "has room" in said, f"no hint: {said}"
    assert "Traceback" not in said
    apply(str(place.root), "few")
    check_ledgers(place)
    return bool(full)


def made(place: Any) -> set[str]:
    """The creation ids of what is there, with what they were changed to."""
    return {json.loads(path.read_text())["creation_id"] for path in place.root.glob("made/*/.flowyml-resource.json")}


def recorded(place: Any) -> tuple[set[str], bool]:
    """The creation ids of what is recorded, and whether the newest operation succeeded."""
    with Project.open(place.root) as project:
        snapshot = project.reader().snapshot(DeploymentKey("few"))
        (newest,) = project.reader().history(DeploymentKey("few"), limit=1)
    return {row.creation_id for row in (*snapshot.rows.values(), *snapshot.deposed)}, newest.status == "succeeded"


def run(ground: Ground) -> None:
    """A create, an update, a replacement and a deletion, with room for one more write each time; fewer in short."""
    step = max(1, DISK_FULL.full // ground.wanted)
    for trouble in ("full", "broken"):
        place = ground.place()
        shade, room, full = "red", 0, True
        declare(place, shade)
        apply(str(place.root), "few")
        while full and len(ground.failures) < MOST_FAILURES:
            shade = SHADES[shade]
            declare(place, shade)
            with ground.case(f"{trouble} after {room} writes"):
                full = check(ground, place, room, trouble)
            room += step


DISK_FULL = FailureClass(
    "disk-full",
    "the disk of the state is full, or gives I/O errors, from each write of an apply on",
    "no state is corrupt, nothing is made that is not recorded, exit 6 (1 when nothing was done) with a hint",
    run,
    short=12,
    full=100,
    whole=True,
)
