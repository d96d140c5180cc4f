"""A secret that a manifest holds in the clear: shown nowhere, recorded sealed, and still compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flowyml_infra.address import Address
from flowyml_infra.apply import applying
from flowyml_infra.plan.document import plan_document
from flowyml_infra.policy.document import subject_document
from flowyml_infra.policy.subject import subject_of_plan
from tests.support.expansion import expansion, only
from tests.support.planning import KEY, Bed

CANARY = "canary-hunter2"
GIVEN = {"name": "n", "key": "login"}
"""What its kind gives besides an id."""


@pytest.fixture
def bed(monkeypatch: pytest.MonkeyPatch) -> Bed:
    """An in-memory world that takes what is otherwise made through Pulumi."""
    made = Bed()
    give = made.world._made
    monkeypatch.setattr(
        made.world, "_made", lambda name: replace(made := give(name), outputs={**made.outputs, **GIVEN})
    )
    carry_out = applying.carry_out
    monkeypatch.setattr(
        "tests.support.planning.carry_out",
        lambda plan, place: carry_out(plan, replace(place, engines={"pulumi": made.world}, root=Path())),
    )
    return made


def declared(value: str):
    resources = f"resources:\n  login: {{kind: secret, {value}}}\n"
    text = "provider: kubernetes\nlocation: {kube_context: c, namespace: x}\n" + resources
    return replace(expansion(text), name=KEY.stack)


def secret(text: str = CANARY):
    return declared(f"key: login, value: {text}")


def test_no_document_of_a_plan_shows_it(bed):
    plan = bed.plan(secret())
    document = plan_document(plan, None)
    [change] = document["changes"]
    assert (change["after"]["value"], change["sensitive"]) == ("(secret)", ["value"])
    for shown in (document, subject_document(subject_of_plan(plan)), plan.digest):
        assert CANARY not in json.dumps(shown)


def test_what_a_plan_leaves_out_does_not_show_it_to_rules_either(bed):
    plan = bed.plan(secret(), excludes=(Address("kubernetes.secret.login"),))
    [left_out] = subject_of_plan(plan).changes
    assert (left_out.chosen, repr(left_out.after["value"])) == (False, "Secret(***)")


def test_it_is_recorded_sealed_and_reaches_the_engine(bed):
    bed.apply(secret())
    [thing] = bed.world.things.values()
    assert CANARY in repr(thing.properties["value"].value)
    [row] = bed.store.snapshot(KEY).rows.values()
    assert "$sealed" in row.properties_json


def test_the_same_is_no_change_and_another_is_one(bed):
    bed.apply(secret())
    assert bed.actions(secret()) == {"login": "noop"}
    [change] = bed.plan(secret("another")).changes
    assert (change.action, [item.path for item in change.fields]) == ("update", ["value"])
    bed.apply(secret("another"))
    assert bed.actions(secret("another")) == {"login": "noop"}


def test_one_that_is_not_declared_any_more_is_a_change_and_so_is_a_new_one(bed):
    without = declared("key: login")
    for before, after in ((secret(), without), (without, secret())):
        bed.apply(before)
        [change] = bed.plan(after).changes
        assert (change.action, [item.path for item in change.fields]) == ("update", ["value"])


def test_nothing_that_is_recorded_beside_it_lets_it_be_guessed():
    assert only(secret()).digest == only(secret("another")).digest
    assert only(secret()).digest != only(declared("key: other, value: x")).digest
