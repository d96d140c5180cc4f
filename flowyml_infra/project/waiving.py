"""Owns the making of a waiver: that it can be made at all, its line in the project's file, and its event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import UsageError
from flowyml_infra.policy.waivers import LONGEST_DAYS, WAIVERS_FILE
from flowyml_infra.project.policies import policies_in_force
from flowyml_infra.whole_file import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from flowyml_infra.policy.waivers import Waiver
    from flowyml_infra.project.facade import Project


def add_waiver(project: Project, waiver: Waiver) -> Path:
    """Write ``waiver`` into the project's file of waivers, and record it.

    Raises:
        UsageError: No rule in force has that name, it cannot be waived, or the day is past or too far off.
        DefinitionError: The policies, or the waivers that are there, are wrong; nothing was written.
    """
    _check_rule(project, waiver)
    _check_day(waiver)
    path = project.root / WAIVERS_FILE
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = (before if before.strip() else "waivers:\n").rstrip("\n") + "\n" + _item(waiver)
    _write(path, after)
    try:
        policies_in_force(project, project.config.policies_document)
    except BaseException:
        _restore(path, before)
        raise
    project.append_events(AuditEvent("PolicyWaived", waiver.stack, waiver.environment, dict(waiver.to_json())))
    return path


def _check_rule(project: Project, waiver: Waiver) -> None:
    entries = policies_in_force(project, project.config.policies_document).entries
    entry = next((entry for entry in entries if entry.name == waiver.rule), None)
    names = [entry.name for entry in entries]
    if entry is None:
        hint = did_you_mean(waiver.rule, names) or f"the rules in force are {', '.join(names) or 'none'}"
        raise UsageError(f"no rule in force is called {waiver.rule!r}", code="policy.unknown_rule", hint=hint)
    if not entry.waivable:
        raise UsageError(f"{waiver.rule} cannot be waived; {entry.source} says so", code="policy.not_waivable")


def _check_day(waiver: Waiver) -> None:
    today = datetime.now(UTC).date()
    if waiver.until < today:
        raise UsageError(f"{waiver.until} is past, so it would waive nothing", hint="name a day to come")
    if waiver.ends_too_late(today):
        raise UsageError(
            f"{waiver.until} is more than {LONGEST_DAYS} days off", hint="waive it for less, and again then"
        )


def _item(waiver: Waiver) -> str:
    """Its lines; texts are quoted as JSON has them, which YAML reads as they are."""
    pairs = [f"{key}: {json.dumps(value)}" for key, value in waiver.to_json().items() if value is not None]
    return f"  - {pairs[0]}\n" + "".join(f"    {pair}\n" for pair in pairs[1:])


def _restore(path: Path, before: str) -> None:
    if before:
        _write(path, before)
    else:
        path.unlink()


def _write(path: Path, text: str) -> None:
    write_whole(path, text.encode(), mode=0o644)
