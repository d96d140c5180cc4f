"""Rules in Python from other packages."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.available import available_rules
from flowyml_infra.policy.loading import load_policies
from tests.support.policies import change, judge

MODULE = """\
from flowyml_infra.policy.options import text
from flowyml_infra.policy.rules.rule import Rule, violated

def read(options):
    return options.demand("prefix", text)

def judge(subject, prefix):
    for change in subject.resources():
        if not change.address.name.startswith(prefix):
            yield violated(f"its name does not begin with {prefix}", change.address, "rename it")

RULE = Rule("naming", "names without a prefix", read, judge, main="prefix")
broken = Rule("broken", "what breaks", lambda options: None, lambda subject, setting: 1 / 0, main="x")
nothing = 7
scoped = Rule("scoped", "what has a scope of its own", lambda options: options.read("scope", text, ""), judge)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with rules, offered as if it were installed."""
    path = tmp_path / "acme_rules.py"
    path.write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_rules", raising=False)
    values = {
        "naming": "RULE",
        "broken": "broken",
        "nothing": "nothing",
        "absent": "absent",
        "scoped": "scoped",
        "public_access": "RULE",
    }
    offered = EntryPoints(
        EntryPoint(name, f"acme_rules:{value}", "flowyml_infra.policy_rules") for name, value in values.items()
    )
    monkeypatch.setattr("flowyml_infra.policy.plugins.entry_points", lambda **chosen: offered.select(**chosen))
    return path


def test_a_rule_of_a_package_is_used_by_its_name(package):
    policies = load_policies(
        {"rules": {"naming": "ml-", "again": {"rule": "naming", "prefix": "x", "severity": "warn"}}}
    )
    decision = judge(policies, change("aws.bucket.data"))
    assert [(item.rule, item.severity) for item in decision.findings] == [("naming", "deny"), ("again", "warn")]


def test_a_rule_that_breaks_down_denies(package):
    [finding] = judge(load_policies({"rules": {"broken": {}}}), change("aws.bucket.data")).refusals
    assert finding.message == "the rule broke down (ZeroDivisionError), so it can allow nothing"


def test_a_built_in_rule_cannot_be_replaced(package):
    policies = load_policies({"rules": {"public_access": {}}})
    assert judge(policies, change("aws.bucket.data", public_access=True)).outcome == "deny"


def test_its_keys_are_checked_as_those_of_any_rule(package):
    with pytest.raises(DefinitionError, match="prefx is not known here"):
        load_policies({"rules": {"naming": {"prefx": "a", "prefix": "b"}}})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "is no Rule"),
        ("absent", "cannot be loaded: AttributeError"),
        ("scoped", "has a key of its own called scope"),
    ],
)
def test_what_is_no_rule_is_an_error(package, name, said):
    with pytest.raises(DefinitionError, match=said):
        load_policies({"rules": {name: {}}})


def test_an_edited_rule_is_another_policy(package):
    policies = {"rules": {"naming": "ml-"}}
    before = load_policies(policies).digest
    package.write_text(MODULE.replace("if not change", "if False and not change"))
    importlib.invalidate_caches()
    sys.modules.pop("acme_rules")
    import linecache

    linecache.clearcache()
    assert load_policies(policies).digest != before


def test_a_name_that_is_close_is_hinted_at(package):
    with pytest.raises(DefinitionError) as caught:
        load_policies({"rules": {"namming": "ml-"}})
    assert caught.value.hint == "did you mean 'naming'?"


def test_rules_of_packages_are_listed(package, monkeypatch):
    monkeypatch.setattr("flowyml_infra.policy.available.plugin_names", lambda: ["naming"])
    found = available_rules()[-1]
    assert (found.name, found.keys) == ("naming", ("prefix",))
