"""What a waiver lets pass, for whom, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.resources.values import Unknown
from tests.support.policies import NOW, change, judge, rule

POLICY = rule("public_access", {})
PUBLIC = change("aws.bucket.data", public_access=True)
WAIVER = {
    "rule": "public_access",
    "stack": "web",
    "environment": "production",
    "address": "aws.bucket.data",
    "who": "ada",
    "why": "a public site",
    "until": "2026-03-04",
}
HERE = {"stack": "web", "environment": "production"}


def waived(policy=POLICY, **changed):
    lines = "".join(f"    {key}: {value!r}\n" for key, value in {**WAIVER, **changed}.items() if value is not None)
    return load_policies(policy, waivers=f"waivers:\n  -\n{lines}".encode())


def test_what_is_waived_is_allowed_and_stays_visible():
    decision = judge(waived(), PUBLIC, **HERE)
    assert decision.outcome == "allow"
    [finding] = [item for item in decision.findings if item.rule == "public_access"]
    assert finding.waived_by == "ada until 2026-03-04: a public site"
    assert finding.severity == "deny"


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "aws.bucket.other"},
        {"address": None},
        {"address": "aws.bucket.*"},
        {"stack": "*"},
        {"stack": "Web"},
        {"environment": "default"},
        {"environment": "*"},
    ],
)
def test_a_waiver_is_for_exactly_one_thing(changed):
    assert judge(waived(**changed), PUBLIC, **HERE).outcome == "deny"


def test_another_rule_denies_all_the_same():
    policy = {"rules": {"public_access": {}, "other": {"rule": "public_access"}}}
    decision = judge(waived(policy), PUBLIC, **HERE)
    assert [item.rule for item in decision.refusals] == ["other"]


def test_a_waiver_for_the_stack_itself_has_no_address():
    policies = waived({"allowed_stacks": ["x"]}, rule="allowed_stacks", address=None)
    assert judge(policies, **HERE).outcome == "allow"


@pytest.mark.parametrize(
    ("moment", "outcome"),
    [
        ("2026-03-04T23:59:59+00:00", "allow"),
        ("2026-03-05T00:00:00+00:00", "deny"),
        ("2026-03-05T00:30:00+02:00", "allow"),
        ("2027-01-01T00:00:00+00:00", "deny"),
    ],
)
def test_it_counts_until_the_end_of_its_day(moment, outcome):
    decision = judge(waived(), PUBLIC, now=datetime.fromisoformat(moment).astimezone(UTC), **HERE)
    assert decision.outcome == outcome


def test_one_that_ran_out_is_told():
    decision = judge(waived(until="2026-03-01"), PUBLIC, **HERE)
    assert [item.message for item in decision.findings if item.severity == "info"] == [
        "the waiver of ada ran out on 2026-03-01"
    ]


@pytest.mark.parametrize(
    ("until", "outcome"), [("2027-03-05", "allow"), ("2027-03-06", "deny"), ("9999-12-31", "deny")]
)
def test_one_that_ends_too_far_off_is_none(until, outcome):
    decision = judge(waived(until=until), PUBLIC, **HERE)
    assert decision.outcome == outcome
    told = [item.message for item in decision.findings if item.severity == "info"]
    assert told == ([f"the waiver of ada ends on {until}, more than 366 days off"] if outcome == "deny" else [])


def test_without_a_time_none_counts():
    assert judge(waived(), PUBLIC, now=None, **HERE).outcome == "deny"


def test_what_could_not_be_decided_can_be_waived_too():
    planned = change("aws.bucket.data", public_access=Unknown("boolean"))
    assert judge(waived(), planned, now=NOW, **HERE).outcome == "allow"


def test_a_rule_that_cannot_be_waived_says_so():
    with pytest.raises(DefinitionError, match="waives 'public_access', which cannot be waived"):
        waived(rule("public_access", {"waivable": False}))


def test_a_waiver_of_no_rule_is_a_mistake_with_the_closest_name():
    with pytest.raises(DefinitionError) as caught:
        waived(rule="publik_access")
    assert caught.value.hint == "did you mean 'public_access'?"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"until": "soon"}, "until is 'soon', which is no day"),
        ({"until": None}, "has no until"),
        ({"why": None}, "has no why"),
        ({"who": None}, "has no who"),
        ({"who": " "}, "who is ' '"),
        ({"reason": "x"}, "reason is not known here"),
    ],
)
def test_a_waiver_without_who_why_and_until_when_is_a_mistake(changed, said):
    with pytest.raises(DefinitionError, match=said):
        waived(**changed)


@pytest.mark.parametrize("text", ["", "[]", "waivers: {}", "waivers: []\nrules: []", "a: b"])
def test_a_file_of_another_form_is_a_mistake(text):
    with pytest.raises(DefinitionError):
        load_policies(POLICY, waivers=text.encode())


def test_every_waiver_is_part_of_the_digest():
    digests = {waived().digest, waived(until="2026-03-05").digest, load_policies(POLICY).digest}
    assert len(digests) == 3
