"""Policies as people write them for Conftest, with what they bring along: exceptions, data, packages, libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy.files import local_files
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.policy_set import PolicySet
from tests.support.policies import change, told

DATA, LOGS = change("aws.bucket.data", versioning=False), change("aws.bucket.logs", versioning=False)
VERSIONING = """\
package main

deny_versioning[msg] {
    bucket := input.changes[_]
    bucket.kind == "bucket"
    not bucket.after.versioning
    msg := sprintf("%s keeps no versions", [bucket.address])
}
"""
NEWER = VERSIONING.replace("package main\n", "package main\n\nimport rego.v1\n").replace(
    "[msg] {", " contains msg if {"
)
LIMITS = """\
package main

import rego.v1
import data.limits

deny contains msg if {
    some change in input.changes
    change.kind in limits.forbidden
    msg := sprintf("%s: %s", [change.address, limits.why])
}
"""


def policies(folder: Path, files: dict[str, str], **setting: Any) -> PolicySet:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return load_policies({"rego": {"files": ["**/*.rego"], **setting}}, local_files(folder))


def said(folder: Path, files: dict[str, str], *changes: Any, **setting: Any) -> list[tuple[str, str]]:
    return [(item.severity, item.message) for item in told(policies(folder, files, **setting), *changes)]


PASSED = "(an exception in the policy lets it pass)"
EXCEPTIONS = {
    "of a rule": ('exception[rules] { rules := ["versioning"] }', "info"),
    "of several rules": ('exception[rules] { rules := ["other", "versioning"] }', "info"),
    "where it holds": (
        'exception[rules] { input.deployment.environment == "default"; rules = ["versioning"] }',
        "info",
    ),
    "where it does not hold": (
        'exception[rules] { input.deployment.environment == "x"; rules = ["versioning"] }',
        "deny",
    ),
    "of another rule": ('exception[rules] { rules := ["encryption"] }', "deny"),
    "of the rule by its whole name": ('exception[rules] { rules := ["deny_versioning"] }', "deny"),
    "of rules without a name": ('exception[rules] { rules := [""] }', "deny"),
    "that is no list": ('exception[rules] { rules := "versioning" }', "deny"),
    "that cannot be evaluated": (
        'f = 1 { true }\nf = 2 { true }\nexception[rules] { f > 0; rules = ["versioning"] }',
        "deny",
    ),
}


@pytest.mark.parametrize(("exception", "severity"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_an_exception_counts_for_the_rule_that_it_names(tmp_path, exception, severity):
    [(found, message)] = said(tmp_path, {"a.rego": VERSIONING, "b.rego": f"package main\n{exception}\n"}, DATA)
    assert (found, message.startswith("aws.bucket.data keeps no versions")) == (severity, True)
    assert (PASSED in message) == (severity == "info")


def test_an_exception_in_the_newer_form_and_of_a_rule_without_a_name(tmp_path):
    text = 'deny contains "m" if { true }\nexception contains rules if { rules := ["", "versioning"] }\n'
    text = f"package main\nimport rego.v1\n{text}"
    found = said(tmp_path, {"a.rego": NEWER, "b.rego": text}, DATA)
    assert [severity for severity, _ in found] == ["info", "info"]


def test_an_exception_counts_in_its_own_package_alone(tmp_path):
    other = 'package other\nexception[rules] { rules := ["versioning"] }\n'
    files = {"a.rego": VERSIONING, "b.rego": other}
    assert [severity for severity, _ in said(tmp_path, files, DATA, packages=["*"])] == ["deny"]


class TestData:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("limits.yaml", "limits:\n  forbidden: [bucket]\n  why: 'a \"quoted\" é'\n"),
            ("limits.json", '{"limits": {"forbidden": ["bucket"], "why": "a \\"quoted\\" é"}}'),
        ],
    )
    def test_it_is_found_by_its_name(self, tmp_path, name, text):
        found = said(tmp_path, {"a.rego": LIMITS, name: text}, DATA, data=[name])
        assert found == [("deny", 'aws.bucket.data: a "quoted" é')]

    def test_several_files_are_laid_together(self, tmp_path):
        files = {"a.rego": LIMITS, "1.yaml": "limits: {forbidden: [bucket]}\n", "2.yaml": "limits: {why: no}\n"}
        assert said(tmp_path, files, DATA, data=["*.yaml"]) == [("deny", "aws.bucket.data: no")]

    @pytest.mark.parametrize("use", ["data.limits.x", "data . limits", "data.limits[_]"])
    def test_what_nothing_gives_is_an_error_because_it_would_say_nothing(self, tmp_path, use):
        text = f"package main\ndeny[msg] {{ {use}; msg := 1 }}\n"
        with pytest.raises(DefinitionError, match=r"uses data\.limits, and nothing gives that") as caught:
            policies(tmp_path, {"a.rego": text, "limits.yaml": "limit: {x: 1}\n"}, data=["limits.yaml"])
        assert caught.value.diagnostics[0].hint == "did you mean 'limit'?"

    @pytest.mark.parametrize(
        ("files", "clause"),
        [
            ({"1.yaml": "- a\n"}, "is not a mapping"),
            ({"1.yaml": "a: [\n"}, "cannot be read"),
            ({"1.yaml": "limits: 1\n", "2.yaml": "limits: 2\n"}, "says otherwise than another what limits is"),
            ({"1.yaml": "limits: {a: 1}\n", "2.yaml": "limits: {a: true}\n"}, "what limits.a is"),
            ({"1.yaml": "limits: {a: 1, a: 2}\n"}, "cannot be read"),
        ],
    )
    def test_data_that_cannot_be_laid_together_is_an_error(self, tmp_path, files, clause):
        with pytest.raises(DefinitionError, match=clause):
            policies(tmp_path, {"a.rego": LIMITS, **files}, data=["*.yaml"])

    def test_it_counts_as_the_policy(self, tmp_path):
        files = {"a.rego": LIMITS, "1.yaml": "limits: {forbidden: [bucket], why: a}\n"}
        before = policies(tmp_path, files, data=["1.yaml"]).digest
        assert policies(tmp_path, {**files, "1.yaml": files["1.yaml"] + "\n"}, data=["1.yaml"]).digest != before


PACKAGES = {
    "by default": ({}, ["main"]),
    "all": ({"packages": ["*"]}, ["acme.images", "acme.sizes", "main"]),
    "by a pattern": ({"packages": ["acme.*"]}, ["acme.images", "acme.sizes"]),
    "by name": ({"packages": ["acme.sizes", "main"]}, ["acme.sizes", "main"]),
}


@pytest.mark.parametrize(("setting", "asked"), PACKAGES.values(), ids=PACKAGES)
def test_whose_rules_are_asked(tmp_path, setting, asked):
    names = ["main", "acme.images", "acme.sizes"]
    files = {f"{name}.rego": f'package {name}\ndeny[msg] {{ msg := "{name}" }}\n' for name in names}
    assert sorted(message for _, message in said(tmp_path, files, **setting)) == asked


KIND_GUARD = """
is_bucket(change) { change.kind == "bucket" }

deny[{"msg": msg, "details": {"severity": "high"}}] {
    change := input.changes[_]
    is_bucket(change)
    not change.after.versioning
    msg := sprintf("%s: %v", [change.address, change.after.versioning])
}
"""
ALLOW_LIST = """
allowed := {"database", "cluster"}

is_allowed(kind) { allowed[kind] }

deny_kind[msg] {
    kind := input.changes[_].kind
    not is_allowed(kind)
    msg := kind
}
"""
SUM = """
violation[{"msg": msg}] {
    made := [c | c := input.changes[_]; c.action == "create"]
    count(made) > 1
    msg := sprintf("%d at once", [count(made)])
}
"""
LABELS = """
required := {"owner", "cost"}

deny[msg] {
    missing := required - {label | input.stack.labels[label]}
    count(missing) > 0
    msg := sprintf("labels missing: %s", [upper(concat(", ", sort(missing)))])
}
"""
PATTERN = """
default pattern = "^aws"

pattern = "^gcp" { input.deployment.environment == "gcp" } else = "^azure" { input.never }

deny[msg] {
    change := input.changes[_]
    re_match(pattern, change.address)
    msg := trim_prefix(change.address, "aws.bucket.")
}
"""
SEARCH = """
deny[msg] {
    walk(input.changes, [path, value])
    path[count(path) - 1] == "address"
    endswith(value, "logs")
    msg := value
}
"""
USUAL = {
    "a guard by kind and a message with details": (KIND_GUARD, {"aws.bucket.data: false", "aws.bucket.logs: false"}),
    "an allow list with a helper that is negated": (ALLOW_LIST, {"bucket"}),
    "a sum over everything": (SUM, {"2 at once"}),
    "required labels as a difference of sets": (LABELS, {"labels missing: COST, OWNER"}),
    "a pattern, a default and an else": (PATTERN, {"data", "logs"}),
    "a search through everything": (SEARCH, {"aws.bucket.logs"}),
}


PRINTED = (
    'concat("-", ["a", "é"])',
    "format_int(7, 10)",
    'json.marshal({"a": "b"})',
    'lower("A\\"B")',
    'regex.replace("aa", "a", "b")',
    'replace("ab", "a", "x")',
    'upper(lower("Ab"))',
    'urlquery.encode("a b")',
)


@pytest.mark.parametrize("text", PRINTED)
def test_what_functions_give_can_be_printed(tmp_path, text):
    rules = f'deny[msg] {{ x := {text}; msg := sprintf("%s", [x]) }}\ndeny_plain[msg] {{ msg := {text} }}\n'
    [(_, printed), (_, plain)] = said(tmp_path, {"a.rego": f"package main\n{rules}"})
    assert printed == plain
    assert "evaluated" not in plain


@pytest.mark.parametrize(("text", "messages"), USUAL.values(), ids=USUAL)
def test_what_is_usually_written_works_unchanged(tmp_path, text, messages):
    found = said(tmp_path, {"policy/a.rego": f"package main\n\n{text}"}, DATA, LOGS)
    assert {severity for severity, _ in found} == {"deny"}
    assert {message for _, message in found} == messages
