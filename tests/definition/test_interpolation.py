from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.definition.document import load_document
from flowyml_infra.definition.interpolation import Interpolation
from flowyml_infra.definition.places import Locations
from flowyml_infra.definition.template import literal_text, parse_template
from flowyml_infra.definition.variables import Environ, VariableRules

values = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
names = st.from_regex(r"[A-Z][A-Z0-9]{0,8}X", fullmatch=True)


def replace(value, environ, rules=None):
    interpolation = Interpolation(Locations("x"), rules or VariableRules(), Environ(environ))
    return interpolation.replace(value), interpolation


@given(names, values)
def test_a_variable_brings_in_its_value_and_nothing_else(name, value):
    found, _ = replace(f"${{{name}}}", {name: value})
    assert literal_text(found) == value


@given(st.dictionaries(names, values, min_size=1, max_size=3), st.lists(values, min_size=1, max_size=4))
def test_replacing_twice_changes_nothing_more(environ, around):
    text = "".join(f"{part.replace('$', '$$')}${{{name}}}" for part in around for name in environ)
    once, _ = replace(text, environ)
    assert replace(once, environ)[0] == once


def test_a_value_with_references_in_it_stays_text():
    found, _ = replace("${A}", {"A": "${resources.x.outputs.y} ${DB_PASSWORD} $$"})
    assert parse_template(found) == ("${resources.x.outputs.y} ${DB_PASSWORD} $$",)


def test_a_default_counts_for_a_variable_that_is_unset_or_empty():
    assert replace("${A:-d}", {})[0] == "d"
    assert replace("${A:-d}", {"A": ""})[0] == "d"
    assert replace("${A:-d}", {"A": "a"})[0] == "a"
    assert replace("[${A}]", {"A": ""})[0] == "[]"


def test_references_stay_as_they_are_written():
    text = "x/${resources.raw-data.outputs.path}/${stacks.s.outputs.network.id}/$$5"
    assert replace(text, {})[0] == text


def test_variables_and_references_go_together():
    found, _ = replace("${A}/${resources.b.outputs.path}/$$", {"A": "a$b"})
    assert found == "a$$b/${resources.b.outputs.path}/$$"


def test_what_has_no_variables_is_the_same_object():
    value = {"a": ["x", {"b": "$5"}], "c": 1}
    assert replace(value, {})[0] is value


def test_what_has_one_is_a_copy():
    value = {"a": ["x", {"b": "${B}"}], "c": {"d": 1}}
    found, _ = replace(value, {"B": "b"})
    assert found == {"a": ["x", {"b": "b"}], "c": {"d": 1}}
    assert value["a"][1]["b"] == "${B}"
    assert found["c"] is value["c"]


def test_keys_are_left_alone():
    assert replace({"a-${B}": 1}, {})[0] == {"a-${B}": 1}


def test_what_was_consulted_is_known_with_its_value():
    _, interpolation = replace("${A}${B:-b}${A}${SECRET_X}", {"A": "a", "SECRET_X": "s"})
    assert interpolation.environ.consulted == {"A": "a", "B": None}


def test_secrets_are_left_for_later_and_never_looked_up():
    class Environment(dict):
        def __getitem__(self, name):
            raise AssertionError(f"{name} was read")

        def get(self, name, default=None):
            raise AssertionError(f"{name} was read")

    secrets = Environment(DB_PASSWORD="p", MY_TOKEN="t")
    found, interpolation = replace("${DB_PASSWORD}:${MY_TOKEN:-none}", secrets)
    assert found == "${DB_PASSWORD}:${MY_TOKEN:-none}"
    assert interpolation.sensitive == {"DB_PASSWORD", "MY_TOKEN"}
    assert interpolation.problems == []
    assert interpolation.warnings == []


def test_a_secret_that_is_not_set_is_worth_a_warning_once():
    _, interpolation = replace(["${DB_PASSWORD}", "${DB_PASSWORD}", "${API_TOKEN:-x}"], {})
    assert [item.severity for item in interpolation.warnings] == ["warning"]
    assert "DB_PASSWORD" in interpolation.warnings[0].summary


def test_names_of_secrets_are_told_by_their_form_in_either_case():
    rules = VariableRules(sensitive=("DSN", "corp_*"))
    for name in ("DB_PASSWORD", "password", "MySecret", "GH_TOKEN", "AWS_CREDENTIALS", "SIGNING_KEY", "APIKEY", "DSN"):
        assert rules.is_sensitive(name), name
    assert rules.is_sensitive("CORP_X")
    for name in ("KEYBOARD", "REGION", "KEY_ID", "DSNS", "USER"):
        assert not rules.is_sensitive(name), name


def test_a_remote_definition_reads_what_it_is_allowed_and_no_more():
    rules = VariableRules(allow=("REGION", "TEAM_*"), trusted=False)
    found, interpolation = replace(
        ["${REGION}", "${TEAM_NAME}", "${HOME:-x}", "${DB_PASSWORD}"],
        {"REGION": "eu", "TEAM_NAME": "ml", "HOME": "/root", "DB_PASSWORD": "p"},
        rules,
    )
    assert found[:2] == ["eu", "ml"]
    assert [item.code for item in interpolation.problems] == ["variable.denied", "variable.denied"]
    assert "variables.allow" in interpolation.problems[0].hint
    assert interpolation.environ.consulted == {"REGION": "eu", "TEAM_NAME": "ml"}
    assert interpolation.sensitive == set()


def test_problems_point_at_the_variable_within_its_text():
    document = load_document(b"a:\n  b: one ${A} two ${B}\n", "f.yaml")
    interpolation = Interpolation(document.locations, VariableRules(), Environ({}))
    interpolation.replace(document.value)
    assert [(item.location.line, item.location.column) for item in interpolation.problems] == [(2, 10), (2, 19)]


def test_values_that_are_no_text_are_refused():
    _, interpolation = replace("${A}", {"A": "caf\udce9"})
    assert [item.code for item in interpolation.problems] == ["variable.invalid"]
    assert "caf" not in str(interpolation.problems[0])


def test_variables_cannot_blow_a_document_up():
    _, interpolation = replace(["${A}"] * 200, {"A": "x" * 100_000})
    assert [item.code for item in interpolation.problems] == ["definition.limit"]
