"""Owns letting drift be for a while: that it can be acknowledged at all, the record of it, and taking it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.audit.actor import current_actor
from flowyml_infra.audit.chain import utc_now
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import UsageError
from flowyml_infra.policy.waivers import LONGEST_DAYS
from flowyml_infra.project.refreshing import admit_act
from flowyml_infra.state.drift import Acknowledgement

if TYPE_CHECKING:
    from datetime import date

    from flowyml_infra.address import Address
    from flowyml_infra.project.facade import Project
    from flowyml_infra.state.drift import Finding
    from flowyml_infra.state.key import DeploymentKey


class Acknowledged(NamedTuple):
    """An acknowledgement, and the finding that it lets be."""

    item: Acknowledgement
    finding: Finding


def acknowledge(project: Project, key: DeploymentKey, address: Address, until: date, why: str) -> Acknowledged:
    """Let be what the last look found at ``address``; anything else that drifts there is new.

    Raises:
        UsageError: The last look found nothing there that can be acknowledged, or the day is past or too far off.
        PolicyDeniedError: A rule about who acts, or when, refuses it.
    """
    _check_day(until)
    finding = _found(project, key, address)
    # A rule may let changes pass because of it, so it is for those who may make them.
    admit_act(project, key, "drift --ack")
    item = Acknowledgement(address, finding.digest, current_actor(), utc_now(), until, why)
    facts: dict[str, object] = {
        "address": str(address),
        "digest": item.digest,
        "until": until.isoformat(),
        "why": why,
        "condition": finding.condition,
        "fields": list(finding.fields),
    }
    event = AuditEvent("DriftAcknowledged", key.stack, key.environment, facts)
    project.store().acknowledge(key, item, event)
    return Acknowledged(item, finding)


def withdraw(project: Project, key: DeploymentKey, address: Address) -> None:
    """Take back what was acknowledged at ``address``.

    Raises:
        StateError: Nothing was.
    """
    event = AuditEvent("DriftWithdrawn", key.stack, key.environment, {"address": str(address)})
    project.store().withdraw(key, address, event)


def _found(project: Project, key: DeploymentKey, address: Address) -> Finding:
    look = project.reader().last_look(key)
    if look is None:
        raise UsageError(
            f"nobody has looked for drift of {key} yet",
            code="drift.not_looked",
            hint="`flowyml-infra drift` looks; then acknowledge what it shows",
        )
    found = {item.address: item for item in look.findings}
    finding = found.get(address)
    if finding is None:
        raise UsageError(
            f"the last look found no drift at {address}",
            code="drift.none",
            hint=did_you_mean(address, found) or "`flowyml-infra drift` looks again",
        )
    if finding.condition == "unknown":
        raise UsageError(
            f"{address} could not be read, and what nobody knows cannot be acknowledged",
            code="drift.unknown",
            hint="mend the cause, then look again with `flowyml-infra drift`",
        )
    return finding


def _check_day(until: date) -> None:
    today = datetime.now(UTC).date()
    if until < today:
        raise UsageError(f"{until.isoformat()} is past", code="drift.until", hint="name a day from today on")
    if until > today + timedelta(days=LONGEST_DAYS):
        raise UsageError(
            f"{until.isoformat()} is more than {LONGEST_DAYS} days off",
            code="drift.until",
            hint="name a nearer day: drift that stays belongs into the definition",
        )
