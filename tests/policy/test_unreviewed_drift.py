"""The rule ``unreviewed_drift``, by what is on record about drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flowyml_infra.address import Address
from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.facts import DriftFacts
from flowyml_infra.policy.loading import load_policies
from tests.support.policies import NOW, change, subject

BUCKET, OTHER = "aws.bucket.data", "aws.bucket.other"
CHANGES = (change(BUCKET, "update"), change(OTHER, "noop"))


def said(setting, drift, changes=CHANGES, purpose="apply", **more):
    given = subject(*changes, purpose=purpose)
    given = replace(given, facts=replace(given.facts, drift=drift))
    decision = evaluate(given, load_policies({"rules": {"unreviewed_drift": {**setting, **more}}}))
    return [(item.severity, item.address, item.message) for item in decision.findings if "drift" in item.rule]


def facts(address=OTHER, **more):
    return DriftFacts(since=NOW, looked=True, unreviewed={Address(address): "differs in tags.owner"}, **more)


def test_drift_anywhere_in_the_deployment_denies():
    assert said({}, facts()) == [("deny", OTHER, "it differs in tags.owner, and nobody reviewed that")]
    assert said({}, DriftFacts(since=NOW, looked=True)) == []


def test_the_severity_is_the_policys():
    [(severity, _, _)] = said({}, facts(), severity="warn")
    assert severity == "warn"


def test_what_could_not_be_read_is_not_decided():
    drift = DriftFacts(since=NOW, looked=True, unknown={Address(OTHER): "it gave no answer"})
    [(severity, address, message)] = said({}, drift)
    assert (severity, address) == ("pending", OTHER)
    assert "it gave no answer" in message


def test_what_was_not_looked_up_is_not_decided():
    [(severity, address, _)] = said({}, None)
    assert (severity, address) == ("pending", None)


@pytest.mark.parametrize(("days", "refused"), [(0, True), (6, True), (7, False), (30, False)])
def test_a_look_may_be_so_many_days_old(days, refused):
    drift = DriftFacts(since=NOW - timedelta(days=7), looked=True)
    assert bool(said({"max_age_days": days}, drift)) == refused


def test_before_the_first_look_the_age_of_what_was_made_counts():
    young, old = (DriftFacts(since=NOW - timedelta(days=days)) for days in (1, 9))
    assert said({"max_age_days": 7}, young) == []
    [(_, _, message)] = said({"max_age_days": 7}, old)
    assert "nobody has looked" in message
    assert said({"max_age_days": 7}, DriftFacts()) == [], "nothing is recorded"


def test_a_plan_that_changes_nothing_is_not_refused():
    assert said({}, facts(), changes=(change(OTHER, "noop"),)) == []


def test_only_applies_are_asked_about():
    assert said({}, facts(), purpose="destroy") == []
    assert said({}, facts(), purpose="record") == []


def test_a_scope_of_addresses_is_kept_to():
    assert said({}, facts(), scope={"addresses": ["aws.bucket.d*"]}) == []
    assert said({}, facts(BUCKET), scope={"addresses": ["aws.bucket.d*"]}) != []


def test_the_record_of_a_decision_names_where_it_drifts():
    given = subject(*CHANGES)
    document = replace(given.facts, drift=facts()).to_json()
    assert document["drift"] == {
        "since": NOW.isoformat(),
        "looked": True,
        "unreviewed": [OTHER],
        "unknown": [],
    }
    assert "drift" not in given.facts.to_json()
