"""Which facts are gathered, for which rules, and what they make of an image policy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from flowyml_infra.collectors.credentials import Login
from flowyml_infra.collectors.gathering import collect
from flowyml_infra.collectors.registry import RegistryClient
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.files import local_files
from flowyml_infra.policy.loading import load_policies
from tests.emulation.container_registry import PASSWORD, USER
from tests.support.policies import subject

pytestmark = pytest.mark.engine

REQUIRED = {"image_policy": {"required_labels": ["maintainer", "version"]}}
GOOD = {"maintainer": "ada", "version": "1"}


def asked() -> RegistryClient:
    return RegistryClient(lambda host: Login(USER, PASSWORD))


def never() -> RegistryClient:
    raise AssertionError("no registry should be asked")


def judged(policies, tmp_path, client=asked, **fields):
    loaded = load_policies(policies, local_files(tmp_path))
    given = subject(**fields)
    facts = collect(given, loaded, local_files(tmp_path), client)
    decision = evaluate(subject(**fields, images=facts.images, now=facts.now), loaded)
    return decision, facts


@pytest.mark.parametrize(
    ("policies", "fields"),
    [
        ({}, {"image": "gcr.io/p/x:1"}),
        ({"image_policy": {"allowed_registries": ["gcr.io"], "pinned_by": "tag"}}, {"image": "gcr.io/p/x:1"}),
        (REQUIRED, {}),
        (REQUIRED, {"image": "gcr.io/p/x:1", "purpose": "destroy"}),
        (
            {"rules": {"image_labels": {"required": ["a"], "scope": {"environments": ["production"]}}}},
            {"image": "gcr.io/p/x:1", "environment": "dev"},
        ),
    ],
)
def test_no_registry_is_asked_when_no_rule_needs_it(tmp_path, policies, fields):
    decision, facts = judged(policies, tmp_path, never, **fields)
    assert facts.images == {}
    assert facts.actor
    assert decision.outcome == "allow"


def test_the_labels_of_the_image_decide(tmp_path, registry):
    good, bare = registry.push("team/good:1", GOOD), registry.push("team/bare:1", {"maintainer": ""})
    assert judged(REQUIRED, tmp_path, image=good)[0].outcome == "allow"
    decision, _ = judged(REQUIRED, tmp_path, image=bare)
    assert [item.message.split(";")[0] for item in decision.findings] == [
        f"label 'maintainer' is empty on image '{bare}'",
        f"label 'version' is missing on image '{bare}'",
    ]


def test_a_label_that_one_platform_lacks_is_missing(tmp_path, registry):
    one, two = registry.push("team/split:amd", GOOD), registry.push("team/split:arm", {"maintainer": "ada"})
    decision, _ = judged(REQUIRED, tmp_path, image=registry.push_index("team/split:1", one, two))
    assert decision.outcome == "deny"


def test_a_registry_that_cannot_be_asked_leaves_it_pending_and_says_why(tmp_path):
    decision, facts = judged(REQUIRED, tmp_path, image="127.0.0.1:9/x:1")
    assert decision.outcome == "pending"
    assert "cannot be reached" in decision.findings[0].message
    assert facts.to_json()["images"]["127.0.0.1:9/x:1"]["labels"] is None


BASES = {"image_policy": {"base_images": {"allowed": ["*/python:*"], "max_age_days": 30}}}


def recently(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def based(registry, name: str, base: str) -> str:
    labels = {"org.opencontainers.image.base.name": base, "org.opencontainers.image.base.digest": registry.digest(base)}
    return registry.push(name, labels)


def test_the_base_is_found_by_the_labels_and_its_age_in_the_registry(tmp_path, registry):
    young, old = registry.push("python:3.12", created=recently(2)), registry.push("python:3.9", created=recently(90))
    other = registry.push("debian:12", created=recently(2))
    assert judged(BASES, tmp_path, image=based(registry, "team/young:1", young))[0].outcome == "allow"
    decision, _ = judged(BASES, tmp_path, image=based(registry, "team/old:1", old))
    assert "is 90 days old; at most 30" in decision.findings[0].message
    decision, _ = judged(BASES, tmp_path, image=based(registry, "team/other:1", other))
    assert "debian:12, which is no accepted base" in decision.findings[0].message


def test_a_base_that_is_not_told_denies_and_one_that_is_gone_waits(tmp_path, registry):
    decision, _ = judged(BASES, tmp_path, image=registry.push("team/silent:1"))
    assert decision.outcome == "deny"
    assert "does not say what it was built from" in decision.findings[0].message
    gone = registry.push("team/orphan:1", {"org.opencontainers.image.base.name": f"{registry.host}/python:absent"})
    assert judged(BASES, tmp_path, image=gone)[0].outcome == "pending"


SCANS = {"image_policy": {"scans": {"above": "medium", "reports": ["scans/*.json"], "max_age_days": 7}}}


def scan(tmp_path, digest: str, severity: str, days: int = 1) -> None:
    (tmp_path / "scans").mkdir(exist_ok=True)
    report = {
        "ArtifactName": f"x@{digest}",
        "CreatedAt": recently(days),
        "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": severity, "PkgName": "zlib"}]}],
    }
    (tmp_path / "scans/trivy.json").write_text(json.dumps(report))


def test_a_report_about_the_image_decides(tmp_path, registry):
    image = registry.push("team/scanned:1")
    assert judged(SCANS, tmp_path, image=image)[0].outcome == "pending"
    scan(tmp_path, registry.digest(image), "MEDIUM")
    assert judged(SCANS, tmp_path, image=image)[0].outcome == "allow"
    scan(tmp_path, registry.digest(image), "CRITICAL")
    decision, _ = judged(SCANS, tmp_path, image=image)
    assert "CVE-1 (critical, zlib)" in decision.findings[0].message
    scan(tmp_path, registry.digest(image), "LOW", days=30)
    assert "is 30 days old" in judged(SCANS, tmp_path, image=image)[0].findings[0].message


def test_a_report_about_another_image_decides_nothing(tmp_path, registry):
    image = registry.push("team/unscanned:1")
    scan(tmp_path, "sha256:" + "b" * 64, "LOW")
    assert judged(SCANS, tmp_path, image=image)[0].outcome == "pending"
