"""Policies in Rego: those that were written for Conftest work as they are, and what cannot be asked denies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.policy import rego_interpreter
from flowyml_infra.policy.files import local_files
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.resources.values import Secret, Unknown
from tests.support.policies import change, told

OLD = """\
package main

blacklist = ["aws.bucket.forbidden"]

has_field(obj, field) { obj[field] }

deny[msg] {
  change := input.changes[_]
  change.kind == "bucket"
  change.action == "create"
  change.after.versioning == false
  msg := sprintf("%v has no versioning", [change.address])
}

deny[msg] {
  check_forbidden(input.changes, blacklist)
  msg := "a forbidden bucket is there"
}

check_forbidden(changes, names) { startswith(changes[_].address, names[_]) }

warn[msg] {
  not input.stack.labels.owner
  msg := "nobody owns it"
}

violation[{"msg": msg, "details": {}}] {
  input.deployment.environment == "production"
  count([c | c := input.changes[_]; c.action == "delete"]) > 0
  msg := "something would be deleted in production"
}

deny_names[msg] {
  change := input.changes[_]
  contains(change.address, "tmp")
  msg = sprintf("%s is temporary", [change.address])
}
"""
NEW = """\
package main

import rego.v1

deny contains msg if {
\tsome change in input.changes
\tchange.kind == "bucket"
\tnot change.after.versioning
\tmsg := sprintf("%s has no versioning", [change.address])
}

deny contains {"msg": "it is public", "address": change.address} if {
\tsome change in input.changes
\tchange.after.public_access
}

warn contains msg if {
\tevery change in input.changes { change.provider != "gcp" }
\tmsg := "nothing is in gcp"
}
"""
VERSIONED, UNVERSIONED = change("aws.bucket.data", versioning=True), change("aws.bucket.data", versioning=False)


def policies(tmp_path: Path, *sources: str, **setting):
    for number, source in enumerate(sources):
        (tmp_path / f"{number}.rego").write_text(source)
    return load_policies({"rego": {"files": ["*.rego"], **setting} if setting else ["*.rego"]}, local_files(tmp_path))


def said(tmp_path: Path, source: str, *changes, **fields):
    return [(item.severity, item.message) for item in told(policies(tmp_path, source), *changes, **fields)]


class TestOldStyle:
    def test_a_partial_rule_denies_with_its_message(self, tmp_path):
        found = said(tmp_path, OLD, UNVERSIONED, labels={"owner": "ada"})
        assert found == [("deny", "aws.bucket.data has no versioning")]

    def test_nothing_is_said_where_all_is_well(self, tmp_path):
        assert said(tmp_path, OLD, VERSIONED, labels={"owner": "ada"}) == []

    def test_a_warning_warns(self, tmp_path):
        assert said(tmp_path, OLD, VERSIONED) == [("warn", "nobody owns it")]

    def test_a_violation_with_details_denies(self, tmp_path):
        deleted = change("aws.bucket.data", "delete", before={"name": "x"})
        found = said(tmp_path, OLD, deleted, labels={"owner": "ada"}, environment="production")
        assert found == [("deny", "something would be deleted in production")]

    def test_functions_and_constants_work(self, tmp_path):
        found = said(tmp_path, OLD, change("aws.bucket.forbidden", versioning=True), labels={"owner": "ada"})
        assert found == [("deny", "a forbidden bucket is there")]

    def test_a_rule_with_a_name_after_it_is_asked_too(self, tmp_path):
        found = said(tmp_path, OLD, change("aws.bucket.tmp", versioning=True), labels={"owner": "ada"})
        assert found == [("deny", "aws.bucket.tmp is temporary")]


class TestNewStyle:
    def test_contains_and_if(self, tmp_path):
        found = said(tmp_path, NEW, UNVERSIONED, change("gcp.bucket.b", versioning=True))
        assert found == [("deny", "aws.bucket.data has no versioning")]

    def test_every(self, tmp_path):
        assert said(tmp_path, NEW, VERSIONED) == [("warn", "nothing is in gcp")]

    def test_an_address_in_the_answer_is_the_finding_s(self, tmp_path):
        public = change("gcp.bucket.open", versioning=True, public_access=True)
        [finding] = [item for item in told(policies(tmp_path, NEW), public) if item.severity == "deny"]
        assert (finding.message, finding.address) == ("it is public", "gcp.bucket.open")


ITERATIONS = {
    "in a call": 'startswith(input.changes[_].address, "aws.bucket.b")',
    "in a call, by a variable": 'startswith(input.changes[i].address, "aws.bucket.b")',
    "in a call, by a declared variable": 'some i; startswith(input.changes[i].address, "aws.bucket.b")',
    "in a call of one's own": "is_open(input.changes[_])",
    "in a call inside a call": 'count(split(input.changes[_].address, ".b")) > 2',
    "twice": "startswith(input.changes[_].address, input.changes[_].address)",
    "in a call that is compared": 'upper(input.changes[_].address) == "AWS.BUCKET.B"',
    "in a list": 'x := [input.changes[_].address, 1]; x[0] == "aws.bucket.b"',
    "in an object": 'x := {"a": input.changes[i].address}; x.a == "aws.bucket.b"',
    "in a comprehension": "x := [c | c := input.changes[_]; is_open(input.changes[_])]; count(x) > 0",
    "on both sides": "input.changes[_].address == input.changes[_].address",
    "in a set": 'input.changes[_].address in {"aws.bucket.b"}',
    "over lines": 'startswith(\n input.changes[_].address,\n "aws.bucket.b"\n)',
}


@pytest.mark.parametrize("body", ITERATIONS.values(), ids=ITERATIONS)
@pytest.mark.parametrize("form", ['deny[msg] {{ {}; msg := "m" }}', 'deny contains "m" if {{ {} }}'])
def test_iteration_counts_wherever_it_is_written(tmp_path, body, form):
    source = f"package main\nimport future.keywords\nis_open(c) {{ c.after.public_access }}\n{form.format(body)}\n"
    buckets = [change("aws.bucket.a"), change("aws.bucket.b", public_access=True)]
    assert said(tmp_path, source, *buckets) == [("deny", "m")]
    without = source.replace("aws.bucket.b", "none").replace("AWS.BUCKET.B", "none").replace('".b"', '".none"')
    if without != source:
        assert said(tmp_path, without, *buckets) == []


def test_a_rule_on_one_line_without_braces_counts(tmp_path):
    source = 'package main\nimport rego.v1\ndeny contains "m" if startswith(input.changes[_].address, "aws")\nx := 1\n'
    assert said(tmp_path, source, VERSIONED) == [("deny", "m")]


def test_what_must_hold_for_none_is_not_turned_into_what_holds_for_one(tmp_path):
    source = 'package main\nimport rego.v1\ndeny contains "m" if { not input.changes[_].after.public_access }\n'
    both = [change("aws.bucket.a"), change("aws.bucket.b", public_access=True)]
    assert said(tmp_path, source, *both) == []
    assert said(tmp_path, source, both[0]) == [("deny", "m")]


def test_a_rule_that_is_simply_true_denies(tmp_path):
    assert said(tmp_path, 'package main\ndeny { input.stack.purpose == "apply" }\n') == [
        ("deny", "data.main.deny holds")
    ]


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ('"no"', ["no"]),
        ("7", ["7"]),
        ('["a", "b"]', ["a", "b"]),
        ('{"a", "b"}', ["a", "b"]),
        ("false", []),
        ("[]", []),
    ],
)
def test_a_rule_that_is_one_value_denies_with_it(tmp_path, value, messages):
    found = said(tmp_path, f"package main\nimport rego.v1\ndeny := {value}\n")
    assert found == [("deny", message) for message in messages]


def test_a_rule_that_is_indented_is_asked_and_a_name_in_a_body_is_none(tmp_path):
    source = """package main
import rego.v1
  deny_late contains "late" if { input.stack.purpose == "apply" }
deny contains "m" if {
  warn_not := true
  deny_not := warn_not
  deny_not
}
"""
    assert said(tmp_path, source) == [("deny", "late"), ("deny", "m")]


TEXTS = ("é", 'a "b"', "a\nb", "a\\b", "a\\nb", "a\tb", "\x01", "😀", "${x}", "tеam", "1.5", "null", "")  # noqa: RUF001


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("cost", [1, 0.30000000000000004, 1e-7, 2**70, -(2**60) - 1])
def test_texts_and_numbers_reach_it_as_they_are(tmp_path, text, cost):
    bucket = change("aws.bucket.a", name=text, labels={text: "key"}, extra=cost)
    literal = json.dumps(text, ensure_ascii=False)
    source = f"""package main
import rego.v1
deny contains msg if {{ input.changes[_].after.name == {literal}; msg := input.changes[0].after.name }}
deny contains msg if {{ msg := input.changes[_].after.labels[{literal}] }}
deny contains "number" if {{ input.changes[_].after.extra == {json.dumps(cost)} }}
deny contains "not whole" if {{ input.changes[_].after.extra == 0 }}
"""
    assert {message for _, message in said(tmp_path, source, bucket)} == {text, "key", "number"}


def test_a_text_that_is_no_unicode_is_seen_and_does_not_stop_the_rest(tmp_path):
    source = "package main\nimport rego.v1\ndeny contains msg if { msg := input.changes[_].after.name }\n"
    assert said(tmp_path, source, change("aws.bucket.a", name="a\ud800")) == [("deny", "a?")]


def test_libraries_in_other_packages_are_used_and_not_asked(tmp_path):
    library = 'package lib\nimport rego.v1\nis_open(c) if { c.after.public_access }\ndeny contains "never asked"\n'
    user = 'package main\nimport rego.v1\nimport data.lib\ndeny contains "open" if { lib.is_open(input.changes[_]) }\n'
    found = told(policies(tmp_path, library, user), change("aws.bucket.data", public_access=True))
    assert [item.message for item in found] == ["open"]


def test_another_package_is_asked_when_it_is_named(tmp_path):
    source = 'package acme.stacks\nimport rego.v1\ndeny contains "no" if { true }\n'
    assert [item.message for item in told(policies(tmp_path, source, packages=["acme.stacks"]))] == ["no"]


def test_facts_are_handed_in(tmp_path):
    source = """package main
import rego.v1
deny contains msg if { input.stack.image_labels.version != "2"; msg := input.stack.actor }
"""
    found = said(tmp_path, source, image="gcr.io/p/x", image_labels={"version": "1"})
    assert found == [("deny", "ada@laptop")]


def test_secrets_are_masked(tmp_path):
    source = "package main\nimport rego.v1\ndeny contains msg if { msg := input.changes[_].after.name }\n"
    assert said(tmp_path, source, change("aws.bucket.data", name=Secret("canary"))) == [("deny", "(secret)")]


def test_what_is_not_known_yet_leaves_it_open_for_rego_cannot_tell_unknown_from_absent(tmp_path):
    planned = change("aws.bucket.data", versioning=True, kms_key=Unknown())
    [finding] = told(policies(tmp_path, OLD), planned, labels={"owner": "ada"})
    assert (finding.severity, finding.deferred, finding.address) == ("pending", True, "aws.bucket.data")
    assert finding.message == "kms_key is not known before the apply"


def test_a_policy_that_cannot_be_evaluated_denies(tmp_path):
    source = 'package main\nimport future.keywords\nx = 1 { true }\nx = 2 { true }\ndeny[msg] { x > 0; msg := "m" }\n'
    source += 'warn contains "told" if { true }\n'
    [(severity, message), told] = said(tmp_path, source)
    assert severity == "deny"
    assert "could not be evaluated" in message
    assert told == ("warn", "told")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("package main\ndeny[msg] { foo( }\n", "which is no Rego: its brackets do not match"),
        ("package main\ndeny[msg] { foo() bar baz() }\n", "names what is no Rego"),
        ("deny[msg] { msg := 1 }\n", "has no package"),
        ("package other\ndeny[msg] { msg := 1 }\n", "no deny, violation or warn in the package main"),
        ("package main\ndenied[msg] { msg := 1 }\n", "no deny, violation or warn"),
        ("package main\n# deny[msg] { }\nx = 1\n", "no deny, violation or warn"),
        ('package main\ndeny[m] { r := http.send({"url": "x"}); m := "m" }\n', "calls http.send"),
        ("package main\ndeny[m] { m := opa.runtime().env.HOME }\n", "calls opa.runtime"),
        ('package main\ndeny[m] { net.lookup_ip_addr("x"); m := 1 }\n', "calls net.lookup_ip_addr"),
    ],
)
def test_a_policy_that_says_nothing_or_reaches_outside_is_an_error(tmp_path, source, said):
    with pytest.raises(DefinitionError, match=said):
        policies(tmp_path, source)


def test_words_in_texts_and_comments_do_not_reach_outside(tmp_path):
    source = 'package main\n# http.send({})\ndeny[m] { input.x; m := "http.send() is not used" }\n'
    assert said(tmp_path, source) == []


def test_tests_beside_a_policy_are_left_out(tmp_path):
    (tmp_path / "a_test.rego").write_text('package main\ndeny[msg] { msg := "from a test" }\n')
    assert said(tmp_path, OLD, VERSIONED, labels={"owner": "ada"}) == []


def test_without_the_interpreter_it_denies_and_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(rego_interpreter, "find_regopy", lambda: None)
    [finding] = told(policies(tmp_path, OLD), VERSIONED)
    assert (finding.severity, finding.hint) == ("deny", "install the extra: pip install 'flowyml-infra[rego]'")


def test_a_warning_can_never_become_a_denial_and_a_denial_can_be_turned_into_a_warning(tmp_path):
    found = told(policies(tmp_path, OLD, severity="warn"), UNVERSIONED)
    assert [item.severity for item in found] == ["warn", "warn"]
