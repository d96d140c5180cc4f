"""Owns resources that are SQLite databases, with their mark in a table of their own."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flowyml_infra.apply.engines.local.durable import write_new
from flowyml_infra.apply.engines.local.mark import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from flowyml_infra.apply.engine import Subject
    from flowyml_infra.resources.values import Value

MARK_TABLE: Final = "flowyml_resource"
_HEADER: Final = b"SQLite format 3\x00"
SIDECARS: Final = ("-wal", "-shm", "-journal")
"""The ends of the names of the files that SQLite keeps beside a database."""
_PATIENCE_SECONDS: Final = 2.0


class Database:
    """A SQLite database file."""

    noun = "a SQLite database"

    def build(self, path: Path, subject: Subject, mark: Mark) -> None:
        """Write the file of a database that has only its mark."""
        memory = sqlite3.connect(":memory:", isolation_level=None)
        try:
            memory.execute(f"CREATE TABLE {MARK_TABLE} (mark TEXT NOT NULL)")
            memory.execute(f"INSERT INTO {MARK_TABLE} VALUES (?)", (mark.to_text(),))  # noqa: S608 -- a constant
            content = bytearray(memory.serialize())
        finally:
            memory.close()
        if subject.properties["journal_mode"] == "wal":
            # The two version numbers of the header: https://www.sqlite.org/fileformat.html#file_format_version_numbers
            content[18:20] = b"\x02\x02"
        write_new(path, bytes(content))

    def put(self, source: Path, target: Path) -> None:
        """Link it, which refuses a name that is taken, then drop the old name."""
        for suffix in ("-wal", "-journal"):
            # SQLite would take what another database left behind for this one's unfinished business.
            leftover = f"{target}{suffix}"
            if os.path.lexists(leftover):
                raise FileExistsError(errno.EEXIST, "File exists", leftover)
        target.hardlink_to(source)
        source.unlink()

    def is_at(self, path: Path) -> bool:
        """Whether a regular file is at ``path``."""
        try:
            return stat.S_ISREG(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def mark_at(self, path: Path) -> Mark | None:
        """The mark in its table."""
        if not self.is_at(path):
            return None
        with path.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                return None
        with _opened(path) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (MARK_TABLE,)).fetchone():
                return None
            row = database.execute(f"SELECT * FROM {MARK_TABLE}").fetchone()  # noqa: S608 -- a constant
        return Mark.parse(row[0]) if row and isinstance(row[0], str) else None

    def adjust(self, path: Path, subject: Subject, mark: Mark) -> None:
        """Replace the mark in one transaction and set the journal mode."""
        with _opened(path) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute(f"CREATE TABLE IF NOT EXISTS {MARK_TABLE} (mark TEXT NOT NULL)")
            database.execute(f"DELETE FROM {MARK_TABLE}")  # noqa: S608 -- a constant
            database.execute(f"INSERT INTO {MARK_TABLE} VALUES (?)", (mark.to_text(),))  # noqa: S608 -- a constant
            database.execute("COMMIT")
            wanted = "wal" if subject.properties["journal_mode"] == "wal" else "delete"
            database.execute(f"PRAGMA journal_mode = {wanted}").fetchone()

    def observe(self, path: Path) -> Mapping[str, Value]:
        """The journal mode, as far as the file itself keeps it."""
        with _opened(path) as database:
            mode = database.execute("PRAGMA journal_mode").fetchone()[0]
        return {"journal_mode": "wal" if mode == "wal" else "delete"}

    def holdings(self, path: Path, going: Collection[Path] = ()) -> str | None:  # noqa: ARG002 -- nothing is inside
        """How many tables with rows it has beside the mark's; it must not be in use."""
        with _opened(path) as database:
            database.execute("BEGIN EXCLUSIVE")
            named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            tables = sorted(row[0] for row in database.execute(named) if row[0] != MARK_TABLE)
            filled = [name for name in tables if _has_rows(database, name)]
            database.execute("ROLLBACK")
        if not filled:
            return None
        more = f" and {len(filled) - 1} more tables" if len(filled) > 1 else ""
        return f"has rows in {filled[0]}{more}"

    def others(self, path: Path) -> list[Mark]:  # noqa: ARG002 -- nothing can be inside
        """Nothing."""
        return []

    def remove(self, path: Path, former: Path) -> None:
        """Remove the file last, so that it tells for as long as needed whose the files beside it were."""
        if not os.path.lexists(former):
            for suffix in SIDECARS:
                Path(f"{former}{suffix}").unlink(missing_ok=True)
        self.discard(path)

    def discard(self, path: Path) -> None:
        """Remove the file, if it is there."""
        path.unlink(missing_ok=True)

    def uri(self, path: Path) -> str:
        """A URL as SQLAlchemy takes it."""
        return f"sqlite:///{path}"


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that makes no file, and that commits only what it is told to."""
    url = f"file:{quote(str(path))}?mode=rw"
    database = sqlite3.connect(url, uri=True, isolation_level=None, timeout=_PATIENCE_SECONDS)
    try:
        yield database
    finally:
        database.close()


def _has_rows(database: sqlite3.Connection, table: str) -> bool:
    name = table.replace('"', '""')
    return database.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() is not None  # noqa: S608 -- quoted above
