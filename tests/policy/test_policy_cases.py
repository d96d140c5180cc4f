"""Example cases: how they are read, and when they hold."""

from __future__ import annotations

import pytest

from flowyml_infra.policy.cases import read_cases, try_case
from flowyml_infra.policy.loading import load_policies

POLICIES = load_policies({"rules": {"public_access": {}, "keys": {"rule": "encryption", "customer_keys": True}}})
CASE = """\
cases:
  - name: an open bucket
    given:
      resources: [{{address: aws.bucket.data, after: {{public_access: true, kms_key: k}}}}]
    expect: {expect}
    {more}
"""


def tried(text: str) -> str:
    [case] = read_cases(text.encode(), "x").cases
    return try_case(case, POLICIES, "x").failure


@pytest.mark.parametrize(
    ("expect", "more", "failure"),
    [
        ("deny", "", ""),
        ("deny", "rules: [public_access]", ""),
        ("deny", "rules: [org/public_access]", ""),
        ("deny", "says: public_access is on", ""),
        ("allow", "", "expected allow, and it is deny: "),
        ("deny", "rules: [keys]", "expected the rules keys, and it is public_access"),
        ("deny", "says: closed", "no message contains 'closed'"),
    ],
)
def test_a_case_says_why_it_does_not_hold(expect, more, failure):
    found = tried(CASE.format(expect=expect, more=more))
    assert failure in found
    assert bool(found) == bool(failure)


def test_the_defaults_of_a_kind_are_filled_in_and_unknowns_can_be_given():
    text = CASE.format(expect="pending", more="").replace("public_access: true", "public_access: (known after apply)")
    assert tried(text) == ""


@pytest.mark.parametrize(
    ("old", "new", "said", "place"),
    [
        ("expect: deny", "expect: no", "which is not one of allow, deny, pending", "x:5:13"),
        ("public_access", "publik", "is no property of the kind", None),
        ("aws.bucket.data", "aws.bukket.data", "is 'aws.bukket.data'", None),
        ("resources", "resurces", "is not known here", None),
        ("    expect: deny\n", "", "has no expect", None),
    ],
)
def test_a_mistake_in_a_case_has_its_place(old, new, said, place):
    [problem] = read_cases(CASE.format(expect="deny", more="").replace(old, new).encode(), "x").problems
    assert said in problem.summary
    assert place is None or str(problem.location) == place


@pytest.mark.parametrize("text", ["", "cases: []", "- a"])
def test_a_file_without_cases_is_a_mistake(text):
    assert [item.summary for item in read_cases(text.encode(), "x").problems] == ["x has no cases"]


DRIFTED = """\
cases:
  - name: somebody changed it
    given:
      resources: [{address: aws.bucket.data, after: {name: a}}]
      drift: {unreviewed: {aws.bucket.data: has another name}}
    expect: deny
    says: has another name
"""
DRIFT = load_policies({"rules": {"unreviewed_drift": {"max_age_days": 2}}})


def drifted(text: str) -> str:
    [case] = read_cases(text.encode(), "x").cases
    return try_case(case, DRIFT, "x").failure


def test_drift_can_be_given():
    assert drifted(DRIFTED) == ""
    assert "it is allow" in drifted(DRIFTED.replace("unreviewed: {aws.bucket.data: has another name}", ""))
    assert "it is pending" in drifted(DRIFTED.replace("unreviewed", "unknown"))
    old = DRIFTED.replace("unreviewed: {aws.bucket.data: has another name}", "since: 2026-03-01T00:00:00Z")
    old = old.replace("drift", "now: 2026-03-04T00:00:00Z\n      drift").replace("    says: has another name\n", "")
    assert drifted(old) == ""


def test_a_mistake_in_drift_is_named():
    [problem] = read_cases(DRIFTED.replace("aws.bucket.data: has", "aws.bukket.data: has").encode(), "x").problems
    assert problem.summary.startswith("cases.0.given.drift.unreviewed.aws.bukket.data is 'aws.bukket.data'")
