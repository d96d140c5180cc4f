"""Owns the report of a run: what each class came to on each backend, kept as JSON and shown as a table."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from flowyml_infra.version import __version__
from tests.reliability.failure_class import FailureClass, Ground

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "none": "no state"}


@dataclass(frozen=True)
class Line:
    """What one class came to on one backend. ``count`` is what was run, never what was asked for."""

    name: str
    backend: str
    count: int
    failed: int
    seconds: float
    version: str
    date: str
    machine: str


def line_of(chosen: FailureClass, ground: Ground, seconds: float, before: Line | None) -> Line:
    """The line after a run that went on from ``before``."""
    return Line(
        chosen.name,
        ground.backend,
        ground.count + (before.count if before else 0),
        len(ground.failures) + (before.failed if before else 0),
        round(seconds + (before.seconds if before else 0), 1),
        __version__,
        datetime.now(UTC).date().isoformat(),
        machine(),
    )


def machine() -> str:
    """The class of this machine."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def read(path: Path) -> dict[tuple[str, str], Line]:
    """The lines of an earlier run, by class and backend."""
    if not path.exists():
        return {}
    return {(item["name"], item["backend"]): Line(**item) for item in json.loads(path.read_text())["lines"]}


def store(path: Path, line: Line) -> None:
    """Put ``line`` in the place of the earlier one."""
    lines = {**read(path), (line.name, line.backend): line}
    path.write_text(json.dumps({"format_version": "1", "lines": [asdict(item) for item in lines.values()]}, indent=1))


def table(classes: Sequence[FailureClass], lines: dict[tuple[str, str], Line]) -> str:
    """The report in Markdown; a class that was not run says so."""
    rows = ["| what fails | what holds | state | asked for | run | failed | seconds |", "|---|---|---|--:|--:|--:|--:|"]
    for item in classes:
        for backend in item.backends:
            line = lines.get((item.name, backend))
            figures = f"{line.count:,} | {line.failed} | {line.seconds:,.0f}" if line else "not run | |"
            asked = "every one" if item.whole else f"{item.full:,}"
            rows.append(f"| `{item.name}`: {item.title} | {item.bar} | {TITLES[backend]} | {asked} | {figures} |")
    made = sorted({(line.version, line.date, line.machine) for line in lines.values()})
    rows += ["", *(f"Version {version}, {date}, {where}." for version, date, where in made)]
    return "\n".join(rows)


def quote(document: Path, text: str) -> None:
    """Have ``document`` show ``text`` in the place of the table that it has."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
