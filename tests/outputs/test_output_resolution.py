from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.address import Address
from flowyml_infra.errors import OutputError
from flowyml_infra.outputs.masking import mask
from flowyml_infra.outputs.resolution import read_variable, resolve
from flowyml_infra.resources.values import (
    Reference,
    Sealed,
    Secret,
    StackReference,
    Template,
    Unknown,
    Value,
    Variable,
    leaves,
)
from tests.support.compiled import documents, values

STORE = Address("local.directory.store")
PATH, LATER, COUNT, ITEMS, FLAG = (Reference(STORE, name) for name in ("path", "later", "count", "items", "flag"))
PASSWORD = Variable("DB_PASSWORD")
SHARED = StackReference("shared", "network", "id")
SEALED = Sealed("token", "digest")
SEALED_OUTPUT = Reference(STORE, "sealed")
KNOWN: dict[Any, Value] = {
    PATH: "/data",
    LATER: Unknown("string"),
    COUNT: 3,
    FLAG: True,
    ITEMS: ["a"],
    PASSWORD: Secret("hush"),
    SHARED: "net-1",
    SEALED_OUTPUT: SEALED,
}


def resolved(value: Value) -> Value:
    return resolve(value, KNOWN.__getitem__)


@pytest.mark.parametrize("leaf", list(KNOWN))
def test_a_reference_gives_way_to_what_it_stands_for(leaf: Any) -> None:
    assert resolved({"a": [leaf, 1]}) == {"a": [KNOWN[leaf], 1]}


@given(documents)
def test_what_is_plain_stays_as_it_is(document: dict[str, Any]) -> None:
    assert resolve(document, KNOWN.__getitem__) == document


@given(values)
def test_nothing_that_can_be_resolved_is_left(value: Value) -> None:
    left = resolve(value, lambda leaf: "text")
    assert all(isinstance(leaf, (Sealed, Unknown, Secret)) for _, leaf in leaves(left))


def test_the_parts_of_a_template_become_one_text() -> None:
    assert resolved(Template((PATH, "/", COUNT, "-", FLAG, "-", SHARED))) == "/data/3-true-net-1"


def test_one_secret_part_makes_the_whole_text_secret() -> None:
    assert resolved(Template(("postgresql://u:", PASSWORD, "@h/d"))) == Secret("postgresql://u:hush@h/d")
    assert "hush" not in repr(resolved(Template(("x", PASSWORD))))


@given(st.permutations(["a", PATH, PASSWORD, LATER]))
def test_one_unknown_part_leaves_the_whole_text_unknown(parts: list[Any]) -> None:
    assert resolved(Template(tuple(parts))) == Unknown("string")


def test_a_secret_that_is_not_opened_leaves_a_text_unknown() -> None:
    assert resolved(Template(("x", SEALED_OUTPUT))) == Unknown("string")


def test_a_list_inside_a_text_is_refused_by_name() -> None:
    with pytest.raises(OutputError) as caught:
        resolved(Template(("x", ITEMS)))
    assert caught.value.message == (
        "the output items of local.directory.store is not a text, so it cannot stand inside one"
    )
    assert caught.value.hint


def test_a_variable_is_read_as_a_secret() -> None:
    assert read_variable(PASSWORD, {"DB_PASSWORD": "hush"}) == Secret("hush")
    assert read_variable(Variable("DB_PASSWORD", "standby"), {}) == Secret("standby")
    assert read_variable(Variable("DB_PASSWORD", "standby"), {"DB_PASSWORD": ""}) == Secret("standby")
    assert read_variable(PASSWORD, {"DB_PASSWORD": ""}) == Secret("")
    assert read_variable(Variable("DB_PASSWORD", "standby"), {"DB_PASSWORD": "hush"}) == Secret("hush")


def test_a_missing_variable_is_an_error_with_the_way_out() -> None:
    with pytest.raises(OutputError) as caught:
        read_variable(PASSWORD, {})
    assert caught.value.message == "the environment variable DB_PASSWORD is not set"
    assert "${DB_PASSWORD:-…}" in str(caught.value.hint)


def test_documents_show_neither_secrets_nor_unknowns() -> None:
    value: Value = {"a": Secret("hush"), "b": [SEALED, Unknown()], "c": {"d": 1}}
    assert mask(value) == {"a": "(secret)", "b": ["(secret)", None], "c": {"d": 1}}
