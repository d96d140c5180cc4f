from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.definition.template import (
    EnvironmentVariable,
    ResourceOutput,
    StackOutput,
    TemplateError,
    escape,
    format_part,
    literal_text,
    parse_template,
)

plain = st.text(max_size=30)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
outputs = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
variables = st.builds(
    EnvironmentVariable,
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True),
    st.none() | st.text(st.characters(exclude_characters="}")).filter(lambda text: "${" not in escape(text)),
)
parts = (
    plain.filter(bool)
    | variables
    | st.builds(ResourceOutput, names, outputs)
    | st.builds(StackOutput, names, outputs, outputs)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("plain", ("plain",)),
        ("${A}", (EnvironmentVariable("A"),)),
        ("${A:-}", (EnvironmentVariable("A", ""),)),
        ("${A:-b:-c}", (EnvironmentVariable("A", "b:-c"),)),
        ("${A:-$$5}", (EnvironmentVariable("A", "$5"),)),
        ("x-${_a1}-y", ("x-", EnvironmentVariable("_a1"), "-y")),
        ("${resources.raw-data.outputs.path}", (ResourceOutput("raw-data", "path"),)),
        ("${stacks.shared.outputs.network.id}", (StackOutput("shared", "network", "id"),)),
        ("${A}${B}", (EnvironmentVariable("A"), EnvironmentVariable("B"))),
        ("$$", ("$",)),
        ("$${A}", ("${A}",)),
        ("$$${A}", ("$", EnvironmentVariable("A"))),
        ("cost: $5 {x} 5$", ("cost: $5 {x} 5$",)),
        ("a\n${A}\nb", ("a\n", EnvironmentVariable("A"), "\nb")),
    ],
)
def test_a_text_has_these_parts(text, expected):
    assert parse_template(text) == expected


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("ab ${A", 3, "never closed"),
        ("${}", 0, "names nothing"),
        ("${A:-${B}}", 0, "inside of another"),
        ("${1A}", 0, "not understood"),
        ("${A:?must}", 0, "not understood"),
        ("${resources.a.outputs}", 0, "not understood"),
        ("${resources.A.outputs.path}", 0, "not understood"),
        ("${stacks.a.outputs.b}", 0, "not understood"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place_and_a_hint(text, offset, words):
    with pytest.raises(TemplateError, match=words) as caught:
        parse_template(text)
    assert caught.value.offset == offset
    assert caught.value.hint


def test_the_default_of_what_is_not_understood_is_not_shown():
    with pytest.raises(TemplateError) as caught:
        parse_template("${no-name:-hunter2}")
    assert "hunter2" not in str(caught.value) + caught.value.hint


@given(plain)
def test_an_escaped_text_stands_for_itself(text):
    assert literal_text(escape(text)) == text


@given(st.lists(parts, max_size=6))
def test_parts_survive_being_written(given_parts):
    text = "".join(format_part(part) for part in given_parts)
    expected: list[object] = []
    for part in given_parts:
        if isinstance(part, str) and expected and isinstance(expected[-1], str):
            expected[-1] += part
        else:
            expected.append(part)
    assert parse_template(text) == tuple(expected)


@given(plain)
def test_a_text_without_a_dollar_sign_is_its_own_template(text):
    clean = text.replace("$", "")
    assert parse_template(clean) == ((clean,) if clean else ())


def test_a_text_that_refers_to_something_has_no_literal():
    assert literal_text("a ${B}") is None
    assert literal_text("${resources.a.outputs.b}") is None
