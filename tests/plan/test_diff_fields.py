from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.plan.diff import diff, overlay
from flowyml_infra.resources.values import Sealed, Secret, Unknown, canonical_json
from tests.support.kinds import DATA
from tests.support.world import PlainSealer

digest = PlainSealer().digest
# A key without a value counts as a missing one, so values inside mappings are never null here.
SCALARS = st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.dictionaries(
    st.sampled_from(["input", "labels", "token", "trigger"]),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)),
)


@given(VALUES)
def test_nothing_differs_from_itself(values):
    assert diff(values, values, DATA, digest) == ()


@given(VALUES, VALUES)
def test_differences_are_the_same_both_ways(one, other):
    there = {item.path: (item.before, item.after) for item in diff(one, other, DATA, digest)}
    back = {item.path: (item.after, item.before) for item in diff(other, one, DATA, digest)}
    assert there == back


@given(VALUES, VALUES)
def test_different_values_differ_somewhere(one, other):
    full = [{**dict.fromkeys(["input", "labels", "token", "trigger"]), **values} for values in (one, other)]
    assert bool(diff(*full, DATA, digest)) == (canonical_json(full[0]) != canonical_json(full[1]))


def test_mappings_are_compared_key_by_key():
    found = diff({"labels": {"a": "1", "b": "2"}}, {"labels": {"b": "3", "c": "4"}}, DATA, digest)
    assert [(item.path, item.before, item.after) for item in found] == [
        ("labels.a", "1", None),
        ("labels.b", "2", "3"),
        ("labels.c", None, "4"),
    ]


def test_only_fields_that_force_it_are_marked():
    found = diff({"input": "a", "trigger": "a"}, {"input": "b", "trigger": "b"}, DATA, digest)
    assert {item.path: item.forces_replacement for item in found} == {"input": False, "trigger": True}


def test_true_is_not_one():
    assert len(diff({"input": 1}, {"input": True}, DATA, digest)) == 1


def test_an_unknown_differs_from_everything():
    assert len(diff({"input": "a"}, {"input": Unknown()}, DATA, digest)) == 1


def test_secrets_are_compared_by_their_keyed_digest():
    sealed = Sealed("…", digest("hunter2"))
    assert diff({"token": sealed}, {"token": Secret("hunter2")}, DATA, digest) == ()
    assert [item.path for item in diff({"token": sealed}, {"token": Secret("other")}, DATA, digest)] == ["token"]


def test_a_secret_that_becomes_plain_differs_even_with_the_same_text():
    assert len(diff({"input": Secret("a")}, {"input": "a"}, DATA, digest)) == 1


def test_ignored_paths_are_left_out_with_what_is_below_them():
    before, after = {"labels": {"a": "1", "b": "1"}, "input": "x"}, {"labels": {"a": "2", "b": "2"}, "input": "y"}
    assert [item.path for item in diff(before, after, DATA, digest, ("labels",))] == ["input"]
    assert [item.path for item in diff(before, after, DATA, digest, ("labels.a", "input"))] == ["labels.b"]


def test_an_overlay_keeps_what_is_ignored():
    before, after = {"labels": {"a": "1", "b": "1"}, "input": "x"}, {"labels": {"a": "2", "b": "2"}, "input": "y"}
    assert overlay(after, before, ("labels.a", "input")) == {"labels": {"a": "1", "b": "2"}, "input": "x"}
