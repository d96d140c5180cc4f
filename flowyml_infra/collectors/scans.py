"""Owns the reading of scan reports: which image each is about and what it found, whoever made it.

The forms are those of ``trivy image --format json`` (https://trivy.dev) and ``grype --output json``
(https://github.com/anchore/grype).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flowyml_infra.policy.facts import Scan, Weakness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Report:
    """A scan and what it is of: references as the scanner was given them, and digests."""

    scan: Scan
    names: frozenset[str]
    digests: frozenset[str]

    def about(self, reference: str, digest: str | None) -> bool:
        """Whether it is about this image; where both know a digest, that alone counts."""
        if digest is not None and self.digests:
            return digest in self.digests
        return digest is None and reference in self.names


def newest(reports: Iterable[Report], reference: str, digest: str | None) -> Scan | None:
    """The newest scan about this image, or None."""
    found = [report.scan for report in reports if report.about(reference, digest)]
    oldest = datetime.min.replace(tzinfo=UTC)
    return max(found, key=lambda scan: scan.made or oldest, default=None)


def read_report(data: bytes, file: str) -> Report:
    """The report in ``data``.

    Raises:
        ValueError: It is neither Trivy's nor Grype's; the message is a clause that follows the file's name.
    """
    try:
        document = json.loads(data)
    except ValueError:
        raise ValueError("is no JSON") from None
    if isinstance(document, dict) and isinstance(document.get("ArtifactName"), str):
        return _trivy(document, file)
    if isinstance(document, dict) and isinstance(document.get("matches"), list):
        return _grype(document, file)
    raise ValueError("is a report of neither Trivy nor Grype")


def _trivy(document: dict[str, Any], file: str) -> Report:
    metadata = _mapping(document.get("Metadata"))
    found = [
        Weakness(str(item.get("VulnerabilityID")), _severity(item.get("Severity")), str(item.get("PkgName", "")))
        for result in _mappings(document.get("Results"))
        for item in _mappings(result.get("Vulnerabilities"))
    ]
    names = {document["ArtifactName"], *_texts(metadata.get("RepoTags"))}
    scan = Scan(file, "trivy", read_time(document.get("CreatedAt")), tuple(found))
    return Report(scan, frozenset(names), _digests([*_texts(metadata.get("RepoDigests")), document["ArtifactName"]]))


def _grype(document: dict[str, Any], file: str) -> Report:
    target = _mapping(_mapping(document.get("source")).get("target"))
    found = [
        Weakness(
            str(_mapping(item.get("vulnerability")).get("id")),
            _severity(_mapping(item.get("vulnerability")).get("severity")),
            str(_mapping(item.get("artifact")).get("name", "")),
        )
        for item in _mappings(document.get("matches"))
    ]
    given = target.get("userInput")
    names = {*([given] if isinstance(given, str) else []), *_texts(target.get("tags"))}
    made = read_time(_mapping(document.get("descriptor")).get("timestamp"))
    digests = [*_texts(target.get("repoDigests")), f"@{target.get('manifestDigest')}", str(given)]
    return Report(Scan(file, "grype", made, tuple(found)), frozenset(names), _digests(digests))


def _severity(value: object) -> str:
    return value.lower() if isinstance(value, str) else "unknown"


def _digests(references: Iterable[str]) -> frozenset[str]:
    return frozenset(digest for item in references if (digest := item.rpartition("@")[2]).startswith("sha256:"))


def read_time(value: object) -> datetime | None:
    """A time of RFC 3339, in UTC; None for what is none, and for the zero that builders write to hide it."""
    try:
        moment = datetime.fromisoformat(_micro(str(value)))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if moment.year > 1980 else None


def _micro(text: str) -> str:
    """``text`` with at most six digits of a second."""
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}{dot}{tail[: min(digits, 6)]}{tail[digits:]}" if dot else text


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> Iterator[dict[str, Any]]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
