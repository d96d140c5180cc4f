"""Owns what is known of drift without looking: the last look, who lets which finding be, and what policies may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowyml_infra.policy.facts import DriftFacts
from flowyml_infra.state.drift import acknowledged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.project.facade import Project
    from flowyml_infra.state.drift import Acknowledgement, Finding, Look
    from flowyml_infra.state.key import DeploymentKey


@dataclass(frozen=True, slots=True)
class LastLook:
    """What is on record about drift: the last look, and who lets which of its findings be."""

    look: Look
    acknowledged: Mapping[Address, Acknowledgement]


def last_look(project: Project, key: DeploymentKey) -> LastLook | None:
    """What is on record about the drift of a deployment; None when nobody ever looked."""
    look = project.reader().last_look(key)
    return None if look is None else LastLook(look, covering(project, key, look.findings))


def drift_facts(project: Project, key: DeploymentKey) -> DriftFacts:
    """What policies may know of the drift of a deployment."""
    last = last_look(project, key)
    since = None if last is None else last.look.at
    if since is None:
        made = [row.created_at for row in project.reader().snapshot(key).rows.values() if row.created_at]
        since = min(made, default=None)
    findings = () if last is None else last.look.findings
    known: Mapping[Address, Acknowledgement] = {} if last is None else last.acknowledged
    return DriftFacts(
        since=None if since is None else datetime.fromisoformat(since),
        looked=last is not None and last.look.at is not None,
        unreviewed={
            item.address: described(item)
            for item in findings
            if item.condition != "unknown" and item.address not in known
        },
        unknown={item.address: item.reason for item in findings if item.condition == "unknown"},
    )


def described(item: Finding) -> str:
    """How ``item`` differs, as a clause."""
    return "is gone from the world" if item.condition == "gone" else f"differs in {', '.join(item.fields)}"


def covering(project: Project, key: DeploymentKey, findings: Sequence[Finding]) -> dict[Address, Acknowledgement]:
    """The acknowledgements that count today, by address."""
    if not findings:
        return {}
    known, today = project.reader().acknowledgements(key), datetime.now(UTC).date()
    found = {item.address: acknowledged(item, known, today) for item in findings}
    return {address: item for address, item in found.items() if item is not None}
