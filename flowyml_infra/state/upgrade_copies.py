"""Owns the finding of the copies that upgrades of a state kept, which nobody but their owner removes."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowyml_infra.audit.location import POSTGRES_SCHEMES, sqlite_path, url_scheme

if TYPE_CHECKING:
    from pathlib import Path

_STAMP: Final = re.compile(r"\.\d{8}T\d{12}Z\.backup")


@dataclass(frozen=True, slots=True)
class UpgradeCopy:
    """A state as it was before an upgrade: its name, and what removes it, for a shell or for psql."""

    name: str
    removal: str


def find_copies(url: str, root: Path) -> list[UpgradeCopy]:
    """The copies beside the state at ``url``, the oldest first; ``root`` is what a relative path is relative to.

    Raises:
        StateError: The database cannot be asked.
    """
    if url_scheme(url) not in POSTGRES_SCHEMES:
        path = sqlite_path(url, root)
        found = sorted(path.parent.glob(f"{path.name}.*.backup"))
        return [
            UpgradeCopy(str(item), f"rm {shlex.quote(str(item))}")
            for item in found
            if _STAMP.fullmatch(item.name.removeprefix(path.name))
        ]
    from flowyml_infra.audit.postgresql.location import parse_location
    from flowyml_infra.audit.postgresql.sessions import PostgresSessions
    from flowyml_infra.state.schema_copy import copies_of

    location = parse_location(url)
    with closing(PostgresSessions(location)) as sessions, sessions.reading() as execute:
        return [UpgradeCopy(name, f'DROP SCHEMA "{name}" CASCADE') for name in copies_of(execute, location.schema)]
