"""What is read from the reports of Trivy and Grype, and which image each is about."""

import json
from datetime import UTC, datetime

import pytest

from flowyml_infra.collectors.scans import newest, read_report, read_time
from flowyml_infra.policy.facts import Weakness

DIGEST = "sha256:" + "a" * 64
TRIVY = {
    "SchemaVersion": 2,
    "CreatedAt": "2026-03-01T10:00:00.123456789+01:00",
    "ArtifactName": "gcr.io/p/train:1",
    "Metadata": {"RepoTags": ["gcr.io/p/train:one"], "RepoDigests": [f"gcr.io/p/train@{DIGEST}"]},
    "Results": [
        {"Target": "debian", "Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": "HIGH", "PkgName": "zlib"}]},
        {"Target": "python"},
    ],
}
GRYPE = {
    "matches": [
        {"vulnerability": {"id": "CVE-2", "severity": "Critical"}, "artifact": {"name": "openssl"}},
        {"vulnerability": {"id": "CVE-3"}, "artifact": {}},
    ],
    "source": {
        "type": "image",
        "target": {"userInput": "gcr.io/p/train:1", "repoDigests": [f"gcr.io/p/train@{DIGEST}"]},
    },
    "descriptor": {"name": "grype", "timestamp": "2026-03-02T10:00:00Z"},
}


def report(document):
    return read_report(json.dumps(document).encode(), "scan.json")


def test_a_report_of_trivy_is_read():
    found = report(TRIVY)
    assert found.scan.tool == "trivy"
    assert found.scan.weaknesses == (Weakness("CVE-1", "high", "zlib"),)
    assert found.scan.made == datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)


def test_a_report_of_grype_is_read():
    found = report(GRYPE)
    assert found.scan.tool == "grype"
    assert found.scan.weaknesses == (Weakness("CVE-2", "critical", "openssl"), Weakness("CVE-3", "unknown", ""))


@pytest.mark.parametrize("document", [TRIVY, GRYPE])
def test_a_report_is_about_the_image_with_its_digest_whatever_the_image_is_called(document):
    found = report(document)
    assert found.about("another/name:7", DIGEST)
    assert not found.about("gcr.io/p/train:1", "sha256:" + "b" * 64)
    assert found.about("gcr.io/p/train:1", None)
    assert not found.about("gcr.io/p/train:2", None)


def test_a_report_without_a_digest_is_not_about_an_image_that_has_one():
    assert not report({**TRIVY, "Metadata": {}}).about("gcr.io/p/train:1", DIGEST)


def test_the_newest_report_counts():
    scan = newest([report(GRYPE), report(TRIVY)], "x", DIGEST)
    assert scan is not None
    assert scan.tool == "grype"
    assert newest([report(GRYPE)], "x", None) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"matches": 7}', b"\xff"])
def test_what_is_no_report_is_said_so(data):
    with pytest.raises(ValueError, match="^is"):
        read_report(data, "x")


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00Z", None, 7])
def test_what_is_no_time_is_none(text):
    assert read_time(text) is None
