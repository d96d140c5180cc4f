"""Owns the gathering of facts: only those that a rule asks for, and what went wrong on the way is a fact too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.audit.actor import account_name, current_actor
from flowyml_infra.policy.facts import Base, Facts, ImageFacts
from flowyml_infra.policy.image import ImageReference
from flowyml_infra.policy.options import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flowyml_infra.collectors.registry import RegistryClient, RemoteImage
    from flowyml_infra.collectors.scans import Report
    from flowyml_infra.policy.facts import Need
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.policy.subject import PolicySubject

BASE_NAME: Final = "org.opencontainers.image.base.name"
BASE_DIGEST: Final = "org.opencontainers.image.base.digest"


def collect(
    subject: PolicySubject,
    policies: PolicySet,
    files: Callable[[str], Mapping[str, bytes]],
    client: Callable[[], RegistryClient] | None = None,
) -> Facts:
    """The facts that ``policies`` need to judge ``subject``.

    Args:
        subject: What will be judged.
        policies: The policies in force.
        files: Gives the content of files by name or glob, for scan reports.
        client: Makes what asks registries; by default with the logins of this machine.
    """
    facts = Facts(now=datetime.now(UTC), actor=current_actor(), account=account_name())
    needs = policies.needs(subject) - {"drift"}
    if subject.image is None or not needs:
        return facts
    image = _image(subject.image, needs, client or _client)
    if "scan" in needs:
        image = _scanned(image, subject, policies, files)
    return replace(facts, images={subject.image: image})


def _client() -> RegistryClient:
    from flowyml_infra.collectors.registry import RegistryClient

    return RegistryClient()


def _image(text: str, needs: frozenset[Need], client: Callable[[], RegistryClient]) -> ImageFacts:
    from flowyml_infra.collectors.registry import RegistryError

    try:
        reference = ImageReference.parse(text)
    except ValueError as error:
        return ImageFacts(problem=f"it {error}")
    asking = client()
    try:
        remote = asking.image(reference)
    except RegistryError as error:
        return ImageFacts(digest=reference.digest, problem=str(error))
    labels = _shared_labels(remote)
    base = _base(asking, remote, labels) if "base" in needs else None
    return ImageFacts(labels, remote.digest, _oldest(remote), base)


def _shared_labels(remote: RemoteImage) -> dict[str, str]:
    """The labels that every platform has, with the same value: one of them without it is one too many."""
    every = [_labels(config) for config in remote.configs]
    return {key: value for key, value in every[0].items() if all(other.get(key) == value for other in every)}


def _labels(config: Mapping[str, Any]) -> dict[str, str]:
    inner = config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return {str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {}


def _oldest(remote: RemoteImage) -> datetime | None:
    from flowyml_infra.collectors.scans import read_time

    times = [read_time(config.get("created")) for config in remote.configs]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def _base(client: RegistryClient, remote: RemoteImage, labels: Mapping[str, str]) -> Base:
    """What the image says that it was built from, and when that was built, by the registry that has it."""
    from flowyml_infra.collectors.registry import RegistryError

    name = labels.get(BASE_NAME) or _annotated(remote, BASE_NAME)
    digest = labels.get(BASE_DIGEST) or _annotated(remote, BASE_DIGEST)
    if not name:
        return Base()
    try:
        reference = ImageReference.parse(name)
        built = _oldest(client.image(replace(reference, digest=digest or reference.digest)))
    except (ValueError, RegistryError):
        built = None
    return Base(name, digest, built)


def _annotated(remote: RemoteImage, key: str) -> str | None:
    values = {item.get(key) for item in remote.annotations}
    value = values.pop() if len(values) == 1 else None
    return value if isinstance(value, str) else None


def _scanned(
    image: ImageFacts, subject: PolicySubject, policies: PolicySet, files: Callable[[str], Mapping[str, bytes]]
) -> ImageFacts:
    from flowyml_infra.collectors.scans import newest

    reports: list[Report] = []
    problems: list[str] = [image.problem] if image.problem else []
    for pattern in _patterns(subject, policies):
        _read(pattern, files, reports, problems)
    scan = newest(reports, subject.image or "", image.digest)
    return replace(image, scan=scan, problem="; ".join(problems))


def _patterns(subject: PolicySubject, policies: PolicySet) -> Iterable[str]:
    asked = (entry for entry in policies.entries if "scan" in entry.rule.needs and policies.asks(entry, subject))
    return dict.fromkeys(pattern for entry in asked for pattern in getattr(entry.setting, "reports", ()))


def _read(
    pattern: str, files: Callable[[str], Mapping[str, bytes]], reports: list[Report], problems: list[str]
) -> None:
    from flowyml_infra.collectors.scans import read_report

    try:
        found = files(pattern)
    except SettingError as error:
        problems.append(f"the reports setting {error.clause}")
        return
    for name, data in found.items():
        try:
            reports.append(read_report(data, name))
        except ValueError as error:
            problems.append(f"{name} {error}")
