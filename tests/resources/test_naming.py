from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.resources.naming import NameRule

PLAIN = NameRule(r"[a-z][a-z0-9-]*[a-z0-9]", longest=40, shortest=3, wording="letters")
TIGHT = NameRule(r"[a-z][a-z0-9]*", longest=24, shortest=3, wording="letters", separator="")
RULES = st.sampled_from([PLAIN, TIGHT])
WORDS = st.lists(st.text(st.sampled_from("abcxyz019-_.ÄÖ "), max_size=70), min_size=1, max_size=4)


@given(RULES, WORDS, st.lists(st.text(max_size=10), max_size=5), st.integers(2, 99))
def test_a_made_up_name_obeys_its_rule_in_every_generation(rule, words, origin, generation):
    name = rule.generate(words, origin)
    assert rule.problem(name) is None
    later = rule.next_generation(name, generation)
    assert rule.problem(later) is None
    assert later != name
    assert rule.next_generation(later, generation + 1 if generation < 99 else 2) != later
    assert rule.generate(words, origin) == name


@given(RULES, WORDS, st.text(max_size=5), st.text(max_size=5))
def test_names_from_different_places_differ(rule, words, one, other):
    assert (rule.generate(words, [one]) == rule.generate(words, [other])) == (one == other)


def test_a_name_can_be_read():
    assert re.fullmatch(r"prod-gpu-artifact-store-[0-9a-f]{8}", PLAIN.generate(["prod-gpu", "artifact_store"], ["x"]))


def test_the_most_telling_words_are_kept_where_there_is_little_room():
    assert TIGHT.generate(["a-very-long-stack-name", "logs"], ["x"]).startswith("logs")


@pytest.mark.parametrize(("length", "fits"), [(2, False), (3, True), (40, True), (41, False)])
def test_names_are_as_long_as_allowed(length, fits):
    assert (PLAIN.problem("a" * length) is None) == fits


def test_what_is_wrong_is_said():
    assert PLAIN.problem("ab") == "is 2 characters long; 3 to 40 are allowed"
    assert PLAIN.problem("UPPER") == "is 'UPPER'; allowed are letters"
