"""Owns the facts that rules need from outside: when, who, and what is known of images. Collecting them is not here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowyml_infra.address import Address
    from flowyml_infra.resources.values import Json

Need = Literal["image", "base", "scan", "drift"]
"""What a rule can ask for: an image's labels and age, those of its base, reports of its weaknesses, recorded drift."""

SEVERITIES: Final = ("unknown", "negligible", "low", "medium", "high", "critical")
"""How bad a weakness is, in the words of Trivy and Grype, from the least to the worst."""


@dataclass(frozen=True, slots=True)
class Base:
    """The image that another one was built from, as its labels name it.

    Attributes:
        name: Its reference, or None when the labels do not say.
        digest: Its digest, or None.
        created: When it was built, or None when that could not be found out.
    """

    name: str | None = None
    digest: str | None = None
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weakness:
    """One entry of a scan report: an identifier such as a CVE, how bad it is, and the package concerned."""

    id: str
    severity: str
    package: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """A report about one image: the file, the tool, when it was made (or None), and what it found."""

    file: str
    tool: str
    made: datetime | None = None
    weaknesses: tuple[Weakness, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of one image.

    Attributes:
        labels: The labels that its configuration holds for every platform, or None when they were not collected.
        digest: The digest of its manifest, or None.
        created: When it was built, or None.
        base: What it was built from, or None when that was not looked at.
        scan: The newest report about it, or None when there is none.
        problem: Why something could not be collected, as a clause; empty when nothing failed.
    """

    labels: Mapping[str, str] | None = None
    digest: str | None = None
    created: datetime | None = None
    base: Base | None = None
    scan: Scan | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DriftFacts:
    """What is on record about the drift of one deployment.

    Attributes:
        since: When everything was last looked at; before the first look, when the oldest resource was made; None where
            nothing is recorded.
        looked: Whether everything was ever looked at.
        unreviewed: By address, how something differs that nobody acknowledged, as a clause.
        unknown: By address, why something could not be read, as a sentence.
    """

    since: datetime | None = None
    looked: bool = False
    unreviewed: Mapping[Address, str] = field(default_factory=dict)
    unknown: Mapping[Address, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What collectors found out about the world before the evaluation.

    Attributes:
        images: By reference, as the definition writes it. An image that is not in here was not looked at, which is
            different from one without labels.
        now: The time of the evaluation, in UTC, or None.
        actor: Who is acting, by what environment variables say, or None.
        account: The account that the process runs under, by what the operating system says, or None.
        drift: What is on record about drift, or None when that was not looked up.
    """

    images: Mapping[str, ImageFacts] = field(default_factory=dict)
    now: datetime | None = None
    actor: str | None = None
    account: str | None = None
    drift: DriftFacts | None = None

    def to_json(self) -> dict[str, Json]:
        """What the audit log keeps, so that a decision can be understood later."""
        drift = {} if self.drift is None else {"drift": _drift(self.drift)}
        return {
            "now": None if self.now is None else self.now.isoformat(),
            "actor": self.actor,
            "account": self.account,
            "images": {reference: _image(image) for reference, image in sorted(self.images.items())},
            **drift,
        }


NO_FACTS: Final = Facts()
"""Nothing was collected."""


def _drift(drift: DriftFacts) -> Json:
    return {
        "since": None if drift.since is None else drift.since.isoformat(),
        "looked": drift.looked,
        "unreviewed": [*map(str, sorted(drift.unreviewed))],
        "unknown": [*map(str, sorted(drift.unknown))],
    }


def _image(image: ImageFacts) -> Json:
    base, scan = image.base, image.scan
    worst = max((item.severity for item in scan.weaknesses), key=rank, default=None) if scan else None
    return {
        "labels": None if image.labels is None else dict(image.labels),
        "digest": image.digest,
        "created": None if image.created is None else image.created.isoformat(),
        "base": None if base is None else {"name": base.name, "digest": base.digest},
        "scan": None if scan is None else {"file": scan.file, "found": len(scan.weaknesses), "worst": worst},
        "problem": image.problem,
    }


def rank(severity: str) -> int:
    """The place of ``severity`` in :data:`SEVERITIES`; one that is not there counts as the worst."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
