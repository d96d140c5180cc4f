"""What a glance at a manifest sees, and how little it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.resolution.peek import Glance, glance


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("kind: StackDefinition\nmetadata: {name: a, version: '2.1.0'}\n", Glance("StackDefinition", "a", "2.1.0")),
        ("metadata:\n  labels: {name: no}\n  name: a\nspec: {name: no}\nkind: Stack\n", Glance("Stack", "a")),
        ('{"kind": "Stack", "metadata": {"name": "a"}}', Glance("Stack", "a")),
        ("spec: {metadata: {name: no}, kind: no}\n", Glance()),
        ("? [complex, key]\n: {deep: [1, 2]}\nkind: K\n", Glance("K")),
        ("kind: K\nmetadata: [name, a]\n", Glance("K")),
        ("kind: K\nmetadata: {name: [a]}\n", Glance("K")),
        ("kind: K\nmetadata: {name: ''}\n", Glance("K")),
        ("\ufeffkind: K\nmetadata: {name: é}\n", Glance("K", "é")),
    ],
)
def test_kind_name_and_version_are_seen(text, seen):
    assert glance(text.encode()) == seen


def test_it_stops_once_it_knows():
    assert glance(b"kind: K\nmetadata: {name: a}\nspec: {{{ not yaml") == Glance("K", "a")


def test_aliases_are_not_followed():
    layers = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    assert glance(f"l0: &l0 [x]\n{layers}\nkind: K\nmetadata: {{name: a}}\n".encode()) == Glance("K", "a")


@pytest.mark.parametrize("content", [b"", b"- a", b"a", b"a: [", b"\xff\xfe\x00", b"\x00", b"*a", b"[" * 5000])
def test_what_is_no_manifest_has_a_problem_and_no_name(content):
    seen = glance(content)
    assert seen.name is None
    assert seen.problem


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_nothing_makes_it_fail(content):
    glance(content)
