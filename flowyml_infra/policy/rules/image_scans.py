"""Owns the rule ``image_scans``: a scanner's report about the image holds nothing above a severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.facts import SEVERITIES, rank
from flowyml_infra.policy.options import choice, count, texts
from flowyml_infra.policy.rules.rule import USED, Rule, unknown, violated, why_unknown, without_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.facts import Scan
    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """What is judged, and by what.

    Attributes:
        above: What is worse than this is refused.
        reports: Globs of the report files, from the project's folder.
        max_age_days: How old a report may be, or None.
        ignore: Identifiers that do not count.
    """

    above: str
    reports: tuple[str, ...]
    max_age_days: int | None
    ignore: tuple[str, ...]


def read(options: Options) -> Setting:
    """The setting."""
    return Setting(
        options.demand("above", choice(*SEVERITIES)),
        options.demand("reports", texts),
        options.read("max_age_days", count, None),
        options.read("ignore", texts, ()),
    )


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse an image with such a weakness, and wait for one that was not scanned."""
    if subject.image is None:
        yield without_image()
        return
    facts = subject.image_facts
    scan = facts.scan if facts is not None else None
    if scan is None:
        hint = "scan it with trivy or grype, as JSON, into one of the report files"
        yield unknown(f"there is no report about image {subject.image!r}{why_unknown(facts)}", hint=hint)
        return
    yield from _age(subject, scan, setting.max_age_days)
    worst = [
        item for item in scan.weaknesses if rank(item.severity) > rank(setting.above) and item.id not in setting.ignore
    ]
    if worst:
        first = sorted(worst, key=lambda item: (-rank(item.severity), item.id))
        named = ", ".join(f"{item.id} ({item.severity}, {item.package})" for item in first[:_NAMED])
        more = f" and {len(worst) - _NAMED} more" if len(worst) > _NAMED else ""
        message = f"{scan.file} has {len(worst)} above {setting.above} for image {subject.image!r}: {named}{more}"
        yield violated(message, hint="build the image again with mended packages, and scan it again")


def _age(subject: PolicySubject, scan: Scan, most: int | None) -> Iterator[Remark]:
    if most is None:
        return
    if scan.made is None or subject.facts.now is None:
        yield unknown(f"{scan.file} does not say when it was made", hint="scan the image again")
    elif (days := (subject.facts.now - scan.made).days) > most:
        yield violated(f"{scan.file} is {days} days old; at most {most} are allowed", hint="scan the image again")


RULE = Rule(
    "image_scans",
    "an image whose scan report has findings above a severity",
    read,
    judge,
    purposes=USED,
    needs=frozenset({"image", "scan"}),
)
