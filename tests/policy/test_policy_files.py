"""Policies in files: where they count, what is wrong with them, and that nothing escapes the digest."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.files import PolicyFiles, local_files
from flowyml_infra.policy.loading import load_policies, load_project_policies
from tests.support.policies import change, judge

ORG = "rules:\n  open: {rule: public_access}\n"
PUBLIC = change("aws.bucket.data", public_access=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/org.yaml").write_text(ORG)
    return tmp_path


def loaded(folder: Path, **policies):
    return load_policies({"files": ["policies/*.yaml"], **policies}, local_files(folder))


def test_rules_of_a_file_are_called_after_it(folder):
    assert [item.rule for item in judge(loaded(folder), PUBLIC).refusals] == ["org/open"]


def test_a_project_cannot_loosen_what_a_file_says(folder):
    policies = loaded(folder, rules={"open": {"rule": "public_access", "severity": "info"}})
    assert [item.rule for item in judge(policies, PUBLIC).refusals] == ["org/open"]


def test_a_file_may_be_written_as_the_section_of_a_project_s_file(folder):
    (folder / "policies/org.yaml").write_text("policies:\n  allowed_stacks: [x]\n")
    assert [item.rule for item in judge(loaded(folder)).refusals] == ["org/allowed_stacks"]


def test_mistakes_in_all_files_are_told_at_once_with_their_places(folder):
    (folder / "policies/org.yaml").write_text("rules:\n  open:\n    rule: publik_access\n")
    (folder / "policies/team.yaml").write_text("rules:\n  small: {rule: sizes, max_nodes: many}\n")
    with pytest.raises(DefinitionError) as caught:
        loaded(folder, budgets={"gpus": "few"})
    assert [(str(item.location), item.hint) for item in caught.value.diagnostics if item.location] == [
        ("policies/org.yaml:3:11", "did you mean 'public_access'?"),
        ("policies/team.yaml:2:35", None),
    ]
    assert len(caught.value.diagnostics) == 3


def test_mistakes_in_the_project_s_file_have_their_places(tmp_path):
    (tmp_path / "flowyml.yaml").write_text(
        "policies:\n  rules:\n    open:\n      rule: public_access\n      severty: warn\n"
    )
    config = ProjectConfig.load(tmp_path)
    with pytest.raises(DefinitionError) as caught:
        load_project_policies(
            tmp_path, config.policies_document, config.location_of, PolicyFiles(tmp_path, pytest.fail)
        )
    [problem] = caught.value.diagnostics
    assert str(problem.location) == "flowyml.yaml:5:16"


@pytest.mark.parametrize(
    ("files", "said", "hint"),
    [
        (["policies/orgs.yaml"], "names policies/orgs.yaml, which cannot be read", "did you mean 'org.yaml'?"),
        (["other/*.yaml"], "matches no file", "write it from the project's folder"),
        ("policies/org.yaml", "is not a list", "write it as"),
    ],
)
def test_a_file_that_is_not_there_is_an_error(folder, files, said, hint):
    with pytest.raises(DefinitionError, match=said) as caught:
        load_policies({"files": files}, local_files(folder))
    assert hint in str(caught.value.diagnostics[0].hint)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "rules: {x: {}}\npolicies: {}\n", "files: [x]\n"])
def test_a_file_of_another_form_is_an_error(folder, text):
    (folder / "policies/org.yaml").write_text(text)
    with pytest.raises(DefinitionError):
        loaded(folder)


def test_two_files_of_one_name_are_an_error(folder):
    (folder / "more").mkdir()
    (folder / "more/org.yaml").write_text(ORG)
    with pytest.raises(DefinitionError, match="two rules called 'org/open'"):
        load_policies({"files": ["policies/*.yaml", "more/*.yaml"]}, local_files(folder))


def test_prices_can_be_a_file(folder):
    (folder / "prices.yaml").write_text("currency: EUR\nkinds: {aws.bucket: 7}\n")
    policies = load_policies({"prices": "prices.yaml", "budgets": {"monthly_cost": 5}}, local_files(folder))
    assert [item.rule for item in judge(policies, PUBLIC).refusals] == ["monthly_cost"]


REGO = "package main\ndeny contains msg if { false; msg := 1 }\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("policies/org.yaml", ORG + "# a comment\n"),
        ("policies/more.yaml", "rules: {public_access: {}}\n"),
        ("prices.yaml", "currency: EUR\nkinds: {aws.bucket: 8}\n"),
        ("a.rego", REGO + "\n"),
        ("b.rego", "package lib\n"),
    ],
)
def test_everything_that_decides_is_part_of_the_digest(folder, name, text):
    (folder / "prices.yaml").write_text("currency: EUR\nkinds: {aws.bucket: 7}\n")
    (folder / "a.rego").write_text(REGO)
    before = loaded(folder, prices="prices.yaml", rego=["*.rego"]).digest
    assert loaded(folder, prices="prices.yaml", rego=["*.rego"]).digest == before
    (folder / name).write_text(text)
    assert loaded(folder, prices="prices.yaml", rego=["*.rego"]).digest != before


def test_the_version_of_this_library_is_part_of_the_digest(monkeypatch):
    before = load_policies({}).digest
    monkeypatch.setattr("flowyml_infra.policy.loading.__version__", "999")
    assert load_policies({}).digest != before


@pytest.mark.parametrize(
    "text",
    ["rules: {k: {rule: allowed_kinds, deny: ['${KIND:-aws.bucket}']}}\n", "policies: {allowed_stacks: ['${X}']}\n"],
)
def test_a_file_takes_no_variables(folder, text):
    (folder / "policies/org.yaml").write_text(text)
    with pytest.raises(DefinitionError, match="takes a variable, and a policy takes none") as caught:
        loaded(folder)
    assert [(item.code, str(item.location).partition(":")[0]) for item in caught.value.diagnostics] == [
        ("definition.variable", "policies/org.yaml")
    ]
