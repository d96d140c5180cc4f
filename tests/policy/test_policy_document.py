"""docs/policy.md says what is so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from flowyml_infra.policy import reading
from flowyml_infra.policy.available import available_rules
from flowyml_infra.policy.cases import read_cases, try_case
from flowyml_infra.policy.files import local_files
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.policy_set import Entry, PolicySet
from flowyml_infra.resolution.places import is_remote, parse_locator
from tests.support.policies import change, judge

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(yaml|python)\n(.*?)```", DOCUMENT, re.DOTALL)
YAML = [text for form, text in BLOCKS if form == "yaml"]


def test_the_table_has_every_rule_with_its_keys():
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", DOCUMENT, re.MULTILINE)
    assert [(name, tuple(keys.split(", "))) for name, keys in rows] == [
        (item.name, item.keys) for item in available_rules() if item.origin == "built-in"
    ]


@pytest.mark.parametrize("text", [text for text in YAML if text.startswith("policies:")])
def test_every_policy_in_it_can_be_read(text, tmp_path):
    (tmp_path / "policies").mkdir()
    org, rego = "allowed_stacks: ['*']\n", "package main\ndeny[msg] { input.never; msg := 1 }\n"
    (tmp_path / "policies/org.yaml").write_text(org)
    (tmp_path / "policies/a.rego").write_text(rego)
    (tmp_path / "policies/limits.json").write_text('{"limits": {"nodes": 4}}')
    local = local_files(tmp_path)

    def fetch(name: str) -> Mapping[str, bytes]:
        if not is_remote(name):
            return local(name)
        parse_locator(name)
        return {name: (rego if ".rego" in name else org).encode()}

    assert load_policies(yaml.safe_load(text)["policies"], fetch).entries


def test_the_example_case_holds():
    [text] = [text for text in YAML if text.startswith("cases:")]
    scope = {"environments": ["production"]}
    policies = load_policies({"rules": {"no-open-buckets": {"rule": "public_access", "scope": scope}}})
    [case] = read_cases(text.encode(), "x").cases
    assert try_case(case, policies, "x").passed


def test_the_rule_in_python_works():
    [text] = [text for form, text in BLOCKS if form == "python"]
    names: dict[str, object] = {}
    exec(text, names)
    policies = PolicySet((Entry("naming", names["RULE"], "ml-"),))  # type: ignore[arg-type]
    assert [item.message for item in judge(policies, change("aws.bucket.data")).refusals] == [
        "its name does not begin with ml-"
    ]


def test_the_sections_are_named():
    assert all(f"{section}" in DOCUMENT for section in reading.SECTIONS)
