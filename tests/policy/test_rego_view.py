"""What policies in Rego do not look at is not handed to them, and they say the same without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowyml_infra.policy.engine import evaluate
from flowyml_infra.policy.files import local_files
from flowyml_infra.policy.loading import load_policies
from flowyml_infra.policy.policy_set import PolicySet
from flowyml_infra.policy.rego_source import rewrite
from flowyml_infra.policy.rego_view import view_of
from tests.policy.test_rego import ITERATIONS, NEW, OLD
from tests.support.policies import change, subject

HEAD = "package main\nimport future.keywords\n"
OPEN = "is_open(c) { c.after.public_access }\n"
FOLLOWED = {
    "by name": 'input.changes[_].after.public_access; m := "m"',
    "by text": 'input.changes[_]["after"]["public_access"]; m := "m"',
    "in a loop": "some c in input.changes; c.after.public_access; m := c.address",
    "in a loop with a number": "some i, c in input.changes; c.after.public_access; m := c.address",
    "in every": 'every c in input.changes { c.after.public_access }; m := "m"',
    "by a side": "c := input.changes[_]; side := c.after; side.public_access; m := c.address",
    "by a list": "cs := input.changes; c := cs[_]; c.after.public_access; m := c.address",
    "by a function": "is_open(input.changes[_]); m := 1",
    "by a function of a name": "c := input.changes[i]; is_open(c); m := c.address",
    "counted": 'count([c | c := input.changes[_]; c.after.public_access]) > 1; m := "m"',
    "all counted": 'count(input.changes) > 2; m := "m"',
    "nothing before": "c := input.changes[_]; c.before == null; c.after.public_access; m := c.address",
    "what lies deeper": "l := input.changes[_].after.labels; m := l[k]",
    "a computed name of what lies deeper": 'k := "team"; m := input.changes[_].after.labels[k]',
    "other parts": "m := input.stack[_]",
    "a set of texts": "names := {c.address | c := input.changes[_]; c.after.public_access}; m := names[_]",
}
NOT_FOLLOWED = {
    "a computed name": 'k := "after"; input.changes[_][k].public_access; m := 1',
    "a computed name of a side": 'k := "public_access"; input.changes[_].after[k]; m := k',
    "every value of a side": "input.changes[_].after[_] == true; m := 1",
    "names and values": "some k, v in input.changes[_].after; v == true; m := k",
    "values": "some v in input.changes[_].after; v == true; m := 1",
    "membership": "true in input.changes[_].after; m := 1",
    "by a function of the library": 'object.get(input.changes[_], ["after", "public_access"], false); m := 1',
    "walked": 'walk(input, [p, v]); v == true; p[_] == "public_access"; m := 1',
    "printed": 'c := input.changes[_]; contains(sprintf("%v", [c]), "public_access"); m := 1',
    "as JSON": 'contains(json.marshal(input.changes), "public_access"); m := 1',
    "the whole input": 'x := input; contains(json.marshal(x), "public_access"); m := 1',
    "compared": "input.changes[0].after != input.changes[1].after; m := 1",
    "compared with what is written": 'c := input.changes[_]; c != {"address": c.address}; m := 1',
    "unified with what is written": 'c := input.changes[_]; not c = {"address": c.address}; m := 1',
    "counted itself": "count(input.changes[_].after) > 3; m := 1",
    "a side by a name, counted": "s := input.changes[_].after; count(s) > 3; m := 1",
    "in a list": "xs := [input.changes[_].after, 1]; count(xs[0]) > 3; m := 1",
    "in an object": 'x := {"a": input.changes[_]}; count(x.a) > 3; m := 1',
    "joined on the next line": "s := input.changes[_].after\n | {}\n count(s) > 3; m := 1",
    "told": "m := input.changes[_]",
    "by a function that has not followed it": "size(input.changes[_]) > 4; m := 1",
    "by a function that returns it": "x := after(input.changes[_]); count(x) > 3; m := 1",
    "with another input": 'is_open(x) with input as {"a": 1}; x := input.changes[_]; m := 1',
    "two sorts by one name": "cs := input.changes; c := cs[_]; same(cs); same(c); m := 1",
}
FUNCTIONS = OPEN + "size(o) = n { n := count(o) }\nafter(c) = s { s := c.after }\nsame(x) { x }\n"
CHANGES = (
    [],
    [change("aws.bucket.a")],
    [change("aws.bucket.a", public_access=True, labels={"team": "ml"}), change("aws.bucket.b")],
    [change("aws.bucket.a", public_access=True), change("aws.bucket.b", public_access=True, versioning=False)],
    [change("aws.bucket.b", "delete", before={"name": "x"}), change("aws.bucket.tmp", "update", before={"x": 1})],
    [change("aws.bucket.a"), change("aws.bucket.a", "delete", before={"public_access": True}), change("gcp.bucket.c")],
)


def source(body: str) -> str:
    return f"{HEAD}{FUNCTIONS if '(' in body else OPEN}deny[m] {{ {body} }}\n"


def whole(policies: PolicySet) -> PolicySet:
    """``policies`` that are handed everything."""
    entries = tuple(replace(entry, setting=replace(entry.setting, view=None)) for entry in policies.entries)
    return replace(policies, entries=entries)


SOURCES = {
    "written long ago": OLD,
    "written lately": NEW,
    **{name: source(body) for name, body in {**FOLLOWED, **NOT_FOLLOWED}.items()},
    **{f"iteration {name}": source(f'{body}; m := "m"') for name, body in ITERATIONS.items()},
}


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
def test_a_policy_says_the_same_of_what_it_is_handed_as_of_everything(tmp_path, text):
    (tmp_path / "a.rego").write_text(text)
    policies = load_policies({"rego": ["a.rego"]}, local_files(tmp_path))
    for changes in CHANGES:
        judged = subject(*changes, labels={"owner": "ada"})
        assert evaluate(judged, policies).findings == evaluate(judged, whole(policies)).findings


@pytest.mark.parametrize("body", FOLLOWED.values(), ids=FOLLOWED)
def test_what_is_taken_apart_by_name_is_followed(body):
    view = view_of([rewrite(HEAD + OPEN + f"deny[m] {{ {body} }}\n")])
    assert view is not None
    assert view.of_change <= {"address", "before", "after"}
    assert view.of_side <= {"public_access", "labels"}


@pytest.mark.parametrize("body", NOT_FOLLOWED.values(), ids=NOT_FOLLOWED)
def test_what_is_not_followed_leaves_the_document_whole(body):
    assert view_of([rewrite(source(body))]) is None


@pytest.mark.parametrize(
    "text",
    [
        "import input.changes\n\ndeny[m] { changes[_].after[_]; m := 1 }\n",
        "changes := input.changes\ndeny[m] { m := changes[_] }\n",
        "first = c { c := input.changes[0] }\ndeny[m] { data.main.first[k]; m := k }\n",
        "ones[c] { c := input.changes[_] }\ndeny[m] { count(ones[_]) > 3; m := 1 }\n",
        "ones contains c if { some c in input.changes }\ndeny[m] { some c in ones; count(c) > 3; m := 1 }\n",
        "size(o) := count(o)\ndeny[m] { size(input.changes[_].after) > 3; m := 1 }\n",
        "size(o) :=\n  count(o)\ndeny[m] { size(input.changes[_].after) > 3; m := 1 }\n",
        "n := size(input)\nsize(o) = x { x := count(o) }\ndeny[m] { n > 3; m := 1 }\n",
    ],
)
def test_what_leaves_its_rule_is_not_followed(text):
    assert view_of([rewrite(f"package main\nimport future.keywords\n{text}")]) is None


def test_what_one_module_does_counts_for_all(tmp_path):
    library = rewrite("package lib\nsize(o) = n { n := count(o) }\nis_open(c) { c.after.public_access }\n")
    good = rewrite("package main\nimport data.lib\ndeny[m] { lib.is_open(input.changes[_]); m := 1 }\n")
    bad = rewrite("package main\nimport data.lib\ndeny[m] { lib.size(input.changes[_]) > 3; m := 1 }\n")
    view = view_of([library, good])
    assert view is not None
    assert view.of_side == {"public_access"}
    assert view_of([library, bad]) is None


def test_the_document_is_left_whole_where_two_changes_have_one_address():
    view = view_of([rewrite(NEW)])
    assert view is not None
    twice = {"changes": [{"address": "a", "action": "create"}, {"address": "a", "action": "delete"}]}
    assert view.narrow(twice) == twice
    once = {"changes": [{"address": "a", "reasons": ["x"], "after": {"versioning": True, "name": "n"}}], "cost": None}
    assert view.narrow(once) == {"changes": [{"address": "a", "after": {"versioning": True}}], "cost": None}
