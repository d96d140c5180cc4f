"""Where a rule counts, what its violation means, and how several of them add up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.subject import subject_of_plan
from flowyml_infra.resources import catalogue
from flowyml_infra.resources.values import Unknown
from tests.support.kinds import DATA
from tests.support.planning import Bed, address, compiled, spec
from tests.support.policies import change, judge, rule, told

PUBLIC = change("aws.bucket.data", public_access=True)
OTHER = change("aws.bucket.logs", public_access=True)


@pytest.mark.parametrize(
    ("scope", "fields", "asked"),
    [
        ({"environments": ["production"]}, {"environment": "production"}, True),
        ({"environments": "prod*"}, {"environment": "production"}, True),
        ({"environments": ["production"]}, {"environment": "Production"}, False),
        ({"environments": ["production"]}, {"environment": "default"}, False),
        ({"stacks": ["web-*"]}, {"stack": "web-shop"}, True),
        ({"stacks": ["web-*"]}, {"stack": "shop"}, False),
        ({"labels": {"tier": "gold"}}, {"labels": {"tier": "gold"}}, True),
        ({"labels": {"tier": ["gold", "silver"]}}, {"labels": {"tier": "silver"}}, True),
        ({"labels": {"tier": "gold"}}, {"labels": {"tier": "Gold"}}, False),
        ({"labels": {"tier": "gold"}}, {"labels": {}}, False),
        ({"labels": {"tier": "gold", "team": "*"}}, {"labels": {"tier": "gold"}}, False),
        ({"stacks": ["web"], "environments": ["dev"]}, {"stack": "web", "environment": "prod"}, False),
    ],
)
def test_a_rule_is_asked_where_its_scope_says(scope, fields, asked):
    assert bool(told(rule("public_access", {"scope": scope}), PUBLIC, **fields)) == asked


def test_a_rule_sees_the_addresses_in_its_scope_alone():
    found = told(rule("public_access", {"scope": {"addresses": ["aws.bucket.d*"]}}), PUBLIC, OTHER)
    assert [item.address for item in found] == ["aws.bucket.data"]


def test_a_rule_that_adds_up_adds_what_its_scope_has():
    policy = {"budgets": {"gpus": {"limit": 1, "scope": {"addresses": ["*.train"]}}}}
    nodes = {"machine_type": "p3.2xlarge", "max_nodes": 1}
    assert told(policy, change("aws.node_group.train", **nodes), change("aws.node_group.serve", **nodes)) == []


@pytest.mark.parametrize(("severity", "outcome"), [("deny", "deny"), ("warn", "allow"), ("info", "allow")])
def test_a_violation_means_what_its_severity_says(severity, outcome):
    decision = judge(rule("public_access", {"severity": severity}), PUBLIC)
    assert [item.severity for item in decision.findings if item.rule == "public_access"] == [severity]
    assert decision.outcome == outcome


def test_what_is_open_refuses_only_where_a_violation_would():
    planned = change("aws.bucket.data", public_access=Unknown("boolean"))
    assert judge(rule("public_access", {}), planned).outcome == "pending"
    [finding] = told(rule("public_access", {"severity": "warn"}), planned)
    assert (finding.severity, finding.message[:12]) == ("warn", "not decided:")


def test_one_rule_can_be_set_several_times_each_under_its_own_name():
    policies = {
        "rules": {
            "everywhere": {"rule": "sizes", "max_nodes": 10},
            "in-dev": {"rule": "sizes", "max_nodes": 2, "scope": {"environments": ["dev"]}},
        }
    }
    nodes = change("aws.node_group.n", max_nodes=5)
    assert [item.rule for item in told(policies, nodes, environment="dev")] == ["in-dev"]
    assert told(policies, nodes, environment="prod") == []


def test_rules_can_be_a_list():
    policies = {"rules": [{"rule": "public_access"}, {"rule": "sizes", "name": "small", "max_nodes": 1}]}
    found = told(policies, PUBLIC, change("aws.node_group.n", max_nodes=5))
    assert [item.rule for item in found] == ["public_access", "small"]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({"environments": []}, "scope.environments is empty, so the rule would never be asked"),
        ({"addresses": [""]}, "holds '', which is not a text"),
        ("production", "scope is not a mapping"),
        ({"labels": {"tier": 7}}, "holds a value that is not a list"),
    ],
)
def test_a_scope_that_holds_nowhere_is_a_mistake(scope, said):
    with pytest.raises(DefinitionError, match=said):
        load_policies(rule("public_access", {"scope": scope}))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([{"rule": "public_access"}, {"rule": "public_access"}], "two rules called 'public_access'"),
        ([{"severity": "warn"}], "names no rule"),
        ([7], "is not a mapping"),
        ({"x": {"rule": 7}}, "is 7, which is not a text"),
        ({"public_access": {"waivable": "no"}}, "waivable is 'no'"),
    ],
)
def test_a_rule_that_is_written_wrongly_is_a_mistake(rules, said):
    with pytest.raises(DefinitionError, match=said):
        load_policies({"rules": rules})


BY_OLD_NAME = rule("public_access", {"scope": {"addresses": ["aws.bucket.old"]}})
RENAMED = replace(PUBLIC, former=(Address("aws.bucket.older"), Address("aws.bucket.old")))


def test_a_resource_that_was_renamed_is_judged_under_its_former_name_and_a_warning_says_so():
    found = told(BY_OLD_NAME, RENAMED)
    assert [(item.severity, item.address) for item in found] == [
        ("deny", "aws.bucket.data"),
        ("warn", "aws.bucket.data"),
    ]
    assert "by the name that it had before, aws.bucket.older" in found[1].message
    assert found[1].hint == "name aws.bucket.data in the scope of public_access, in flowyml.yaml"


@pytest.mark.parametrize("addresses", [["aws.bucket.data"], ["aws.bucket.*"], ["aws.bucket.old", "aws.bucket.data"]])
def test_a_scope_that_names_what_it_is_called_now_is_not_warned_about(addresses):
    found = told(rule("public_access", {"scope": {"addresses": addresses}}), RENAMED)
    assert [item.severity for item in found] == ["deny"]


@pytest.mark.parametrize("fields", [{"destroys": True}, {"environment": "other"}])
def test_where_the_rule_does_not_count_nothing_is_lost(fields):
    scope = {"addresses": ["aws.bucket.old"], "environments": ["default"]}
    assert told(rule("public_access", {"scope": scope}), RENAMED, **fields) == []


@pytest.mark.parametrize(("severity", "said"), [("deny", "deny"), ("warn", "warn"), ("info", "info")])
def test_a_name_that_only_the_record_had_denies_where_the_rule_would(severity, said):
    policies = rule("public_access", {"scope": {"addresses": ["aws.bucket.old"]}, "severity": severity})
    assert [item.severity for item in told(policies, RENAMED, purpose="edit")] == [said]


def test_what_spec_moved_says_reaches_the_rules(monkeypatch):
    monkeypatch.setitem(catalogue.KINDS, DATA.id, DATA)
    bed, old, middle, new = Bed(), address("old"), address("middle"), address("new")
    bed.apply(compiled(spec("old")))
    plan = bed.plan(compiled(spec("new"), moved=((old, middle), (middle, new))))
    assert [item.former for item in subject_of_plan(plan).changes] == [(middle, old)]
